package checks

import (
	"context"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// within is a context of a type of its own, as of a web framework.
type within struct{ context.Context }

// derived are contexts made of another, which belong to its run: some of them are
// over, as that of a start-up with a limit is when start-up is done.
func derived(ctx context.Context) map[string]context.Context {
	over, cancel := context.WithTimeout(ctx, time.Hour)
	cancel()
	return map[string]context.Context{
		"with a value":         context.WithValue(ctx, valueKey{}, "of the derived"),
		"that is over":         over,
		"without cancellation": context.WithoutCancel(ctx),
		"of a type of its own": within{ctx},
	}
}

// DerivedHooks checks HOOK-1: a hook that is registered with a derived context runs.
func DerivedHooks(c *Checker) {
	c.bubble(func() {
		ran := map[string]int{}
		all := derived(context.Background())
		err := c.Impl.Run(func(ctx context.Context) error {
			for what, ctx := range derived(ctx) {
				c.Impl.OnShutdown(ctx, func() error { ran[what]++; return nil })
			}
			return nil
		}, 0, 0)
		for what := range all {
			c.expect(err == nil && ran[what] == 1, "a hook is registered with a context %s, and runs %d times, want once; Run returns %v, want nil", what, ran[what], err)
		}
	})
}

// DerivedWork checks DRAIN-1: groups and units that are made with a derived context
// are waited for.
func DerivedWork(c *Checker) {
	for what := range derived(context.Background()) {
		for kind, begin := range map[string]func(ctx context.Context){
			"a group": func(ctx context.Context) { c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(2 * time.Second) }) },
			"a unit": func(ctx context.Context) {
				if c.offered[subject.NeedTrack] {
					done, ok := c.Impl.Track(ctx)
					c.expect(ok, "Track returns false with a context %s", what)
					time.AfterFunc(2*time.Second, done)
				}
			},
		} {
			if kind == "a unit" && !c.offered[subject.NeedTrack] {
				continue
			}
			c.bubble(func() {
				began, hook := time.Now(), time.Duration(0)
				err := c.Impl.Run(func(ctx context.Context) error {
					c.Impl.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
					begin(derived(ctx)[what])
					return nil
				}, 10*time.Second, 0)
				c.expect(err == nil && about(hook, 2*time.Second), "%s is made with a context %s, and busy for 2s: the hook begins at %v, want 2s, and Run returns %v, want nil", kind, what, hook, err)
			})
		}
	}
}

// DerivedTasks checks DRAIN-8: a task begins with a derived context too.
func DerivedTasks(c *Checker) {
	c.bubble(func() {
		_ = c.run(func(ctx context.Context) error {
			for what, ctx := range derived(ctx) {
				ran := make(chan struct{})
				ok := c.Impl.Go(ctx, func(context.Context) error { close(ran); return nil })
				c.expect(ok, "Go returns false with a context %s", what)
				play.Wait(ran, time.Hour)
			}
			return nil
		}, subject.Settings{})
	})
}

// DerivedStops checks RUN-2: Stop with a derived context stops its run.
func DerivedStops(c *Checker) {
	for what := range derived(context.Background()) {
		c.bubble(func() {
			_ = c.run(func(ctx context.Context) error {
				c.Impl.Stop(derived(ctx)[what], nil)
				play.Wait(ctx.Done(), time.Second)
				c.expect(ctx.Err() != nil, "Stop is called with a context %s, and main's is not cancelled", what)
				return nil
			}, subject.Settings{})
		})
	}
}

// DerivedStarts checks RUN-13: MarkStarted with a derived context ends the start of
// its run, and a second call changes nothing.
func DerivedStarts(c *Checker) {
	for what := range derived(context.Background()) {
		c.bubble(func() {
			_ = c.run(func(ctx context.Context) error {
				for range 3 {
					c.Impl.MarkStarted(derived(ctx)[what])
					time.Sleep(time.Millisecond) // whether it is at once is for RUN-2 to say
					state := c.Impl.State(ctx)
					c.expect(state == "running", "MarkStarted is called with a context %s, and the state is %s, want running", what, state)
				}
				return nil
			}, subject.Settings{ManualStart: true})
		})
	}
}

// StartedAtOnce checks RUN-13: MarkStarted is called twice at once. It fails by the death
// of the process where of two calls at once one is neither taken nor ignored. It has many
// runs, because two calls are rarely so close.
func StartedAtOnce(c *Checker) {
	const runs = 200
	c.bubble(func() {
		var started [runs]context.Context
		var begun, all sync.WaitGroup
		begun.Add(runs)
		for n := range started {
			all.Go(func() {
				err := c.run(func(ctx context.Context) error {
					started[n] = ctx
					begun.Done()
					time.Sleep(10 * time.Second) // by then it has returned
					state := c.Impl.State(ctx)
					c.expect(state == "running", "MarkStarted is called twice at once, and the state is %s, want running", state)
					return nil
				}, subject.Settings{ManualStart: true})
				c.expect(err == nil, "MarkStarted is called twice at once, and Run returns %v, want nil", err)
			})
		}
		begun.Wait()
		atOnce(runs, func(n int64) { c.Impl.MarkStarted(started[n]) })
		all.Wait()
	})
}
