package checks

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// roads lead a new machine to each state.
var roads = map[model.State][]model.Event{
	model.Starting: nil,
	model.Running:  {model.Started},
	model.Draining: {model.StopRequested},
	model.Hooks:    {model.StopRequested, model.Drained},
	model.Stopped:  {model.StopRequested, model.Drained, model.HooksFinished},
}

var events = []model.Event{
	model.Started, model.StopRequested, model.MainExited, model.Drained,
	model.DrainTimedOut, model.HooksFinished, model.ShutdownTimedOut, model.PhaseForced,
}

// machineIn makes a machine that is in a state.
func (c *Checker) machineIn(s model.State) (subject.Machine, bool) {
	m := c.Impl.Machine()
	for _, e := range roads[s] {
		if _, err := m.Fire(string(e)); err != nil {
			return m, false
		}
	}
	return m, m.State() == string(s)
}

// Table checks STATE-1. It holds a machine to the table both ways: each row is there, and
// nothing else leads from one state to another.
func Table(c *Checker) {
	for _, e := range model.Edges() {
		m, ok := c.machineIn(e.From)
		if !ok {
			c.Errorf("events from the table do not lead a new machine to %s", e.From)
			continue
		}
		if _, err := m.Fire(string(e.On)); err != nil || m.State() != string(e.To) {
			c.Errorf("%v: the machine is in %s, with error %v", e, m.State(), err)
		}
	}
	c.forbidden(func(m subject.Machine, s model.State, e model.Event) {
		_, _ = m.Fire(string(e))
		c.expect(m.State() == string(s), "%s in %s leads to %s", e, s, m.State())
	})
}

// forbidden calls f with a machine in each state, and each event that the table
// does not allow there.
func (c *Checker) forbidden(f func(m subject.Machine, s model.State, e model.Event)) {
	for _, s := range model.States() {
		for _, e := range events {
			allowed := slices.ContainsFunc(model.Edges(), func(row model.Edge) bool { return row.From == s && row.On == e })
			if m, ok := c.machineIn(s); ok && !allowed {
				f(m, s, e)
			}
		}
	}
}

// Refusal checks STATE-3: an event without a row is refused in every state.
func Refusal(c *Checker) {
	c.forbidden(func(m subject.Machine, s model.State, e model.Event) {
		refused, err := m.Fire(string(e))
		switch {
		case err == nil || m.State() != string(s):
			c.Errorf("%s in %s is taken, and leads to %s", e, s, m.State())
		case !refused || !namesWord(err.Error(), string(s)) || !namesWord(err.Error(), string(e)):
			c.Errorf("%s in %s: the error %q does not name both", e, s, err)
		}
	})
}

// FiredAtOnce checks STATE-3: of two calls at once that fire the same event one is taken,
// and the other is refused.
func FiredAtOnce(c *Checker) {
	const machines = 1000
	var all [machines]subject.Machine
	var taken [machines]atomic.Int64
	for n := range all {
		all[n] = c.Impl.Machine()
	}
	atOnce(machines, func(n int64) {
		if _, err := all[n].Fire(string(model.Started)); err == nil {
			taken[n].Add(1)
		}
	})
	for n := range all {
		if times := taken[n].Load(); times != 1 {
			c.Errorf("%s is fired twice at once, and taken %d times, want once", model.Started, times)
			return
		}
	}
}

// namesWord says whether a text has a state or an event, however it is spelled:
// stop_requested, StopRequested, stop requested.
func namesWord(text, word string) bool {
	spelled := strings.NewReplacer("_", "", "-", "", " ", "")
	return strings.Contains(strings.ToLower(spelled.Replace(text)), spelled.Replace(word))
}

// watched plays a run of a second, and returns when its hook began and when it
// was over.
func (c *Checker) watched(s subject.Settings, ctx *context.Context) (took, hook time.Duration) {
	began := time.Now()
	c.inTime("Run", func() {
		err := c.run(func(run context.Context) error {
			*ctx = run
			c.Impl.OnShutdown(run, func() error {
				if hook == 0 {
					hook = time.Since(began)
				}
				return nil
			})
			time.Sleep(time.Second)
			return nil
		}, s)
		took = time.Since(began)
		c.expect(err == nil, "Run returns %v, want nil", err)
	})
	return took, hook
}

