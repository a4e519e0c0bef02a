package promhealth

import (
	"context"
	"sync"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// Observe records one step of the lifecycle. Pass it to lifecycle.WithObserver. The
// durations are computed from the times of the steps, so they do not depend on when a
// step is observed (STATE-4).
//
// The first step of a run resets the durations to 0, so one Collector may observe
// several runs one after another, but not concurrently.
func (c *Collector) Observe(step fsm.Step) {
	l := &c.life
	l.mu.Lock()
	defer l.mu.Unlock()
	if step.From == fsm.Starting {
		l.entered = [fsm.Stopped + 1]time.Time{}
	}
	l.observed = true
	l.last = step.To
	if step.To <= fsm.Stopped {
		l.entered[step.To] = step.At
	}
}

// life is what was observed of a lifecycle.
type life struct {
	mu       sync.Mutex
	observed bool
	last     fsm.State
	entered  [fsm.Stopped + 1]time.Time // zero: not yet
}

// follow returns ctx with the observed lifecycle, for a handler that follows none. The
// observed state may be a moment late.
func (l *life) follow(ctx context.Context) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.observed {
		return ctx
	}
	return fsm.NewContext(ctx, source(l.last))
}

// source is a lifecycle with a fixed state.
type source fsm.State

func (s source) State() fsm.State { return fsm.State(s) }

func (s source) Reached(state fsm.State) <-chan struct{} {
	reached := make(chan struct{})
	if state <= fsm.State(s) {
		close(reached)
	}
	return reached
}

// sight is the state of a life at one moment.
type sight struct {
	observed     bool
	drain, hooks time.Duration
}

func (l *life) look(now time.Time) sight {
	l.mu.Lock()
	defer l.mu.Unlock()
	between := func(from, to fsm.State) time.Duration {
		switch start, end := l.entered[from], l.entered[to]; {
		case start.IsZero():
			return 0
		case end.IsZero():
			return now.Sub(start)
		default:
			return end.Sub(start)
		}
	}
	return sight{
		observed: l.observed,
		drain:    between(fsm.Draining, fsm.Hooks),
		hooks:    between(fsm.Hooks, fsm.Stopped),
	}
}
