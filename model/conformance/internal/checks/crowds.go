package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// crowds are numbers with a heavy tail: what is right for a few may be wrong for
// many.
var crowds = []int{9, 17, 65, 300, 1000}

// positions are where in a crowd something is that differs.
func positions(n int) []int { return []int{0, n / 2, n - 1} }

// manyBusy has begin n times begin work, all of which is done at once but for one,
// and demands that the hook waits for that.
func (c *Checker) manyBusy(what string, begin func(ctx context.Context, lasts time.Duration)) {
	for _, n := range crowds {
		for _, busy := range positions(n) {
			hook, err := c.oneBusy(n, busy, 2*time.Second, begin)
			c.expect(err == nil && about(hook, 2*time.Second), "of %d %s, number %d is busy for 2s: the hook begins at %v, and Run returns %v", n, what, busy+1, hook, err)
		}
	}
}

// oneBusy has one of n be busy for so long, and returns when the hook begins.
func (c *Checker) oneBusy(n, busy int, busyFor time.Duration, begin func(ctx context.Context, lasts time.Duration)) (hook time.Duration, err error) {
	c.bubble(func() {
		began := time.Now()
		err = c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
			for i := range n {
				lasts := time.Duration(0)
				if i == busy {
					lasts = busyFor
				}
				begin(ctx, lasts)
			}
			return nil
		}, 10*time.Second, 0)
		time.Sleep(busyFor) // for what was not waited for
	})
	return hook, err
}

// ManyGroups has many groups, of which one is busy.
func ManyGroups(c *Checker) {
	c.manyBusy("groups", func(ctx context.Context, lasts time.Duration) {
		c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(lasts) })
	})
}

// ManyEndAtOnce checks DRAIN-5: hooks begin when the last of many is done, and not when
// that is noticed at some interval. That they do not begin before is for DRAIN-1 to say.
func ManyEndAtOnce(c *Checker) {
	for _, many := range crowds[:3] {
		c.lastEndsAtOnce("groups", many, func(ctx context.Context, lasts time.Duration) {
			c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(lasts) })
		})
		if !c.offered[subject.NeedTrack] {
			continue
		}
		c.lastEndsAtOnce("units", many, func(ctx context.Context, lasts time.Duration) {
			done, _ := c.Impl.Track(ctx)
			time.AfterFunc(lasts, done)
		})
	}
}

func (c *Checker) lastEndsAtOnce(what string, many int, begin func(ctx context.Context, lasts time.Duration)) {
	const lasts = 2*time.Second + 1234567
	hook, _ := c.oneBusy(many, many-1, lasts, begin)
	c.expect(hook <= lasts, "the last of %d %s is busy for %v, and the hook begins at %v", many, what, lasts, hook)
}

// ManyUnits has many units and many tasks, of which one is busy.
func ManyUnits(c *Checker) {
	c.manyBusy("units", func(ctx context.Context, lasts time.Duration) {
		done, _ := c.Impl.Track(ctx)
		time.AfterFunc(lasts, done)
	})
	c.manyBusy("tasks", func(ctx context.Context, lasts time.Duration) {
		c.Impl.Go(ctx, func(context.Context) error { time.Sleep(lasts); return nil })
	})
}

// ManyInOrder has many hooks, and looks at the order in which they run.
func ManyInOrder(c *Checker) {
	for _, n := range crowds {
		c.bubble(func() {
			var order, want []int
			err := c.Impl.Run(func(ctx context.Context) error {
				for i := range n {
					want = append(want, n-1-i)
					c.Impl.OnShutdown(ctx, func() error { order = append(order, i); return nil })
				}
				return nil
			}, 0, 0)
			wrong := 0
			for wrong < min(len(order), n) && order[wrong] == want[wrong] {
				wrong++
			}
			c.expect(err == nil && slices.Equal(order, want), "of %d hooks, %d run, and the first %d of them in their order, last registered first; Run returns %v", n, len(order), wrong, err)
		})
	}
}

// ManyUnitsAreCounted has many units of Track, and many requests, that are not
// done when the drain timeout is over.
func ManyUnitsAreCounted(c *Checker) {
	for _, n := range crowds {
		c.bubble(func() {
			log := &logbook{}
			err := c.run(func(ctx context.Context) error {
				for range n {
					c.Impl.Track(ctx)
				}
				return nil
			}, subject.Settings{Log: log.log, Drain: 2 * time.Second})
			c.expectBusy(err, log, n, callSite{})
		})
		if !c.offered[subject.NeedHandler] {
			continue
		}
		c.bubble(func() {
			log, release := &logbook{}, make(chan struct{})
			err := c.run(func(ctx context.Context) error {
				var under sync.WaitGroup
				under.Add(n)
				counted := c.Impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { under.Done(); <-release }))
				for range n {
					go counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
				}
				under.Wait()
				return nil
			}, subject.Settings{Log: log.log, Drain: 2 * time.Second})
			close(release)
			c.expectBusy(err, log, n, callSite{})
		})
	}
}

// SlowObserverSeesAll has observers take their time: each sees every step, with the
// instant at which it was taken, and Run waits up to 100 ms for them.
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
					"an observer that takes %v for each step is told that %s was entered at %v, want 1s, and 0s for running", takes, s.To, at)
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

