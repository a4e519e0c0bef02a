package fsm

import "fmt"

// Transition is one row of the table: in state From, event On leads to To.
type Transition struct {
	From State
	On   Event
	To   State
	// Doc says in a few words when the transition is taken.
	Doc string
}

// Table returns every transition there is, in lifecycle order. Each moves to a
// later state, and none leaves Stopped (STATE-1). The slice is a copy: changing
// it changes nothing else. Safe for concurrent use.
func Table() []Transition {
	return []Transition{
		{Starting, Started, Running, "main has been launched or, with manual start, start-up was marked as over"},
		{Starting, StopRequested, Draining, "a signal, the parent context, Stop or a failed task, before start-up was over"},
		{Starting, MainExited, Draining, "main returned, panicked or called Goexit, before start-up was over"},
		{Running, StopRequested, Draining, "a signal, the parent context, Stop or a failed task"},
		{Running, MainExited, Draining, "main returned, panicked or called Goexit"},
		{Draining, Drained, Hooks, "main is back, or its grace is over, and no in-flight work is left"},
		{Draining, DrainTimedOut, Hooks, "the drain timeout ran out first"},
		{Draining, Forced, Hooks, "a forcing signal: the operator will not wait for the work"},
		{Hooks, HooksFinished, Stopped, "every hook has run and main is back"},
		{Hooks, ShutdownTimedOut, Stopped, "the shutdown timeout ran out first"},
		{Hooks, Forced, Stopped, "a forcing signal: the operator will not wait for the hooks"},
	}
}

// check says what is wrong with a table, naming the row: an unknown state or
// event, a second row for the same state and event, a row that does not move
// forward, an exit from Stopped, a state that no path from Starting reaches, or
// one that no path leads from to Stopped. looplab/fsm accepts all of these in
// silence.
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
			return fmt.Errorf("fsm: table: %v --%v--> %v: Stopped is left by nothing", t.From, t.On, t.To)
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

// checkPaths says which state of a table cannot be reached, or cannot be left.
// It takes it that every row moves forward. So one pass over the states in
// order finds all that can be reached, and where every state but Stopped has a
// way out, every way ends in Stopped.
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
