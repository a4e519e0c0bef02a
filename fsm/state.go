package fsm

import "fmt"

// State is a phase in the lifecycle of a service. States are ordered: a lifecycle only
// moves to a greater state, and enters no state twice (STATE-1).
type State uint8

const (
	// Starting is the state until start-up is over.
	Starting State = iota
	// Running is the only state in which a service is ready.
	Running
	// Draining begins when a stop is requested or main returns: no new work should
	// begin, and in-flight work is waited for.
	Draining
	// Hooks is the state in which clean-up hooks run, last registered first.
	Hooks
	// Stopped is the final state. No transition leaves it.
	Stopped
)

// States returns a new slice of all states, in lifecycle order.
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

// MarshalText returns the same text as String. It returns an error if s is not a state.
func (s State) MarshalText() ([]byte, error) {
	if s > Stopped {
		return nil, fmt.Errorf("fsm: no such state: %d", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText sets s to the state with that name. If there is none, it returns an
// error that quotes the name, and does not change s.
func (s *State) UnmarshalText(text []byte) error {
	for _, known := range States() {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("fsm: no such state: %q", text)
}
