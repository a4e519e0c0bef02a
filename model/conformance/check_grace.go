package conformance

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// checkMainFirst has hooks wait for main, which takes its time after cancel.
func checkMainFirst(c *checker) {
	back, early := make(chan struct{}), false
	err := c.impl.Run(func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error {
			select {
			case <-back:
			default:
				early = true
			}
			return nil
		})
		raise(terminate)
		wait(ctx.Done(), soon)
		time.Sleep(20 * time.Millisecond)
		close(back)
		return nil
	}, soon, 0)
	c.expect(err == nil && !early, "Run returns %v; hooks began before main was back: %t", err, early)
}

// checkGraceIsHalf has main come back when the hook has begun, which is when
// the grace is over: half of the drain timeout.
func checkGraceIsHalf(c *checker) {
	const drain = 200 * time.Millisecond
	c.thrice(func() string {
		begun := make(chan struct{})
		var asked, hook time.Time
		err := c.impl.Run(func(ctx context.Context) error {
			c.impl.OnShutdown(ctx, func() error {
				hook = time.Now()
				close(begun)
				return nil
			})
			asked = time.Now()
			raise(terminate)
			wait(begun, soon)
			return nil
		}, drain, 0)
		if took := hook.Sub(asked); took < drain/2 || took > drain-20*time.Millisecond {
			return fmt.Sprintf("hooks begin %v after the signal, want %v", took, drain/2)
		}
		if err != nil {
			return fmt.Sprintf("Run returns %v, and main did come back", err)
		}
		return ""
	})
}

func checkGroupWhileDraining(c *checker) {
	var done atomic.Bool
	early := false
	err := c.impl.Run(func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error { early = !done.Load(); return nil })
		// Work that is waited for makes it, so that it is made while Draining
		// whether main is waited for or not.
		c.impl.DrainGroup(ctx).Go(func() {
			wait(ctx.Done(), soon)
			c.impl.DrainGroup(ctx).Go(func() {
				time.Sleep(30 * time.Millisecond)
				done.Store(true)
			})
		})
		raise(terminate)
		wait(ctx.Done(), soon)
		return nil
	}, 0, 0)
	c.expect(err == nil && !early, "Run returns %v; hooks began before the work was done: %t", err, early)
}
