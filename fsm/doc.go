// Package fsm is the life of a service as data: five states, eight events and
// the eleven transitions between them.
//
//	Starting ─▶ Running ─▶ Draining ─▶ Hooks ─▶ Stopped
//
// The same [Table] is what package lifecycle runs, what package health derives
// readiness from, and what the diagrams in docs/state-machine.md are generated
// from, so that none of the three can say something the others do not.
//
// The package has no goroutine, no timer and no clock but the one that stamps
// a [Step]. A [Machine] only answers which state follows which; when to fire
// an event is the business of package lifecycle.
package fsm
