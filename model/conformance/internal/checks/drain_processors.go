package checks

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// spinning is work that keeps every processor busy from the moment at which
// begun is set, until it is over, or nothing can come of it any more.
type spinning struct {
	begun, over atomic.Bool
	tooLong     atomic.Bool   // no hook had begun after longest, whichever goroutines had the processors
	due, ended  atomic.Int64  // when hooks are due, and when the first began or was too late; in the unit of busy
	sampled     chan struct{} // closed when the looking is over
	worst       atomic.Int64  // how late a goroutine was that had nothing to wait for but its turn; in the unit of busy
}

func newSpinning() *spinning {
	s := &spinning{sampled: make(chan struct{})}
	s.due.Store(math.MaxInt64) // not yet
	return s
}

// busy is a clock that only advances while the process has its processors, as real time
// does on a machine that has nothing else to do.
func busy() time.Duration { return process.Used() / time.Duration(runtime.GOMAXPROCS(0)) }

// begin has it begin, and looks how long a turn takes meanwhile. It ends where hooks are
// late beyond doubt.
func (s *spinning) begin() {
	s.begun.Store(true)
	time.AfterFunc(longest, func() { s.tooLong.Store(!s.over.Swap(true)) })
	go func() {
		defer close(s.sampled)
		for !s.over.Load() {
			slept := busy()
			time.Sleep(time.Millisecond)
			woke := busy()
			s.worst.Store(max(s.worst.Load(), int64(woke-slept)))
			if woke-time.Duration(s.due.Load()) > s.most()+beyondDoubt {
				s.ended.CompareAndSwap(0, int64(woke))
				s.over.Store(true)
			}
		}
	}()
}

// most is how late hooks may begin. The contract says 100 ms; 300 ms are allowed, and eight
// of the longest turns seen, for processors that are slow to change turns. An implementation
// that yields to what is busy takes hundreds.
func (s *spinning) most() time.Duration {
	return 300*time.Millisecond + time.Duration(8*s.worst.Load())
}

// hook is the first, with which the work is over.
func (s *spinning) hook() error {
	s.ended.CompareAndSwap(0, int64(busy()))
	s.over.Store(true)
	return nil
}

// late says how late hooks have begun, once the work is over, "" if in time.
func (s *spinning) late() string {
	if s.begun.Load() {
		<-s.sampled // after the turn that is under way
	}
	if s.tooLong.Load() {
		return fmt.Sprintf("no hook has begun within %v", longest)
	}
	if late := time.Duration(s.ended.Load() - s.due.Load()); late > s.most() {
		return fmt.Sprintf("hooks begin %v of processor time after they are due, or later, want %v at most", late, s.most())
	}
	return ""
}

const (
	// beyondDoubt is how much later than the latest that is allowed is too late to wait
	// for more, in processor time.
	beyondDoubt = time.Second
	// longest is how long the work lasts if no hook begins, whichever goroutines have the processors.
	longest = 7 * time.Second
)

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

// TimeoutOnBusyProcessors checks DRAIN-2. It has the drain timeout run out while the work
// of two groups is all that the processors do. One group is made a moment before.
func TimeoutOnBusyProcessors(c *Checker) {
	const drain = 100 * time.Millisecond
	work := newSpinning()
	var back, hook time.Time
	err := c.Impl.Run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { hook = time.Now(); return work.hook() })
		work.in(c.Impl.DrainGroup(ctx))
		c.Impl.DrainGroup(ctx).Go(func() {
			time.Sleep(drain - 20*time.Millisecond)
			if !work.over.Load() {
				work.in(c.Impl.DrainGroup(ctx))
			}
			work.due.Store(int64(busy() + 20*time.Millisecond))
			work.begin()
			for !work.over.Load() {
				time.Sleep(time.Millisecond)
			}
		})
		back = time.Now()
		return nil
	}, drain, 0)
	work.over.Store(true)
	late := work.late()
	c.mayBeOf("DRAIN-1")
	c.expect(err != nil, "work is busy, and Run returns nil, want an error")
	c.mayBeOf()
	c.expect(late == "", "on busy processors, with a drain timeout of %v: %s", drain, late)
	c.expect(late != "" || hook.Sub(back) >= drain, "on busy processors, with a drain timeout of %v, hooks begin %v after main is back, want %v at least", drain, hook.Sub(back), drain)
}

// ForcedOnBusyProcessors checks DRAIN-2, as TimeoutOnBusyProcessors does, with a second
// interrupt.
func ForcedOnBusyProcessors(c *Checker) {
	work := newSpinning()
	source := make(chan os.Signal, 1)
	var forced, hook time.Time
	err := c.run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { hook = time.Now(); return work.hook() })
		work.in(c.Impl.DrainGroup(ctx))
		work.in(c.Impl.DrainGroup(ctx))
		source <- os.Interrupt
		time.AfterFunc(300*time.Millisecond, func() {
			work.begin()
			time.Sleep(10 * time.Millisecond)
			forced = time.Now()
			work.due.Store(int64(busy()))
			source <- os.Interrupt
		})
		play.Wait(ctx.Done(), process.Soon)
		return nil
	}, subject.Settings{Signals: source, Drain: time.Minute})
	work.over.Store(true)
	c.expect(err != nil, "work is busy, and Run returns nil, want an error")
	late := work.late()
	c.expect(late == "", "on busy processors, after a second interrupt: %s", late)
	c.expect(late != "" || !hook.Before(forced), "on busy processors, hooks begin %v before a second interrupt", forced.Sub(hook))
}
