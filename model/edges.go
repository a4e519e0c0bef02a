package model

import "slices"

// State is a phase in the life of a service, by its name.
type State string

// The five states, in the order in which they are entered.
const (
	Starting State = "starting"
	Running  State = "running"
	Draining State = "draining"
	Hooks    State = "hooks"
	Stopped  State = "stopped"
)

// Event is the name of an event, which leads from one state to the next.
type Event string

// The eight events.
const (
	Started          Event = "started"
	StopRequested    Event = "stop_requested"
	MainExited       Event = "main_exited"
	Drained          Event = "drained"
	DrainTimedOut    Event = "drain_timed_out"
	HooksFinished    Event = "hooks_finished"
	ShutdownTimedOut Event = "shutdown_timed_out"
	PhaseForced      Event = "forced"
)

// Edge is one row of the table: in state From, event On leads to To.
type Edge struct {
	From State
	On   Event
	To   State
}

// String returns the edge as an arrow, such as
// "running --stop_requested--> draining".
func (e Edge) String() string {
	return string(e.From) + " --" + string(e.On) + "--> " + string(e.To)
}

var states = []State{Starting, Running, Draining, Hooks, Stopped}

var edges = []Edge{
	{Starting, Started, Running},
	{Starting, StopRequested, Draining},
	{Starting, MainExited, Draining},
	{Running, StopRequested, Draining},
	{Running, MainExited, Draining},
	{Draining, Drained, Hooks},
	{Draining, DrainTimedOut, Hooks},
	{Draining, PhaseForced, Hooks},
	{Hooks, HooksFinished, Stopped},
	{Hooks, ShutdownTimedOut, Stopped},
	{Hooks, PhaseForced, Stopped},
}

// States returns every state, in lifecycle order.
func States() []State { return slices.Clone(states) }

// Edges returns every transition, in lifecycle order (STATE-1).
func Edges() []Edge { return slices.Clone(edges) }

// follow returns the state that on leads to. The second result is false when
// the table has no such row (STATE-3).
func follow(from State, on Event) (State, bool) {
	for _, e := range edges {
		if e.From == from && e.On == on {
			return e.To, true
		}
	}
	return from, false
}
