package fsm

import "fmt"

// Event is something that moves a [Machine] from one state to another.
type Event uint8

const (
	// Started: main was launched or, with manual start, MarkStarted was called.
	Started Event = iota
	// StopRequested: a signal, the parent context, Stop, or a failed task.
	StopRequested
	// MainExited: main returned, panicked or called runtime.Goexit.
	MainExited
	// Drained: main has returned, or its grace is over, and no work is left.
	Drained
	// DrainTimedOut: the drain timeout ran out first.
	DrainTimedOut
	// HooksFinished: every hook has run and main has returned.
	HooksFinished
	// ShutdownTimedOut: the shutdown timeout ran out first.
	ShutdownTimedOut
	// Forced: a forcing signal (a second interrupt) ended the phase.
	Forced
)

// Events returns a new slice of all events, in the order of their constants.
func Events() []Event {
	return []Event{Started, StopRequested, MainExited, Drained, DrainTimedOut, HooksFinished, ShutdownTimedOut, Forced}
}

// String returns the event's name in snake case, such as "stop_requested".
func (e Event) String() string {
	switch e {
	case Started:
		return "started"
	case StopRequested:
		return "stop_requested"
	case MainExited:
		return "main_exited"
	case Drained:
		return "drained"
	case DrainTimedOut:
		return "drain_timed_out"
	case HooksFinished:
		return "hooks_finished"
	case ShutdownTimedOut:
		return "shutdown_timed_out"
	case Forced:
		return "forced"
	}
	return fmt.Sprintf("event(%d)", uint8(e))
}

// MarshalText returns the same text as String. It returns an error if e is not an event.
func (e Event) MarshalText() ([]byte, error) {
	if e > Forced {
		return nil, fmt.Errorf("fsm: no such event: %d", uint8(e))
	}
	return []byte(e.String()), nil
}

// UnmarshalText sets e to the event with that name. If there is none, it returns an
// error that quotes the name, and does not change e.
func (e *Event) UnmarshalText(text []byte) error {
	for _, known := range Events() {
		if known.String() == string(text) {
			*e = known
			return nil
		}
	}
	return fmt.Errorf("fsm: no such event: %q", text)
}
