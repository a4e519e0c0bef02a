package checks

import (
	"context"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// spinning is work that keeps every processor busy from the moment at which it
// is told to, until it is over, or nothing can come of it any more.
type spinning struct {
	begun, over atomic.Bool
	worst       atomic.Int64 // how late a goroutine was that had nothing to wait for but its turn
}

// begin has it begin, and looks how long a turn takes meanwhile.
func (s *spinning) begin() {
	s.begun.Store(true)
	time.AfterFunc(4*time.Second, func() { s.over.Store(true) })
	go func() {
		for !s.over.Load() {
			slept := time.Now()
			time.Sleep(time.Millisecond)
			s.worst.Store(max(s.worst.Load(), int64(time.Since(slept))))
		}
	}()
}

// patience is how late hooks may be. The contract says 100 ms; a machine that has
// other things to do takes as many times longer as its turns do. Whoever yields
// to what is busy takes hundreds of turns.
func (s *spinning) patience() time.Duration {
	return 500*time.Millisecond + 20*time.Duration(s.worst.Load())
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

// TimeoutOnBusyProcessors has the drain timeout run out while the work of
// two groups is all that the processors do. One group is made a moment before.
func TimeoutOnBusyProcessors(c *Checker) {
	const drain = 100 * time.Millisecond
	var work spinning
	var back, hook time.Time
	err := c.Impl.Run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { hook = time.Now(); work.over.Store(true); return nil })
		work.in(c.Impl.DrainGroup(ctx))
		c.Impl.DrainGroup(ctx).Go(func() {
			time.Sleep(drain - 20*time.Millisecond)
			if !work.over.Load() {
				work.in(c.Impl.DrainGroup(ctx))
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
	c.expect(took >= drain && took < drain+work.patience(), "on busy processors, with a drain timeout of %v, hooks begin %v after main is back", drain, took)
}

// ForcedOnBusyProcessors is the same with a second interrupt.
func ForcedOnBusyProcessors(c *Checker) {
	var work spinning
	source := make(chan os.Signal, 1)
	var forced, hook time.Time
	err := c.run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { hook = time.Now(); work.over.Store(true); return nil })
		work.in(c.Impl.DrainGroup(ctx))
		work.in(c.Impl.DrainGroup(ctx))
		source <- os.Interrupt
		time.AfterFunc(300*time.Millisecond, func() {
			work.begin()
			time.Sleep(10 * time.Millisecond)
			forced = time.Now()
			source <- os.Interrupt
		})
		play.Wait(ctx.Done(), process.Soon)
		return nil
	}, subject.Settings{Signals: source, Drain: time.Minute})
	work.over.Store(true)
	c.expect(err != nil, "work is busy, and Run returns nil")
	c.expect(!hook.Before(forced) && hook.Sub(forced) < work.patience(), "on busy processors, hooks begin %v after a second interrupt", hook.Sub(forced))
}
