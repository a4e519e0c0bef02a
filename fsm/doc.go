// Package fsm is the lifecycle of a service as data: five states, eight events and the
// eleven transitions between the states.
//
//	Starting ─▶ Running ─▶ Draining ─▶ Hooks ─▶ Stopped
//
// Package lifecycle runs this [Table], package health derives readiness from it, and
// the diagrams in docs/state-machine.md are generated from it, so that the three always
// agree.
//
// The package has no goroutines and no timers; it uses the clock only for the time of a
// [Step]. A [Machine] decides which state follows an event; package lifecycle decides
// when to fire events.
//
// IDs such as STATE-1 are clauses of the contract. docs/spec.md lists them, with the
// tests that check each:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
package fsm
