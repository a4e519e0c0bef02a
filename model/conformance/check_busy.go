package conformance

import (
	"context"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// spinning is work that keeps every processor busy from the moment at which it
// is told to, until it is over, or nothing can come of it any more.
type spinning struct{ begun, over atomic.Bool }

// begin has it begin.
func (s *spinning) begin() {
	s.begun.Store(true)
	time.AfterFunc(busyPatience+time.Second/2, func() { s.over.Store(true) })
}

// in has a group do it.
func (s *spinning) in(group *sync.WaitGroup) {
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for !s.over.Load() {
				if !s.begun.Load() {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
}

// busyPatience is how late hooks may be on busy processors. The contract says
// 100 ms, and a machine that has other things to do must not miss it; whoever
// yields to what is busy takes many times as long.
const busyPatience = 3 * time.Second

// checkTimeoutOnBusyProcessors has the drain timeout run out while the work of
// two groups is all that the processors do. One group is made a moment before.
func checkTimeoutOnBusyProcessors(c *checker) {
	const drain = 100 * time.Millisecond
	var work spinning
	var back, hook time.Time
	err := c.impl.Run(func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error { hook = time.Now(); work.over.Store(true); return nil })
		work.in(c.impl.DrainGroup(ctx))
		c.impl.DrainGroup(ctx).Go(func() {
			time.Sleep(drain - 20*time.Millisecond)
			if !work.over.Load() {
				work.in(c.impl.DrainGroup(ctx))
			}
			work.begin()
			for !work.over.Load() {
				time.Sleep(time.Millisecond)
			}
		})
		back = time.Now()
		return nil
	}, drain, 0)
	work.over.Store(true)
	took := hook.Sub(back)
	c.expect(err != nil, "work is busy, and Run returns nil")
	c.expect(took >= drain && took < drain+busyPatience, "on busy processors, with a drain timeout of %v, hooks begin %v after main is back", drain, took)
}

// checkForcedOnBusyProcessors is the same with a second interrupt.
func checkForcedOnBusyProcessors(c *checker) {
	var work spinning
	source := make(chan os.Signal, 1)
	var forced, hook time.Time
	err := c.run(func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error { hook = time.Now(); work.over.Store(true); return nil })
		work.in(c.impl.DrainGroup(ctx))
		work.in(c.impl.DrainGroup(ctx))
		source <- os.Interrupt
		time.AfterFunc(300*time.Millisecond, func() {
			work.begin()
			time.Sleep(10 * time.Millisecond)
			forced = time.Now()
			source <- os.Interrupt
		})
		wait(ctx.Done(), soon)
		return nil
	}, Settings{Signals: source, Drain: time.Minute})
	work.over.Store(true)
	c.expect(err != nil, "work is busy, and Run returns nil")
	c.expect(!hook.Before(forced) && hook.Sub(forced) < busyPatience, "on busy processors, hooks begin %v after a second interrupt", hook.Sub(forced))
}
