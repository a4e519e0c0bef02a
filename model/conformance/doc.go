// Package conformance holds any implementation of a service lifecycle to the
// contract of this project, clause by clause.
//
//	func TestConformance(t *testing.T) { conformance.Test(t, implementation) }
//
// An [Implementation] is a struct of plain functions. What it must have is the
// Core API; what else it has is offered, and then examined too. Every clause is
// examined in a process of its own, which is the test binary started again, so
// that a hang, a crash or a leak is the failure of one clause.
//
// # How a clause is checked
//
// Most clauses are about what happens when. For these the suite plays
// scenarios on the implementation, in virtual time, writes down everything
// that can be seen, and compares it with what package model predicts: whole
// traces, with exact instants.
//
//	model.Scenario ──▶ model.Predict ──────────▶ want ─┐
//	      │                                            ├─▶ which clause
//	      └──▶ the implementation, in a bubble ─▶ got ─┘   is broken
//
// A clause is given its own examples, the scenarios of [model.Exhaustive] and
// random ones, in so far as its premise holds in them; one whose premise held
// fewer than twenty times has failed. A mistake early in a life changes all
// that comes after it, so the trace is compared in the order of cause and
// effect, and the first aspect that differs names the clause.
//
// What does not fit into a timed trace (errors about arguments, real signals,
// JSON, log lines, leaks) is checked directly.
//
// What an implementation does not let anybody see is left out of both traces;
// project.go has the whole list. The contract itself is docs/spec.md, whose
// tables are generated from [Clauses].
package conformance

//go:generate go run ./internal/specdoc/generate ../..
