package fsm

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	looplab "github.com/looplab/fsm"
)

// Machine is one lifecycle: it begins in Starting and follows the [Table], so its
// history is a path that enters no state twice (STATE-1). Create it with [New]. All
// methods are safe for concurrent use.
type Machine struct {
	// This file is the only one that uses looplab/fsm. Two concurrent calls of its
	// Event race, its callbacks can deadlock or block it permanently, and a cancelled
	// context leaves it stuck in a transition. So it gets no callbacks and a context
	// that is never cancelled, and one mutex guards every Event. Readers load the state
	// from an atomic and never wait for that mutex.

	state   atomic.Uint32
	reached [Stopped + 1]chan struct{}

	table []Transition // never changed

	mu      sync.Mutex // guards the fields below
	machine *looplab.FSM
	history []Step
}

// Step is a transition that was taken.
type Step struct {
	Transition
	// At is the time at which it was taken.
	At time.Time
}

// TransitionError is returned by [Machine.Fire] for an event that the table
// does not allow in the machine's state (STATE-3).
type TransitionError struct {
	State State
	Event Event
}

// Error names both the state and the event.
func (e *TransitionError) Error() string {
	return fmt.Sprintf("fsm: %v is not allowed in state %v", e.Event, e.State)
}

// New returns a machine in state Starting.
func New() *Machine {
	m, err := newMachine(Table())
	if err != nil {
		panic(err) // not reached: TestTableIsValid checks the package's table
	}
	return m
}

// newMachine returns a machine that follows the given table, or the error of check.
func newMachine(table []Transition) (*Machine, error) {
	if err := check(table); err != nil {
		return nil, err
	}
	events := make([]looplab.EventDesc, len(table))
	for i, t := range table {
		events[i] = looplab.EventDesc{Name: t.On.String(), Src: []string{t.From.String()}, Dst: t.To.String()}
	}
	m := &Machine{
		machine: looplab.NewFSM(Starting.String(), events, nil),
		table:   slices.Clone(table),
		history: make([]Step, 0, len(States())-1),
	}
	for s := range m.reached {
		m.reached[s] = make(chan struct{})
	}
	close(m.reached[Starting])
	return m, nil
}

// State returns the current state: one atomic load, no lock, no allocation.
func (m *Machine) State() State { return State(m.state.Load()) }

// Can reports whether Fire(e) would succeed now. Like State it takes no lock, and it is
// consistent with the state that State returns.
func (m *Machine) Can(e Event) bool { return m.row(m.State(), e) >= 0 }

// row returns the index of the table's row for e in state from, or -1.
func (m *Machine) row(from State, e Event) int {
	return slices.IndexFunc(m.table, func(t Transition) bool { return t.From == from && t.On == e })
}

// Fire takes the transition for e in the current state and returns it with its time. If
// the table has none, the state does not change and the error is a [*TransitionError]
// (STATE-3).
//
// When Fire returns, State and Reached have the new state. Concurrent calls are
// serialized.
func (m *Machine) Fire(e Event) (Step, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	from := m.State()
	if err := m.machine.Event(context.Background(), e.String()); err != nil {
		return Step{}, &TransitionError{State: from, Event: e}
	}
	step := Step{Transition: m.table[m.row(from, e)], At: time.Now()}
	m.history = append(m.history, step)
	m.state.Store(uint32(step.To))
	for s := from + 1; s <= step.To; s++ {
		close(m.reached[s])
	}
	return step, nil
}

// Reached returns a channel that is closed once the machine is in state s or a later
// one, even if it skipped s: a lifecycle that is stopped before it is Running has passed
// Running when it is Draining. If s is not a state, the channel is nil and blocks
// forever.
func (m *Machine) Reached(s State) <-chan struct{} {
	if s > Stopped {
		return nil
	}
	return m.reached[s]
}

// History returns a copy of the transitions taken so far, oldest first.
func (m *Machine) History() []Step {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.history)
}
