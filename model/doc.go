// Package model says what must happen in the life of a service, as a pure
// function of everything that is done to it.
//
// A [Scenario] is data: when main ends and how, which stops are requested,
// which work is out and for how long, what the hooks do, which probes ask.
// [Predict] answers with a [Trace]: every transition with its instant, when
// the context is cancelled and why, each hook's beginning and end, each
// probe's answer, when Run returns and with which errors in which order.
// What an implementation did, written down as a Trace, is then compared with
// [Diff].
//
//	scenario ──▶ Predict ──────────▶ want ─┐
//	    │                                  ├─▶ Diff
//	    └──────▶ an implementation ─▶ got ─┘
//
// Three more things follow from the same rules. [Explore] visits every state
// of an untimed version of them and checks what must hold at every edge.
// [Scenarios] and [CoreScenarios] draw random scenarios that shrink to
// readable ones, and [Exhaustive] lists every small one. [Edges] is the table
// of the machine, written out a second time on purpose: the package imports
// none of the packages it judges, so that a mistake in one of them cannot
// repeat itself here.
//
// There is no goroutine, no clock and no channel in it. All times are offsets
// from the instant at which Run is entered, and are exact.
//
// Hooks, tasks, groups and everything else that is counted are counted from
// one, so that zero can mean "none": hook 1 is Scenario.Hooks[0].
package model
