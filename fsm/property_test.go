package fsm

import (
	"testing"

	"pgregory.net/rapid"
)

// reference is the smallest thing that follows a table.
type reference struct {
	table []Transition
	state State
}

func (r *reference) fire(e Event) bool {
	t, ok := find(r.table, r.state, e)
	if ok {
		r.state = t.To
	}
	return ok
}

// STATE-1, STATE-3
func TestRandomEventsFollowTheTable(t *testing.T) {
	// Values past Forced are no events, and are refused like any other.
	events := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Event { return Event(rapid.IntRange(0, int(Forced)+2).Draw(t, "event")) }))
	rapid.Check(t, func(t *rapid.T) {
		m, ref := New(), &reference{table: Table()}
		for i, e := range events.Draw(t, "events") {
			can := m.Can(e)
			step, err := m.Fire(e)
			took := ref.fire(e)
			if can != took || (err == nil) != took || m.State() != ref.state {
				t.Fatalf("event %d, %v: got %v, Can %v, error %v; want %v, taken %v", i, e, m.State(), can, err, ref.state, took)
			}
			if took && step.To != ref.state {
				t.Fatalf("event %d, %v: the step leads to %v, want %v", i, e, step.To, ref.state)
			}
			for _, s := range States() {
				if isClosed(m.Reached(s)) != (s <= ref.state) {
					t.Fatalf("event %d, %v: in %v, Reached(%v) is wrong", i, e, ref.state, s)
				}
			}
		}
		wantPath(t, m)
	})
}
