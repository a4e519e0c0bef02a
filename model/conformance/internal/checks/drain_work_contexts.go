package checks

import (
	"context"
	"time"

	"github.com/greynewell/mist-go/model"
)

// WorkContextLater checks DRAIN-8. It asks for a work context when draining is over: in a
// hook, and when Run has returned.
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
		c.expect(c.Impl.WorkContext(run).Err() != nil, "a work context made after Run is live")
	})
	c.bubble(func() {
		release := make(chan struct{})
		defer close(release)
		_ = c.Impl.Run(func(ctx context.Context) error {
			c.Impl.DrainGroup(ctx).Go(func() { <-release })
			c.Impl.OnShutdown(ctx, func() error {
				cause := context.Cause(c.Impl.WorkContext(ctx))
				c.expect(c.Impl.Is == nil || cause != nil && c.Impl.Is(cause, model.DrainTimeout), "the drain timeout ran out, and the cause of a work context made in a hook is %v, want the drain timeout", cause)
				return nil
			})
			return nil
		}, 0, 0)
	})
}

// ManyWorkContexts checks DRAIN-8. It asks for work contexts while running and while
// draining, hundreds of them, and from one another.
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
				c.expect(live() == len(all), "while draining, %d of %d work contexts are live, want all", live(), len(all))
			})
			c.Impl.OnShutdown(ctx, func() error {
				time.Sleep(time.Millisecond)
				c.expect(live() == 0, "while hooks run, %d of %d work contexts are live, want none", live(), len(all))
				return nil
			})
			return nil
		}, 0, 0)
	})
}

// WorkContextValues checks DRAIN-8: a work context has the values it is asked with.
func WorkContextValues(c *Checker) {
	c.bubble(func() {
		_ = c.Impl.Run(func(ctx context.Context) error {
			asked, cancel := context.WithTimeout(context.WithValue(ctx, valueKey{}, "of the asker"), time.Second/2)
			work := c.Impl.WorkContext(asked)
			cancel()
			c.expect(work.Value(valueKey{}) == "of the asker", "a work context lacks the values of the context that it is made from")
			time.Sleep(time.Second)
			deadline, limited := work.Deadline()
			c.expect(work.Err() == nil && (!limited || deadline.After(time.Now())), "a work context ends with the context that it is made from, or has its deadline")
			late := c.Impl.WorkContext(asked)
			c.expect(late.Err() == nil && late.Value(valueKey{}) == "of the asker", "a work context that is made from one that has ended, while the run is running, has the error %v and the value %v, want no error and the value", late.Err(), late.Value(valueKey{}))
			return nil
		}, 0, 0)
	})
}
