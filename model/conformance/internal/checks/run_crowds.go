package checks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// crowds are numbers with a heavy tail: what is right for a few may be wrong for
// many.
var crowds = []int{9, 17, 65, 300, 1000}

// beyond16Bits is more than 16 bits count.
const beyond16Bits = 70_000

// fewer is n, or under the race detector, where many take long, a part of it.
func fewer(n int) int {
	if race.Enabled {
		return n / 14
	}
	return n
}

// positions are where in a crowd something is that differs.
func positions(n int) []int { return []int{0, n / 2, n - 1} }

// ManyInOrder checks HOOK-1. It has many hooks, and looks at the order in which they run.
func ManyInOrder(c *Checker) {
	for _, n := range append([]int{5000}, crowds...) {
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
			c.expect(err == nil && slices.Equal(order, want), "of %d hooks, %d run, and the first %d of them in their order, last registered first; Run returns %v, want nil", n, len(order), wrong, err)
		})
	}
}

// ManyRuns checks RUN-9: many runs at once, each with a hook of its own.
func ManyRuns(c *Checker) {
	c.mayBeOf("RUN-2")
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
				c.expect(err == nil, "one of %d runs returns %v, want nil", runs, err)
			})
		}
		all.Wait()
		c.expect(hooks.Load() == runs && lasting.Load() == runs, "of %d runs, %d run their hook, and %d keep their context until they end, want all", runs, hooks.Load(), lasting.Load())
	})
}

// NestedUnderContext checks RUN-9: a run whose parent is the context of another, and so
// on: what is given the inner context is the inner run's.
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
				c.expect(err == nil && ctx.Err() == nil, "a run inside another returns %v, and the error of the outer context is %v, want nil for both", err, ctx.Err())
				return nil
			}
		}
		err := c.run(nest(1), subject.Settings{})
		want := []string{"hook 3", "end 3", "hook 2", "end 2", "hook 1"}
		c.expect(err == nil && slices.Equal(order, want), "of runs inside each other, each with the context of the outer one, hooks run and runs end in the order %q, want %q; the outermost returns %v, want nil", order, want, err)
	})
	c.mayBeOf("RUN-4", "RUN-5", "HOOK-2", "DRAIN-8") // by which each of these is an end at all
	c.endsInside()
	c.mayBeOf()
	if !c.offered[subject.NeedStop] {
		return
	}
	c.bubble(func() {
		_ = c.run(func(outer context.Context) error {
			var ended context.Context
			_ = c.run(func(inner context.Context) error {
				ended = inner
				c.Impl.OnShutdown(inner, func() error { c.Impl.Stop(inner, nil); return nil })
				c.Impl.Stop(inner, nil)
				c.Impl.Stop(inner, nil)
				time.Sleep(time.Second)
				c.expect(inner.Err() != nil && outer.Err() == nil, "Stop with the context of a run inside another: the error of the inner context is %v, that of the outer %v, want only the inner to be cancelled", inner.Err(), outer.Err())
				return nil
			}, subject.Settings{Parent: outer})
			c.Impl.Stop(ended, nil)
			time.Sleep(time.Second)
			c.expect(outer.Err() == nil, "Stop is called with the context of a run inside another that is stopping, and has ended, and the outer context ends")
			return nil
		}, subject.Settings{})
	})
}

// endsInside has a run inside another end in each way, with the context of the outer one
// and without it.
func (c *Checker) endsInside() {
	ends := map[string]func(ctx context.Context) error{
		"has a group that is done too late": func(ctx context.Context) error {
			c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(5 * time.Second) })
			return nil
		},
	}
	for how, fail := range hookFailures {
		ends["has a main that "+how] = func(context.Context) error { return fail() }
		ends["has a hook that "+how] = func(ctx context.Context) error { c.Impl.OnShutdown(ctx, fail); return nil }
		if c.offered[subject.NeedGo] {
			ends["has a task that "+how] = func(ctx context.Context) error {
				c.Impl.Go(ctx, func(context.Context) error { return fail() })
				play.Wait(ctx.Done(), time.Hour)
				return nil
			}
		}
	}
	if c.offered[subject.NeedStop] {
		ends["is stopped with an error"] = func(ctx context.Context) error {
			c.Impl.Stop(ctx, errors.New("the reason"))
			play.Wait(ctx.Done(), time.Hour)
			return nil
		}
	}
	for how, inner := range ends {
		for _, under := range []bool{true, false} {
			c.bubble(func() {
				err := c.run(func(ctx context.Context) error {
					s := subject.Settings{Drain: time.Second}
					if under {
						s.Parent = ctx
					}
					_ = c.run(inner, s)
					time.Sleep(10 * time.Second)
					c.expect(ctx.Err() == nil, "a run inside another %s (with the outer context: %t), and the outer context is cancelled: %v", how, under, context.Cause(ctx))
					return nil
				}, subject.Settings{})
				c.expect(err == nil, "a run inside another %s (with the outer context: %t), and the outer run returns %v, want nil", how, under, err)
			})
		}
	}
}

// ManyFailures checks RUN-6. It has many hooks fail, each with an error of its own.
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
