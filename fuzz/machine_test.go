package fuzz

import (
	"errors"
	"testing"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/model"
)

// FuzzMachine holds a machine to the model's edges over any sequence of
// events (STATE-1, STATE-3).
func FuzzMachine(f *testing.F) {
	f.Add([]byte{0, 1, 3, 5})
	f.Add([]byte{2, 7, 7})
	f.Add([]byte{1, 1, 2, 4, 4, 6, 0, 3})
	f.Fuzz(func(t *testing.T, events []byte) {
		m := fsm.New()
		state := model.Starting
		for i, b := range events {
			event := fsm.Event(b % byte(len(fsm.Events())+1)) // one that is none, too
			next, allowed := follow(state, event.String())
			step, err := m.Fire(event)
			var refused *fsm.TransitionError
			switch {
			case allowed && (err != nil || step.To.String() != string(next)):
				t.Fatalf("event %d, %v in %v: got %v, %v; want %v", i, event, state, step.To, err, next)
			case !allowed && (!errors.As(err, &refused) || refused.State.String() != string(state) || refused.Event != event):
				t.Fatalf("event %d, %v in %v: got %v, want a refusal", i, event, state, err)
			}
			state = next
			if m.State().String() != string(state) {
				t.Fatalf("after event %d: in %v, want %v", i, m.State(), state)
			}
		}
	})
}

// follow returns where the model's edges lead.
func follow(from model.State, event string) (to model.State, ok bool) {
	for _, e := range model.Edges() {
		if e.From == from && string(e.On) == event {
			return e.To, true
		}
	}
	return from, false
}
