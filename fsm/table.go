package fsm

import "fmt"

// Transition is one row of the table: in state From, event On leads to To.
type Transition struct {
	From State
	On   Event
	To   State
	// Doc describes in a few words when the transition is taken.
	Doc string
}

// Table returns a new slice of all transitions, in lifecycle order. Each moves to a
// later state, and none leaves Stopped (STATE-1).
func Table() []Transition {
	return []Transition{
		{Starting, Started, Running, "main was launched or, with manual start, MarkStarted was called"},
		{Starting, StopRequested, Draining, "a signal, the parent context, Stop or a failed task, before start-up was over"},
		{Starting, MainExited, Draining, "main returned, panicked or called Goexit, before start-up was over"},
		{Running, StopRequested, Draining, "a signal, the parent context, Stop or a failed task"},
		{Running, MainExited, Draining, "main returned, panicked or called Goexit"},
		{Draining, Drained, Hooks, "main has returned, or its grace is over, and no in-flight work is left"},
		{Draining, DrainTimedOut, Hooks, "the drain timeout ran out first"},
		{Draining, Forced, Hooks, "a forcing signal: the operator will not wait for the work"},
		{Hooks, HooksFinished, Stopped, "every hook has run and main has returned"},
		{Hooks, ShutdownTimedOut, Stopped, "the shutdown timeout ran out first"},
		{Hooks, Forced, Stopped, "a forcing signal: the operator will not wait for the hooks"},
	}
}

// check returns an error that names the row if a table is invalid: an unknown state or
// event, a second row for the same state and event, a row that does not move forward, a
// row that leaves Stopped, a state that cannot be reached from Starting, or one from
// which Stopped cannot be reached. looplab/fsm accepts all of these silently.
func check(table []Transition) error {
	type key struct {
		from State
		on   Event
	}
	seen := map[key]bool{}
	for _, t := range table {
		switch k := (key{t.From, t.On}); {
		case t.From > Stopped || t.To > Stopped || t.On > Forced:
			return fmt.Errorf("fsm: table: %v --%v--> %v: no such state or event", t.From, t.On, t.To)
		case t.From == Stopped:
			return fmt.Errorf("fsm: table: %v --%v--> %v: no row may leave Stopped", t.From, t.On, t.To)
		case t.To <= t.From:
			return fmt.Errorf("fsm: table: %v --%v--> %v: does not move forward", t.From, t.On, t.To)
		case seen[k]:
			return fmt.Errorf("fsm: table: %v --%v--> %v: more than one row", t.From, t.On, t.To)
		default:
			seen[k] = true
		}
	}
	return checkPaths(table)
}

// checkPaths returns an error that names a state which cannot be reached or left. It
// assumes that every row moves forward. So one pass over the states in order finds all
// that can be reached, and if every state but Stopped has an outgoing row, every path
// ends in Stopped.
func checkPaths(table []Transition) error {
	reached, left := map[State]bool{Starting: true}, map[State]bool{Stopped: true}
	for _, s := range States() {
		for _, t := range table {
			if t.From == s && reached[s] {
				reached[t.To], left[s] = true, true
			}
		}
	}
	for _, s := range States() {
		if !reached[s] {
			return fmt.Errorf("fsm: table: %v: no path from %v", s, Starting)
		}
	}
	for _, s := range States() {
		if !left[s] {
			return fmt.Errorf("fsm: table: %v: no path to %v", s, Stopped)
		}
	}
	return nil
}