// WorkContextLater asks for a work context when draining is over: in a hook, and
// when Run has returned.
func WorkContextLater(c *Checker) {
	c.bubble(func() {
		var run context.Context
		_ = c.Impl.Run(func(ctx context.Context) error {
			run = ctx
			c.Impl.OnShutdown(ctx, func() error {
				c.expect(c.Impl.WorkContext(ctx).Err() != nil, "a work context made in a hook is live")
				return nil
			})
			return nil
		}, 0, 0)
		c.expect(c.Impl.WorkContext(run).Err() != nil, "a work context that is asked for after Run is live")
	})
	c.bubble(func() {
		release := make(chan struct{})
		defer close(release)
		_ = c.Impl.Run(func(ctx context.Context) error {
			c.Impl.DrainGroup(ctx).Go(func() { <-release })
			c.Impl.OnShutdown(ctx, func() error {
				cause := context.Cause(c.Impl.WorkContext(ctx))
				c.expect(c.Impl.Is == nil || cause != nil && c.Impl.Is(cause, model.DrainTimeout), "the drain timeout ran out, and the cause of a work context made in a hook is %v", cause)
				return nil
			})
			return nil
		}, 0, 0)
	})
}

// ManyWorkContexts asks for work contexts while running and while draining, hundreds
// of them, and from one another.
func ManyWorkContexts(c *Checker) {
	c.bubble(func() {
		var all []context.Context
		_ = c.Impl.Run(func(ctx context.Context) error {
			ask := func() {
				for range 300 {
					all = append(all, c.Impl.WorkContext(ctx))
				}
				all = append(all, c.Impl.WorkContext(all[0]))
			}
			ask()
			live := func() (n int) {
				for _, work := range all {
					if work.Err() == nil {
						n++
					}
				}
				return n
			}
			c.Impl.DrainGroup(ctx).Go(func() {
				time.Sleep(time.Second)
				ask()
				c.expect(live() == len(all), "while draining, %d of %d work contexts are live", live(), len(all))
			})
			c.Impl.OnShutdown(ctx, func() error {
				time.Sleep(time.Millisecond)
				c.expect(live() == 0, "while hooks run, %d of %d work contexts are live", live(), len(all))
				return nil
			})
			return nil
		}, 0, 0)
	})
}

// ManyRuns has many runs at once, each with a hook of its own.
func ManyRuns(c *Checker) {
	const runs = 100
	c.bubble(func() {
		var hooks, lasting atomic.Int64
		var all sync.WaitGroup
		for i := range runs {
			all.Go(func() {
				err := c.Impl.Run(func(ctx context.Context) error {
					c.Impl.OnShutdown(ctx, func() error { hooks.Add(1); return nil })
					time.Sleep(time.Duration(1+i%7) * time.Second)
					if ctx.Err() == nil {
						lasting.Add(1)
					}
					return nil
				}, 0, 0)
				c.expect(err == nil, "one of %d runs returns %v", runs, err)
			})
		}
		all.Wait()
		c.expect(hooks.Load() == runs && lasting.Load() == runs, "of %d runs, %d run their hook, and %d keep their context until they end", runs, hooks.Load(), lasting.Load())
	})
}

// NestedUnderContext has a run whose parent is the context of another, and so on:
// what is given the inner context is the inner run's.
func NestedUnderContext(c *Checker) {
	c.bubble(func() {
		var order []string
		var nest func(depth int) func(ctx context.Context) error
		nest = func(depth int) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				began := time.Now()
				c.expect(ctx.Err() == nil, "the context of a run inside %d others is cancelled when its main begins", depth-1)
				c.Impl.OnShutdown(ctx, func() error {
					order = append(order, fmt.Sprint("hook ", depth))
					c.expect(depth < 3 || time.Since(began) >= time.Second, "the hook of a run inside another does not wait for its group")
					return nil
				})
				if depth == 3 {
					c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(time.Second) })
					return nil
				}
				err := c.run(nest(depth+1), subject.Settings{Parent: ctx})
				order = append(order, fmt.Sprint("end ", depth+1))
				c.expect(err == nil && ctx.Err() == nil, "a run inside another returns %v, and the context of the outer one: %v", err, ctx.Err())
				return nil
			}
		}
		err := c.run(nest(1), subject.Settings{})
		want := []string{"hook 3", "end 3", "hook 2", "end 2", "hook 1"}
		c.expect(err == nil && slices.Equal(order, want), "of runs inside each other, each with the context of the outer one, hooks run and runs end in the order %q, want %q; the outermost returns %v", order, want, err)
	})
	if !c.offered[subject.NeedStop] {
		return
	}
	c.bubble(func() {
		_ = c.run(func(outer context.Context) error {
			_ = c.run(func(inner context.Context) error {
				c.Impl.Stop(inner, nil)
				time.Sleep(time.Second)
				c.expect(inner.Err() != nil && outer.Err() == nil, "Stop with the context of a run inside another: the inner context is %v, the outer %v", inner.Err(), outer.Err())
				return nil
			}, subject.Settings{Parent: outer})
			return nil
		}, subject.Settings{})
	})
}

// ManyFailures has many hooks fail, each with an error of its own.
func ManyFailures(c *Checker) {
	for _, n := range crowds {
		c.bubble(func() {
			var failed []error
			err := c.Impl.Run(func(ctx context.Context) error {
				for i := range n {
					mine := fmt.Errorf("error %d", i)
					c.Impl.OnShutdown(ctx, func() error { failed = append(failed, mine); return mine })
				}
				return nil
			}, 0, 0)
			lost := 0
			for _, mine := range failed {
				if !errors.Is(err, mine) {
					lost++
				}
			}
			c.expect(lost == 0, "%d hooks fail, and the errors of %d are not in Run's result", len(failed), lost)
		})
	}
}
