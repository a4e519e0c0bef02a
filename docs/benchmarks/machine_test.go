package benchmarks

import (
	"context"
	"sync/atomic"
	"testing"

	looplab "github.com/looplab/fsm"
	"github.com/qmuntal/stateless"

	"github.com/greynewell/mist-go/fsm"
)

// path is one whole life, and states is where it leads.
var (
	path   = [...]fsm.Event{fsm.Started, fsm.StopRequested, fsm.Drained, fsm.HooksFinished}
	states = [...]fsm.State{fsm.Starting, fsm.Running, fsm.Draining, fsm.Hooks, fsm.Stopped}
)

// The peers are given the same table, made once: they know states and events
// by other types, and turning ours into those is not their cost.
var (
	events     = looplabEvents()
	eventNames = [...]string{path[0].String(), path[1].String(), path[2].String(), path[3].String()}
)

func looplabEvents() (events looplab.Events) {
	for _, t := range fsm.Table() {
		events = append(events, looplab.EventDesc{Name: t.On.String(), Src: []string{t.From.String()}, Dst: t.To.String()})
	}
	return events
}

func newLooplab() *looplab.FSM { return looplab.NewFSM(fsm.Starting.String(), events, nil) }

func newStateless() *stateless.StateMachine {
	m := stateless.NewStateMachine(fsm.Starting)
	for _, t := range fsm.Table() {
		m.Configure(t.From).Permit(t.On, t.To)
	}
	return m
}

// lives are one whole life, the machine's making included, of each.
var lives = []struct {
	name string
	live func() (end string, err error)
}{
	{"fsm", func() (string, error) {
		m := fsm.New()
		for _, e := range path {
			if _, err := m.Fire(e); err != nil {
				return "", err
			}
		}
		return m.State().String(), nil
	}},
	{"looplab", func() (string, error) {
		m := newLooplab()
		for _, e := range eventNames {
			if err := m.Event(context.Background(), e); err != nil {
				return "", err
			}
		}
		return m.Current(), nil
	}},
	{"stateless", func() (string, error) {
		m := newStateless()
		for _, e := range path {
			if err := m.Fire(e); err != nil {
				return "", err
			}
		}
		return m.MustState().(fsm.State).String(), nil
	}},
	{"atomic", func() (string, error) {
		var m atomic.Uint32
		for i := range path {
			m.CompareAndSwap(uint32(states[i]), uint32(states[i+1]))
		}
		return fsm.State(m.Load()).String(), nil
	}},
}

func BenchmarkState(b *testing.B) {
	m, l, s := fsm.New(), newLooplab(), newStateless()
	var a atomic.Uint32
	b.Run("fsm", func(b *testing.B) {
		for b.Loop() {
			m.State()
		}
	})
	b.Run("looplab", func(b *testing.B) {
		for b.Loop() {
			l.Current()
		}
	})
	b.Run("stateless", func(b *testing.B) {
		for b.Loop() {
			s.MustState()
		}
	})
	b.Run("atomic", func(b *testing.B) {
		for b.Loop() {
			a.Load()
		}
	})
}

func BenchmarkCan(b *testing.B) {
	m, l, s := fsm.New(), newLooplab(), newStateless()
	b.Run("fsm", func(b *testing.B) {
		for b.Loop() {
			m.Can(fsm.Started)
		}
	})
	b.Run("looplab", func(b *testing.B) {
		for b.Loop() {
			l.Can(eventNames[0])
		}
	})
	b.Run("stateless", func(b *testing.B) {
		for b.Loop() {
			_, _ = s.CanFire(fsm.Started)
		}
	})
}

// BenchmarkFire is one transition: the first of a machine that is made while
// the clock stands.
func BenchmarkFire(b *testing.B) {
	b.Run("fsm", firsts(fsm.New, func(m *fsm.Machine) { _, _ = m.Fire(path[0]) }))
	b.Run("looplab", firsts(newLooplab, func(m *looplab.FSM) { _ = m.Event(context.Background(), eventNames[0]) }))
	b.Run("stateless", firsts(newStateless, func(m *stateless.StateMachine) { _ = m.Fire(path[0]) }))
	b.Run("atomic", firsts(func() *atomic.Uint32 { return new(atomic.Uint32) },
		func(m *atomic.Uint32) { m.CompareAndSwap(uint32(fsm.Starting), uint32(fsm.Running)) }))
}

func firsts[M any](make func() M, fire func(M)) func(*testing.B) {
	return func(b *testing.B) {
		b.ReportAllocs()
		var machines [1000]M
		for left := b.N; left > 0; left -= len(machines) {
			b.StopTimer()
			n := min(left, len(machines))
			for i := range n {
				machines[i] = make()
			}
			b.StartTimer()
			for _, m := range machines[:n] {
				fire(m)
			}
		}
	}
}

func BenchmarkLife(b *testing.B) {
	for _, l := range lives {
		b.Run(l.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.live(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestEveryMachineGetsToTheEnd(t *testing.T) {
	for _, l := range lives {
		if end, err := l.live(); end != fsm.Stopped.String() || err != nil {
			t.Errorf("%s ends in %q: %v", l.name, end, err)
		}
	}
}

func TestEveryMachineRefusesWhatTheTableDoesNotHave(t *testing.T) {
	_, fsmErr := fsm.New().Fire(fsm.Drained)
	for name, err := range map[string]error{
		"fsm":       fsmErr,
		"looplab":   newLooplab().Event(context.Background(), fsm.Drained.String()),
		"stateless": newStateless().Fire(fsm.Drained),
	} {
		if err == nil {
			t.Errorf("%s drains what has not started", name)
		}
	}
}
