// Package model predicts what must happen in one run of a service, as a pure
// function of everything that is done to it. Package model/conformance compares
// implementations with it.
//
// A [Scenario] is data: when and how main ends, which stops are requested, which
// work is in flight and for how long, what the hooks do, and which probes are sent.
// [Predict] returns the [Trace] that must follow: every transition with its time,
// when the context is cancelled and why, the beginning and end of each hook, the
// answer to each probe, when Run returns, and with which errors in which order. What
// an implementation did is recorded as a Trace too, and [Diff] compares the two.
//
//	scenario ──▶ Predict ──────────▶ want ─┐
//	    │                                  ├─▶ Diff
//	    └──────▶ an implementation ─▶ got ─┘
//
// [Explore] visits every state of an untimed version of the same rules and checks
// what must hold at every edge. [Scenarios] and [CoreScenarios] generate random
// scenarios that shrink to readable ones, and [Exhaustive] lists every small one.
// [Edges] is the table of the machine, deliberately written a second time: the
// package imports none of the packages that it tests, so that a mistake in one of
// them cannot also be here.
//
// The package has no goroutine, clock or channel. All times are offsets from the
// call of Run, and are exact.
//
// Hooks, tasks, groups and everything else that is numbered are numbered from one, so
// that zero can mean "none": hook 1 is Scenario.Hooks[0].
//
// IDs such as DRAIN-4 are clauses of the contract. docs/spec.md lists them, with the
// tests that check each:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
package model