func (c *Checker) expectPrompt(took, hook time.Duration) {
	c.expect(about(hook, time.Second), "the hook begins at %v, want 1s", hook)
	c.expect(took >= time.Second && took <= time.Second+100*time.Millisecond+slack,
		"Run returns at %v, want 1s, or at most 100ms later", took)
}

// HangingObserver checks STATE-4: an observer that hangs costs Run 100 ms and no deadline.
func HangingObserver(c *Checker) {
	c.bubble(func() {
		var ctx context.Context
		release := make(chan struct{})
		took, hook := c.watched(subject.Settings{Observe: func(subject.Step) { <-release }}, &ctx)
		c.expectPrompt(took, hook)
		close(release)
		time.Sleep(time.Second) // for observers and loggers that are still to be called
	})
}

// PanickingObserver checks STATE-4: an observer that panics, or calls Goexit, sees
// the rest.
func PanickingObserver(c *Checker) {
	c.failingObserver(func() { panic("the observer's") })
	c.failingObserver(runtime.Goexit)
}

func (c *Checker) failingObserver(fail func()) {
	c.bubble(func() {
		var ctx context.Context
		var mu sync.Mutex
		var seen []string
		took, hook := c.watched(subject.Settings{Observe: func(s subject.Step) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, s.To)
			fail()
		}}, &ctx)
		c.expectPrompt(took, hook)
		mu.Lock()
		defer mu.Unlock()
		c.expect(len(seen) > 1 && seen[len(seen)-1] == string(model.Stopped), "the observer sees %q, want all until stopped", seen)
	})
}

// CallingObserver checks STATE-4: an observer may call back into the library.
func CallingObserver(c *Checker) {
	c.bubble(func() {
		var ctx context.Context
		called := 0
		var mu sync.Mutex
		took, hook := c.watched(subject.Settings{Observe: func(s subject.Step) {
			mu.Lock()
			defer mu.Unlock()
			if s.To == string(model.Running) {
				return // main may not have its context yet
			}
			c.Impl.Stop(ctx, nil)
			c.Impl.DrainGroup(ctx)
			if c.Impl.State(ctx) != "" {
				called++
			}
		}}, &ctx)
		c.expectPrompt(took, hook)
		mu.Lock()
		defer mu.Unlock()
		c.expect(called == 3, "the observer called back %d times, want 3", called)
	})
}

// SlowObserverSeesAll checks STATE-4. It has observers take their time: each sees every
// step, with the instant at which it was taken, and Run waits up to 100 ms for them.
func SlowObserverSeesAll(c *Checker) {
	want := fmt.Sprint([]model.State{model.Running, model.Draining, model.Hooks, model.Stopped})
	for _, takes := range []time.Duration{time.Microsecond, 15 * time.Millisecond, 10 * time.Second, time.Hour} {
		c.bubble(func() {
			var ctx context.Context
			var mu sync.Mutex
			var seen []string
			began := time.Now()
			took, hook := c.watched(subject.Settings{Observe: func(s subject.Step) {
				time.Sleep(takes)
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, s.To)
				at := s.At.Sub(began).Round(10 * time.Millisecond)
				c.expect(s.At.IsZero() || at == time.Second || len(seen) == 1 && at == 0,
					"an observer that takes %v for each step gets %v as the time at which %s was entered, want 1s, or 0s for running", takes, at, s.To)
			}}, &ctx)
			c.expectPrompt(took, hook)
			for _, later := range []time.Duration{0, 5 * takes} {
				if time.Sleep(later); later > 0 || takes < slack {
					mu.Lock()
					c.expect(fmt.Sprint(seen) == want, "an observer that takes %v for each step sees %v until Run returns and %v later, want %v", takes, seen, later, want)
					mu.Unlock()
				}
			}
		})
	}
}
