package fsm

import (
	"errors"
	"slices"
	"sync"
	"testing"
)

// ways has events that lead to each state.
var ways = map[State][]Event{
	Starting: nil,
	Running:  {Started},
	Draining: {Started, StopRequested},
	Hooks:    {Started, StopRequested, Drained},
	Stopped:  {Started, StopRequested, Drained, HooksFinished},
}

// machineIn returns a machine in state s.
func machineIn(t *testing.T, s State) *Machine {
	t.Helper()
	m := New()
	for _, e := range ways[s] {
		if _, err := m.Fire(e); err != nil {
			t.Fatalf("on the way to %v: %v", s, err)
		}
	}
	if m.State() != s {
		t.Fatalf("the way to %v leads to %v", s, m.State())
	}
	return m
}

// find returns the table's row for e in state s: the reference for Fire.
func find(table []Transition, s State, e Event) (Transition, bool) {
	i := slices.IndexFunc(table, func(t Transition) bool { return t.From == s && t.On == e })
	if i < 0 {
		return Transition{}, false
	}
	return table[i], true
}

// STATE-1, STATE-3
func TestFireFollowsTheTable(t *testing.T) {
	events := append(Events(), Forced+1, 255)
	for _, s := range States() {
		for _, e := range events {
			t.Run(s.String()+" on "+e.String(), func(t *testing.T) {
				m := machineIn(t, s)
				before := m.History()
				want, allowed := find(Table(), s, e)
				if m.Can(e) != allowed {
					t.Errorf("Can: got %v, want %v", m.Can(e), allowed)
				}
				step, err := m.Fire(e)
				if !allowed {
					wantRefused(t, m, s, e, step, err, before)
					return
				}
				if err != nil || step.Transition != want || m.State() != want.To || step.At.IsZero() {
					t.Errorf("got %+v, %v, then state %v; want %+v", step, err, m.State(), want)
				}
				if got := m.History(); !slices.Equal(got, append(before, step)) {
					t.Errorf("history: got %v, want %v and then %v", got, before, step)
				}
			})
		}
	}
}

func wantRefused(t *testing.T, m *Machine, s State, e Event, step Step, err error, before []Step) {
	t.Helper()
	var refused *TransitionError
	if !errors.As(err, &refused) || *refused != (TransitionError{State: s, Event: e}) {
		t.Errorf("got error %v, want a *TransitionError that names %v and %v", err, s, e)
	} else if want := "fsm: " + e.String() + " is not allowed in state " + s.String(); err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if m.State() != s || step != (Step{}) || !slices.Equal(m.History(), before) {
		t.Errorf("it changed something: state %v, step %+v, history %v", m.State(), step, m.History())
	}
}

