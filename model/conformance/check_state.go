package conformance

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
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
func (c *checker) machineIn(s model.State) (Machine, bool) {
	m := c.impl.Machine()
	for _, e := range roads[s] {
		if _, err := m.Fire(string(e)); err != nil {
			return m, false
		}
	}
	return m, m.State() == string(s)
}

// checkTable holds a machine to the table both ways: each row is there, and
// nothing else leads from one state to another.
func checkTable(c *checker) {
	for _, e := range model.Edges() {
		m, ok := c.machineIn(e.From)
		if !ok {
			c.errorf("a new machine cannot be led to %s", e.From)
			continue
		}
		if _, err := m.Fire(string(e.On)); err != nil || m.State() != string(e.To) {
			c.errorf("%v: the machine is in %s, with error %v", e, m.State(), err)
		}
	}
	c.forbidden(func(m Machine, s model.State, e model.Event) {
		_, _ = m.Fire(string(e))
		c.expect(m.State() == string(s), "%s in %s leads to %s", e, s, m.State())
	})
}

// forbidden calls f with a machine in each state, and each event that the table
// does not allow there.
func (c *checker) forbidden(f func(m Machine, s model.State, e model.Event)) {
	for _, s := range model.States() {
		for _, e := range events {
			allowed := slices.ContainsFunc(model.Edges(), func(row model.Edge) bool { return row.From == s && row.On == e })
			if m, ok := c.machineIn(s); ok && !allowed {
				f(m, s, e)
			}
		}
	}
}

func checkRefusal(c *checker) {
	c.forbidden(func(m Machine, s model.State, e model.Event) {
		refused, err := m.Fire(string(e))
		switch {
		case err == nil || m.State() != string(s):
			c.errorf("%s in %s is taken, and leads to %s", e, s, m.State())
		case !refused || !strings.Contains(err.Error(), string(s)) || !strings.Contains(err.Error(), string(e)):
			c.errorf("%s in %s: the error %q does not name both", e, s, err)
		}
	})
}

// watched plays a run of a second, and returns when its hook began and when it
// was over.
func (c *checker) watched(s Settings, ctx *context.Context) (took, hook time.Duration) {
	began := time.Now()
	c.inTime("Run", func() {
		err := c.run(func(run context.Context) error {
			*ctx = run
			c.impl.OnShutdown(run, func() error {
				if hook == 0 {
					hook = time.Since(began)
				}
				return nil
			})
			time.Sleep(time.Second)
			return nil
		}, s)
		took = time.Since(began)
		c.expect(err == nil, "Run returns %v", err)
	})
	return took, hook
}

func (c *checker) expectPrompt(took, hook time.Duration) {
	c.expect(about(hook, time.Second), "the hook begins at %v, want 1s", hook)
	c.expect(took >= time.Second && took <= time.Second+100*time.Millisecond+slack,
		"Run returns at %v, want 1s, or at most 100ms later", took)
}

func checkHangingObserver(c *checker) {
	c.bubble(func() {
		var ctx context.Context
		release := make(chan struct{})
		took, hook := c.watched(Settings{Observe: func(Step) { <-release }}, &ctx)
		c.expectPrompt(took, hook)
		close(release)
	})
}

func checkPanickingObserver(c *checker) {
	c.bubble(func() {
		var ctx context.Context
		var mu sync.Mutex
		var seen []string
		took, hook := c.watched(Settings{Observe: func(s Step) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, s.To)
			panic("the observer's")
		}}, &ctx)
		c.expectPrompt(took, hook)
		mu.Lock()
		defer mu.Unlock()
		c.expect(len(seen) > 1 && seen[len(seen)-1] == string(model.Stopped), "the observer sees %q, want all until stopped", seen)
	})
}

func checkCallingObserver(c *checker) {
	c.bubble(func() {
		var ctx context.Context
		called := 0
		var mu sync.Mutex
		took, hook := c.watched(Settings{Observe: func(s Step) {
			mu.Lock()
			defer mu.Unlock()
			if s.To == string(model.Running) {
				return // main may not have its context yet
			}
			c.impl.Stop(ctx, nil)
			c.impl.DrainGroup(ctx)
			if c.impl.State(ctx) != "" {
				called++
			}
		}}, &ctx)
		c.expectPrompt(took, hook)
		mu.Lock()
		defer mu.Unlock()
		c.expect(called == 3, "the observer called back %d times, want 3", called)
	})
}
