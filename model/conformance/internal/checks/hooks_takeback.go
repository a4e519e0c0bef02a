package checks

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

// TakenBackIsLetGo checks HOOK-10. It looks whether what a hook holds can be collected
// once it was taken back, though the function that does it is still there.
func TakenBackIsLetGo(c *Checker) {
	_ = c.Impl.Run(func(ctx context.Context) error {
		held, stop := c.holding(ctx)
		if stop == nil {
			c.Errorf("OnShutdownContext returns nil, want a function")
			return nil
		}
		ok := stop()
		c.expect(ok, "a hook that waits for its turn cannot be taken back")
		for range 20 {
			if runtime.GC(); held.Value() == nil {
				break
			}
		}
		c.expect(held.Value() == nil, "a hook was taken back, and its memory is not released")
		runtime.KeepAlive(stop)
		return nil
	}, 0, 0)
}

// holding registers a hook that holds something.
//
//go:noinline
func (c *Checker) holding(ctx context.Context) (weak.Pointer[[1 << 16]byte], func() bool) {
	thing := new([1 << 16]byte)
	stop := c.Impl.OnShutdownStop(ctx, func(context.Context) error { thing[0]++; return nil }, 0)
	return weak.Make(thing), stop
}

// ManyTakenBack checks HOOK-10. It has every second of a thousand hooks be taken back by
// two goroutines at once.
func ManyTakenBack(c *Checker) {
	c.bubble(func() {
		const hooks = 1000
		var ran [hooks]atomic.Bool
		var taken [hooks]atomic.Int64
		err := c.Impl.Run(func(ctx context.Context) error {
			var users sync.WaitGroup
			for i := range hooks {
				stop := c.Impl.OnShutdownStop(ctx, func(context.Context) error { ran[i].Store(true); return nil }, time.Duration(i%3)*time.Second)
				for range 2 * (i % 2) {
					users.Go(func() {
						if stop != nil && stop() {
							taken[i].Add(1)
						}
					})
				}
			}
			users.Wait()
			return nil
		}, 0, 0)
		c.expect(err == nil, "Run returns %v, want nil", err)
		wrong := 0
		for i := range hooks {
			if back := i%2 == 1; ran[i].Load() == back || taken[i].Load() != int64(i%2) {
				wrong++
			}
		}
		c.expect(wrong == 0, "every second of %d hooks is taken back twice at once: for %d, the hook ran though it was taken back, or did not run though it was not, or both calls return the same", hooks, wrong)
	})
}

// TakenBackAsItBegins checks HOOK-10. It takes hooks back, in real time, while they begin
// one after another: each runs or is taken back, and not both.
func TakenBackAsItBegins(c *Checker) {
	const hooks = 400
	var ran, taken [hooks]atomic.Bool
	var users sync.WaitGroup
	begun := make(chan struct{})
	err := c.Impl.Run(func(ctx context.Context) error {
		var stops [hooks]func() bool
		for i := range hooks {
			stops[i] = c.Impl.OnShutdownStop(ctx, func(context.Context) error { ran[i].Store(true); return nil }, 0)
		}
		for part := range 2 {
			users.Go(func() {
				<-begun
				for i := part; i < hooks; i += 2 {
					if stops[hooks-1-i] != nil && stops[hooks-1-i]() {
						taken[hooks-1-i].Store(true)
					}
				}
			})
		}
		c.hook(ctx, func() { close(begun); runtime.Gosched() })
		return nil
	}, 0, 0)
	users.Wait()
	c.expect(err == nil, "Run returns %v, want nil", err)
	for i := range hooks {
		if ran[i].Load() == taken[i].Load() {
			c.Errorf("a hook is taken back while it begins: the hook has run: %t, and was taken back: %t, want one of both", ran[i].Load(), taken[i].Load())
			return
		}
	}
}

// LateIsNotTakenBack checks HOOK-10. It takes hooks back that were registered after
// stopped, and have therefore run.
func LateIsNotTakenBack(c *Checker) {
	c.bubble(func() {
		var run context.Context
		_ = c.Impl.Run(func(ctx context.Context) error { run = ctx; return nil }, 0, 0)
		for range 3 {
			ran := false
			stop := c.Impl.OnShutdownStop(run, func(context.Context) error { ran = true; return nil }, 0)
			if stop == nil {
				c.Errorf("OnShutdownContext returns nil, want a function after Run")
				return
			}
			c.expect(!ran || !stop(), "a hook registered after stopped has run, and can be taken back")
		}
	})
}
