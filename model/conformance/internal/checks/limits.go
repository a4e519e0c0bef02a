package checks

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// endless limits are those by which users say that there is none. Added to a time,
// or to one another, they overflow.
var endlessLimits = map[string]time.Duration{
	"the longest there is": model.Never,
	"half of the longest":  model.Never / 2,
	"290 years":            290 * 365 * 24 * time.Hour,
}

// long is how long something lasts that an endless limit does not end.
const long = 1000 * time.Hour

// sleepLong sleeps for long, or for less if the implementation keeps the processor busy
// meanwhile, as with a ticker, of which virtual time leaves out no tick.
func sleepLong() (slept time.Duration) {
	for before := process.Used(); slept < long && process.Used()-before < time.Second; slept += time.Hour {
		time.Sleep(time.Hour)
	}
	return slept
}

// EndlessDrain checks DRAIN-2: a drain timeout that is never over.
func EndlessDrain(c *Checker) {
	for name, limit := range endlessLimits {
		c.bubble(func() {
			began, hook := time.Now(), time.Duration(0)
			var slept atomic.Int64
			err := c.Impl.Run(func(ctx context.Context) error {
				c.Impl.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
				c.Impl.DrainGroup(ctx).Go(func() { slept.Store(int64(sleepLong())) })
				return nil
			}, limit, 0)
			busy := time.Duration(slept.Load())
			c.expect(err == nil && busy > 0 && about(hook, busy), "the drain timeout is %s, and a group is busy for up to %v: the hook begins at %v, want when the group is done, and Run returns %v, want nil", name, long, hook, err)
		})
	}
}

// EndlessShutdown checks HOOK-3: a shutdown timeout that is never over.
func EndlessShutdown(c *Checker) {
	c.mayBeOf("HOOK-1")
	for name, limit := range endlessLimits {
		c.bubble(func() {
			ended := 0
			err := c.Impl.Run(func(ctx context.Context) error {
				for range 2 {
					c.Impl.OnShutdown(ctx, func() error { sleepLong(); ended++; return nil })
				}
				return nil
			}, 0, limit)
			c.expect(err == nil && ended == 2, "the shutdown timeout is %s, and of two hooks that take up to %v each, %d have ended; Run returns %v, want nil", name, long, ended, err)
		})
	}
}

// EndlessHookTimeout checks HOOK-6: the timeout of a hook that is never over.
func EndlessHookTimeout(c *Checker) {
	for name, limit := range endlessLimits {
		c.bubble(func() {
			var own error
			left := time.Hour
			err := c.Impl.Run(func(ctx context.Context) error {
				c.Impl.OnShutdownContext(ctx, func(ctx context.Context) error {
					if deadline, has := ctx.Deadline(); has { // else it is for HOOK-5 to report
						left = time.Until(deadline)
					}
					time.Sleep(time.Second)
					own = ctx.Err()
					return nil
				}, limit)
				time.Sleep(time.Second)
				return nil
			}, 0, time.Hour)
			time.Sleep(2 * time.Second)
			c.expect(left > 0, "a hook has a timeout of %s, and by the deadline of its context that is over when the hook begins", name)
			c.expect(err == nil && own == nil, "a hook has a timeout of %s, and takes 1s: Run returns %v, and the hook's context has ended: %v, want nil for both", name, err, own)
		})
	}
}

// EndlessDelay checks DRAIN-7: a drain delay that is never over, beside other limits
// that are not.
func EndlessDelay(c *Checker) {
	for name, limit := range endlessLimits {
		c.bubble(func() {
			err := c.run(func(ctx context.Context) error {
				c.Impl.Stop(ctx, nil)
				play.Wait(ctx.Done(), long)
				c.expect(ctx.Err() == nil, "the drain delay is %s, and main's context ends in it", name)
				return nil
			}, subject.Settings{Delay: limit, Drain: limit, Shutdown: limit})
			c.expect(err == nil, "the drain delay is %s, main ends in it, and Run returns %v, want nil", name, err)
		})
	}
}

// EndlessGrace checks DRAIN-4: of a grace that is never over, half of the drain
// timeout counts.
func EndlessGrace(c *Checker) {
	for name, limit := range endlessLimits {
		c.bubble(func() {
			began, hook := time.Now(), time.Duration(0)
			err := c.run(func(ctx context.Context) error {
				c.Impl.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
				c.Impl.Stop(ctx, nil)
				time.Sleep(9 * time.Second)
				return nil
			}, subject.Settings{Grace: limit, Drain: 10 * time.Second})
			c.expect(err == nil && about(hook, 5*time.Second), "the grace is %s and the drain timeout 10s, and main comes back after 9s: the hook begins at %v, want 5s; Run returns %v, want nil", name, hook, err)
		})
	}
}
