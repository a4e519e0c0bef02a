package fsm

import "fmt"

// Event is something that moves a [Machine] from one state to another.
type Event uint8

const (
	// Started: main has been launched, or start-up was marked as over.
	Started Event = iota
	// StopRequested: a signal, the parent context, Stop, or a failed task.
	StopRequested
	// MainExited: main returned, panicked or called runtime.Goexit.
	MainExited
	// Drained: main is back, or its grace is over, and no work is left.
	Drained
	// DrainTimedOut: the drain timeout ran out first.
	DrainTimedOut
	// HooksFinished: every hook has run and main is back.
	HooksFinished
	// ShutdownTimedOut: the shutdown timeout ran out first.
	ShutdownTimedOut
	// Forced: a forcing signal ended the phase under way.
	Forced
)

// Events returns every event, in the order of their constants. The slice is
// the caller's own.
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

// MarshalText returns what String does. A value that is no event is an error.
func (e Event) MarshalText() ([]byte, error) {
	if e > Forced {
		return nil, fmt.Errorf("fsm: no such event: %d", uint8(e))
	}
	return []byte(e.String()), nil
}

// UnmarshalText sets e to the event of that name. A name that is no event's is
// an error that quotes it, and leaves e as it was.
func (e *Event) UnmarshalText(text []byte) error {
	for _, known := range Events() {
		if known.String() == string(text) {
			*e = known
			return nil
		}
	}
	return fmt.Errorf("fsm: no such event: %q", text)
}
