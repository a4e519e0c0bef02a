package fsm

import "fmt"

// State is a phase in the life of a service. States are ordered: a life only
// ever moves to a greater one, and enters none twice (STATE-1).
type State uint8

const (
	// Starting is the state before start-up is over.
	Starting State = iota
	// Running is the only state in which a service is ready.
	Running
	// Draining begins when a stop is requested or main exits: no new work is
	// wanted, and work that has begun is waited for.
	Draining
	// Hooks is the state in which clean-up hooks run, last registered first.
	Hooks
	// Stopped is the end. No transition leaves it.
	Stopped
)

// States returns every state, in lifecycle order. The slice is the caller's
// own.
func States() []State { return []State{Starting, Running, Draining, Hooks, Stopped} }

// String returns the state's name in lower case, such as "running".
func (s State) String() string {
	switch s {
	case Starting:
		return "starting"
	case Running:
		return "running"
	case Draining:
		return "draining"
	case Hooks:
		return "hooks"
	case Stopped:
		return "stopped"
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// MarshalText returns what String does. A value that is no state is an error.
func (s State) MarshalText() ([]byte, error) {
	if s > Stopped {
		return nil, fmt.Errorf("fsm: no such state: %d", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText sets s to the state of that name. A name that is no state's is
// an error that quotes it, and leaves s as it was.
func (s *State) UnmarshalText(text []byte) error {
	for _, known := range States() {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("fsm: no such state: %q", text)
}
