package promhealth

import (
	"context"
	"sync"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// Observe takes one step of the lifecycle. Give it to lifecycle.WithObserver.
// The durations are those between the steps' own times, so it does not matter
// how late they are observed (STATE-4).
//
// The first step of a life puts the durations back to 0, so one Collector may
// observe several lives one after another, but not side by side.
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

// life is what has been observed of a lifecycle.
type life struct {
	mu       sync.Mutex
	observed bool
	last     fsm.State
	entered  [fsm.Stopped + 1]time.Time // zero: not yet
}

// follow is ctx with the life, for a handler that follows no lifecycle of its
// own. What was observed last may be a moment behind; a handler that follows the
// lifecycle is not.
func (l *life) follow(ctx context.Context) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.observed {
		return ctx
	}
	return fsm.NewContext(ctx, source(l.last))
}

// source is a lifecycle that stays in one state.
type source fsm.State

func (s source) State() fsm.State { return fsm.State(s) }

func (s source) Reached(state fsm.State) <-chan struct{} {
	reached := make(chan struct{})
	if state <= fsm.State(s) {
		close(reached)
	}
	return reached
}

// sight is a life at one moment.
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
