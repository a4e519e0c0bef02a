package checks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// EndsWithParent checks RUN-7: main or a task waits for the parent's end, not for that
// of the run's context, and then ends as after a stop. The stop has been requested by
// then, whether or not the implementation has noticed.
func EndsWithParent(c *Checker) { c.endsWithParent(false) }

// ServeFuncEndsWithParent checks HTTP-8: the same of a serve function.
func ServeFuncEndsWithParent(c *Checker) { c.endsWithParent(true) }

func (c *Checker) endsWithParent(server bool) {
	r := rand.New(rand.NewPCG(7, 1))
	c.bubble(func() {
		for n := 1; n <= 200 && c.Failure() == ""; n++ {
			c.endWithParent(n, r, server)
		}
	})
}

func (c *Checker) endWithParent(n int, r *rand.Rand, server bool) {
	parent, end, how := parentThatEnds(r)
	s := subject.Settings{Parent: parent}
	if c.offered[subject.NeedDelay] && r.IntN(3) == 0 {
		s.Delay = time.Second
	}
	s.ManualStart = c.offered[subject.NeedManualStart] && r.IntN(4) == 0
	ends := []func() error{
		parent.Err,
		func() error { return context.Cause(parent) },
		func() error { return fmt.Errorf("wrapped: %w", parent.Err()) },
		func() error { return http.ErrServerClosed },
	}[r.IntN(4)]
	task, wait := c.offered[subject.NeedGo] && r.IntN(3) == 0, time.Duration(r.IntN(2))*time.Second
	result := c.run(func(ctx context.Context) error {
		time.Sleep(wait)
		work := func(context.Context) error {
			end()
			play.Wait(parent.Done(), time.Hour)
			return ends()
		}
		if serve := work; server {
			work = func(ctx context.Context) error {
				return c.Impl.ServeFunc(ctx, func() error { return serve(ctx) }, func(context.Context) error { return nil }, nil)
			}
		}
		if !task {
			return work(ctx)
		}
		c.Impl.Go(ctx, work)
		play.Wait(ctx.Done(), time.Hour)
		return nil
	}, s)
	c.expect(result == nil, "in run %d (ServeFunc: %t, in a task: %t, drain delay %v, manual start %t), the parent %s, what waits for that returns %q, and Run returns %v, want nil",
		n, server, task, s.Delay, s.ManualStart, how, ends(), result)
}

// parentThatEnds returns a context, what ends it or lets it end, and how it does.
func parentThatEnds(r *rand.Rand) (parent context.Context, end func(), how string) {
	switch r.IntN(4) {
	case 0:
		parent, cancel := context.WithCancelCause(context.Background())
		return parent, func() { cancel(errors.New("reason for the parent's end")) }, "is cancelled with a cause"
	case 1:
		parent, cancel := context.WithCancel(context.Background())
		return parent, func() { go cancel() }, "is cancelled on another goroutine"
	case 2:
		parent, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		return parent, func() { context.AfterFunc(parent, cancel) }, "expires"
	}
	outer, cancel := context.WithCancel(context.Background())
	parent, own := context.WithTimeout(outer, time.Hour)
	return parent, func() { cancel(); context.AfterFunc(parent, own) }, "ends with its own parent"
}

// EndedParent checks RUN-12: main begins with a cancelled context, once, whatever else is
// set, and its hooks run without a delay.
func EndedParent(c *Checker) {
	all := map[string]subject.Settings{"nothing else is set": {}}
	if c.offered[subject.NeedManualStart] {
		all["start is manual"] = subject.Settings{ManualStart: true}
	}
	if c.offered[subject.NeedDelay] {
		all["there is a drain delay"] = subject.Settings{Delay: time.Minute}
	}
	if c.offered[subject.NeedDelay] && c.offered[subject.NeedManualStart] {
		all["start is manual, and there is a drain delay"] = subject.Settings{Delay: time.Minute, ManualStart: true}
	}
	for what, s := range all {
		c.bubble(func() {
			parent, cancel := context.WithCancel(context.Background())
			cancel()
			s.Parent = parent
			for range 50 {
				began, hook, calls, live := time.Now(), time.Duration(-1), 0, false
				_ = c.run(func(ctx context.Context) error {
					calls, live = calls+1, ctx.Err() == nil
					c.Impl.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
					return nil
				}, s)
				c.expect(calls == 1 && !live && about(hook, 0), "the parent has ended before Run, %s: main is called %d times, want once, with a live context: %t, want false, and the hook begins after %v, want at once", what, calls, live, hook)
			}
		})
	}
}
