package checks

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
)

// MainFirst checks DRAIN-4. It has hooks wait for main, which takes its time after cancel.
func MainFirst(c *Checker) {
	if c.grace(process.Soon) == 0 {
		return // it need not be waited for
	}
	c.mayBeOf("SIG-1")
	back, early := make(chan struct{}), false
	err := c.Impl.Run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error {
			select {
			case <-back:
			default:
				early = true
			}
			return nil
		})
		c.stopBySignal(ctx)
		time.Sleep(20 * time.Millisecond)
		process.Raise(process.Terminate) // which changes nothing
		time.Sleep(40 * time.Millisecond)
		close(back)
		return nil
	}, process.Soon, 0)
	c.expect(err == nil && !early, "Run returns %v, want nil; hooks began before main had returned: %t, want false", err, early)
}

// GraceIsHalf checks DRAIN-4. It has main come back when the hook has begun, which is when
// the grace is over: half of the drain timeout at most.
func GraceIsHalf(c *Checker) {
	const drain = 600 * time.Millisecond
	c.retried(func() string {
		c.mayBeOf("HOOK-1", "DRAIN-5")
		begun := make(chan struct{})
		var asked, stopped, hook time.Time
		err := c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error {
				hook = time.Now()
				close(begun)
				return nil
			})
			asked = time.Now()
			c.stopBySignal(ctx)
			stopped = time.Now()
			play.Wait(begun, process.Soon)
			return nil
		}, drain, 0)
		if hook.IsZero() || hook.Sub(stopped) >= process.Soon {
			return "hooks wait for main without end"
		}
		if want := c.grace(drain); hook.Sub(asked) < want || hook.Sub(stopped) > want+80*time.Millisecond {
			return fmt.Sprintf("hooks begin %v after the signal, want %v", hook.Sub(asked), want)
		}
		if err != nil {
			c.mayBeOf("RUN-11")
			return fmt.Sprintf("Run returns %v though main has returned, want nil", err)
		}
		return ""
	})
}

// DrainTimeoutFromCancel checks DRAIN-2: the timeout counts from a real SIGTERM, though main
// takes its time to come back. Hooks may begin 100 ms after it.
func DrainTimeoutFromCancel(c *Checker) {
	const drain, main, most = 800 * time.Millisecond, 300 * time.Millisecond, 980 * time.Millisecond
	c.mayBeOf("HOOK-1", "DRAIN-1", "DRAIN-5")
	c.retried(func() string {
		var asked, stopped, hook time.Time
		var group *sync.WaitGroup
		err := c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { hook = time.Now(); return nil })
			group = c.Impl.DrainGroup(ctx)
			group.Add(1)
			time.AfterFunc(process.Soon, group.Done)
			asked = time.Now()
			c.stopBySignal(ctx)
			stopped = time.Now()
			time.Sleep(main)
			return nil
		}, drain, 0)
		if err == nil || hook.IsZero() {
			return fmt.Sprintf("the drain timeout runs out, Run returns %v, and a hook ran: %t", err, !hook.IsZero())
		}
		if hook.Sub(asked) < drain || hook.Sub(stopped) > most {
			return fmt.Sprintf("main returns %v after the signal, and hooks begin %v after it, want %v", main, hook.Sub(asked), drain)
		}
		return ""
	})
}

// GroupWhileDraining checks DRAIN-3: a group made after a real SIGTERM is waited for. It
// is tried several times: on a busy machine work that is not waited for may be done
// before a hook begins.
func GroupWhileDraining(c *Checker) {
	c.mayBeOf("DRAIN-1")
	for n := 0; n < 3 && c.Failure() == "" && c.Undecided() == ""; n++ {
		c.groupWhileDraining()
	}
}

func (c *Checker) groupWhileDraining() {
	var done atomic.Bool
	early := false
	err := c.Impl.Run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { early = !done.Load(); return nil })
		// Work that is waited for makes it, so that it is made while Draining
		// whether main is waited for or not.
		c.Impl.DrainGroup(ctx).Go(func() {
			play.Wait(ctx.Done(), process.Soon)
			c.Impl.DrainGroup(ctx).Go(func() {
				time.Sleep(60 * time.Millisecond)
				done.Store(true)
			})
		})
		c.stopBySignal(ctx)
		return nil
	}, 0, 0)
	c.expect(err == nil && !early, "Run returns %v, want nil; hooks began before the work was done: %t, want false", err, early)
}