func TestRefusedEventDoesNotAffectTheMachine(t *testing.T) {
	m := New()
	for _, e := range Events() {
		if e != Started && e != StopRequested && e != MainExited {
			_, _ = m.Fire(e)
		}
	}
	for _, e := range ways[Stopped] {
		if _, err := m.Fire(e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHistoryIsACopyInOrder(t *testing.T) {
	m := machineIn(t, Stopped)
	history := m.History()
	var events []Event
	for i, step := range history {
		events = append(events, step.On)
		if i > 0 && step.At.Before(history[i-1].At) {
			t.Errorf("step %d is older than the one before it", i)
		}
	}
	if !slices.Equal(events, ways[Stopped]) {
		t.Errorf("got %v, want %v", events, ways[Stopped])
	}
	history[0].To = Stopped
	if m.History()[0].To != Running {
		t.Error("changing a copy changed the history")
	}
	if got := New().History(); len(got) != 0 {
		t.Errorf("a new machine has a history: %v", got)
	}
}

func TestReachedIsClosedUpToTheCurrentState(t *testing.T) {
	cases := []struct {
		name string
		fire []Event
		want State
	}{
		{"a new machine is at Starting", nil, Starting},
		{"Running is behind no machine that has just started", []Event{Started}, Running},
		{"a stop in Running reaches Draining", []Event{Started, MainExited}, Draining},
		{"a stop in Starting has passed Running", []Event{StopRequested}, Draining},
		{"Hooks comes after Draining", []Event{StopRequested, DrainTimedOut}, Hooks},
		{"Stopped closes them all", []Event{StopRequested, Forced, Forced}, Stopped},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := New()
			for _, e := range c.fire {
				if _, err := m.Fire(e); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range States() {
				if got := isClosed(m.Reached(s)); got != (s <= c.want) {
					t.Errorf("in %v: Reached(%v) closed: %v", m.State(), s, got)
				}
			}
		})
	}
}

func TestReachedIsNilForAnInvalidState(t *testing.T) {
	m := machineIn(t, Stopped)
	for _, s := range []State{Stopped + 1, 255} {
		if m.Reached(s) != nil {
			t.Errorf("Reached(%v) is a channel", s)
		}
	}
}

func TestReachedReturnsTheSameChannel(t *testing.T) {
	m := New()
	early := m.Reached(Running)
	if _, err := m.Fire(Started); err != nil {
		t.Fatal(err)
	}
	if early != m.Reached(Running) || !isClosed(early) {
		t.Error("a channel taken early does not tell what happened later")
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// STATE-1: whoever fires, and however many at once, one path comes of it.
func TestConcurrentFiresMakeOnePath(t *testing.T) {
	for range 50 {
		m := New()
		var wg sync.WaitGroup
		var mu sync.Mutex
		taken := map[Transition]int{}
		for i := range 8 {
			wg.Go(func() {
				for j := range 4 * len(Events()) {
					e := Events()[(i+j)%len(Events())]
					if step, err := m.Fire(e); err == nil {
						mu.Lock()
						taken[step.Transition]++
						mu.Unlock()
					}
					m.Can(e)
					m.History()
				}
			})
		}
		wg.Go(func() { watch(t, m) })
		wg.Wait()
		for _, s := range wantPath(t, m) {
			if taken[s.Transition] != 1 {
				t.Errorf("%v: %d callers were told that they took it", row(s.Transition), taken[s.Transition])
			}
			delete(taken, s.Transition)
		}
		if len(taken) != 0 || m.State() != Stopped {
			t.Errorf("in %v, steps that are not in the history: %v", m.State(), taken)
		}
	}
}

// watch reads m until it is Stopped: what is seen never goes back.
func watch(t *testing.T, m *Machine) {
	last := Starting
	for _, s := range States() {
		<-m.Reached(s)
		now := m.State()
		if now < s || now < last {
			t.Errorf("%v was reached after %v, but the state is %v", s, last, now)
		}
		last = now
	}
}

// wantPath fails unless the history of m is a path of the table from Starting
// to the current state that enters none twice. It returns the history.
func wantPath(t interface{ Errorf(string, ...any) }, m *Machine) []Step {
	history, at := m.History(), Starting
	entered := map[State]bool{Starting: true}
	for i, step := range history {
		if want, ok := find(Table(), at, step.On); !ok || step.Transition != want {
			t.Errorf("step %d, %v: no row of the table in state %v", i, row(step.Transition), at)
		}
		if entered[step.To] {
			t.Errorf("step %d enters %v again", i, step.To)
		}
		at = step.To
		entered[at] = true
	}
	if at != m.State() {
		t.Errorf("the history ends in %v, the state is %v", at, m.State())
	}
	return history
}

func TestStateDoesNotAllocate(t *testing.T) {
	m := New()
	var sink State
	if n := testing.AllocsPerRun(100, func() { sink += m.State() }); n != 0 {
		t.Errorf("State allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { m.Can(Drained) }); n != 0 {
		t.Errorf("Can allocates %v times", n)
	}
	_ = sink
}
