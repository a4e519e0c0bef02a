package checks

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// RefusedWorkIsLogged checks DRAIN-3: after draining, and after Run, Track, Go and
// DrainGroup report each time that nothing is waited for.
func RefusedWorkIsLogged(c *Checker) {
	if c.offered[subject.NeedOnShutdownContext] {
		c.mayBeOf("HOOK-5") // by which the context of a hook is one of the run
	}
	c.bubble(func() {
		log := &logbook{}
		// How it is said is the implementation's choice, and so is whether it names
		// the caller: that there is a line is what counts.
		logged := func(what, when string, call func()) {
			before := log.count()
			call()
			time.Sleep(time.Second) // lines are written on no caller's time
			c.expect(log.count() > before, "%s is called %s, after draining, and nothing is logged; the log:\n%s", what, when, log)
		}
		refused := func(ctx context.Context, when string) {
			logged("Track", when, func() {
				done, ok := c.Impl.Track(ctx)
				c.expect(!ok, "Track answers true %s", when)
				done()
			})
			logged("Go", when, func() {
				ok := c.Impl.Go(ctx, func(context.Context) error { c.Errorf("a refused task runs"); return nil })
				c.expect(!ok, "Go answers true %s", when)
			})
			logged("DrainGroup", when, func() {
				late := c.Impl.DrainGroup(ctx)
				late.Go(func() {})
				late.Wait()
			})
		}
		for when, units := range map[string]int{"": 0, "after a drain timeout, ": 1} {
			var run context.Context
			err := c.run(func(ctx context.Context) error {
				run = ctx
				for range units {
					c.Impl.Track(ctx)
				}
				c.Impl.OnShutdown(ctx, func() error {
					refused(ctx, when+"while hooks run")
					refused(ctx, when+"while hooks run, the second time")
					refused(context.WithValue(ctx, valueKey{}, "derived"), when+"while hooks run, with a derived context")
					return nil
				})
				if c.offered[subject.NeedOnShutdownContext] {
					c.Impl.OnShutdownContext(ctx, func(own context.Context) error {
						refused(own, when+"in a hook, with the hook's context")
						refused(context.WithoutCancel(own), when+"in a hook, with one derived from the hook's")
						return nil
					}, 0)
				}
				return nil
			}, subject.Settings{Log: log.log, Shutdown: time.Hour})
			c.expect((err == nil) == (units == 0), "%d units of Track are never done, and Run returns %v, want %s", units, err, nilOr(units == 0))
			refused(run, when+"after Run")
			if c.offered[subject.NeedOnShutdownContext] {
				c.Impl.OnShutdownContext(run, func(own context.Context) error {
					refused(own, when+"in a hook after Run, with the hook's context")
					return nil
				}, 0)
			}
		}
	})
}

// reuses is in how many runs the reuse of a group must have hit what waits for it,
// and in how many it is tried.
const (
	reuses   = 20
	reuseMax = 100
)

// ReusedGroup checks DRAIN-6. It adds to a group at the moment at which its counter
// reaches zero: the waiter is woken, finds it above zero, and WaitGroup panics in it. The
// race detector rightly calls that a race of the user's.
//
// Whether it hits is up to the scheduler. So a waiter of the check's own waits for
// the same group: an implementation is trusted when that has been hit often enough.
//
// In real time: a bubble ends the process when a WaitGroup is reused so.
func ReusedGroup(c *Checker) {
	if race.Enabled {
		return
	}
	hit := 0
	for run := 0; run < reuseMax && hit < reuses && c.Failure() == ""; run++ {
		// How soon an implementation waits is its own business.
		if c.reusedGroup(time.Duration(1<<(run%5)) * time.Millisecond) {
			hit++
		}
	}
	if hit < reuses {
		c.undecidedf("in %d runs a group was reused while it was waited for, and only %d times did that make a waiter panic", reuseMax, hit)
	}
}

// reusedGroup reuses a group a while after main's return, and returns true when
// that has made Wait panic.
func (c *Checker) reusedGroup(after time.Duration) (hit bool) {
	hooks := 0
	over := make(chan struct{}) // Run may return before: a gap may look like the end
	waited := make(chan struct{})
	err := c.Impl.Run(func(ctx context.Context) error {
		group := c.Impl.DrainGroup(ctx)
		group.Add(1)
		c.Impl.OnShutdown(ctx, func() error { hooks++; return nil })
		go func() {
			defer close(waited)
			for !waitedFor(group) { // what is woken first may take what woke another
				hit = true
			}
		}()
		time.AfterFunc(after, func() {
			defer close(over)
			defer func() { // the adder's own share of the misuse
				if recover() != nil {
					letGo(group)
				}
			}()
			for range 10 {
				group.Done()
				group.Add(1)
				time.Sleep(100 * time.Microsecond) // what was woken sees it above zero
			}
			group.Done()
		})
		return nil
	}, process.Soon, 0)
	<-over
	<-waited
	c.expect(hooks > 0, "no hook has run when Run returns %v", err)
	return hit
}

// waitedFor waits for a group, and returns false if Wait has panicked.
func waitedFor(group *sync.WaitGroup) (ok bool) {
	defer func() { ok = recover() == nil }()
	group.Wait()
	return
}

// letGo lets go of the waiters of a group that has panicked in its adder: its
// counter is at zero, and they were not woken.
func letGo(group *sync.WaitGroup) {
	for _, change := range []int{1, -1} {
		func() {
			defer func() { _ = recover() }()
			group.Add(change)
		}()
	}
}

// NegativeGroup checks DRAIN-6: a group driven below zero.
func NegativeGroup(c *Checker) {
	c.bubble(func() {
		hooks := 0
		var user sync.WaitGroup
		var group *sync.WaitGroup
		err := c.Impl.Run(func(ctx context.Context) error {
			group = c.Impl.DrainGroup(ctx)
			c.Impl.OnShutdown(ctx, func() error { hooks++; return nil })
			user.Go(func() {
				defer func() { _ = recover() }() // the user's own mistake
				group.Done()
			})
			user.Wait()
			return nil
		}, time.Second, 0)
		c.expect(hooks > 0, "%d hooks ran, want 1; Run returns %v", hooks, err)
		group.Add(1) // releases those that still wait
	})
}

// DoneTwice checks DRAIN-8: only the first call of done counts.
func DoneTwice(c *Checker) {
	c.bubble(func() {
		began := time.Now()
		_ = c.Impl.Run(func(ctx context.Context) error {
			one, _ := c.Impl.Track(ctx)
			other, _ := c.Impl.Track(ctx)
			for range 3 {
				one()
			}
			time.AfterFunc(time.Second, other)
			return nil
		}, 0, 0)
		took := time.Since(began)
		c.expect(about(took, time.Second), "Run returns at %v, want 1s: one of two units was done", took)
	})
}

// DoneAtOnce checks DRAIN-8: of calls of done at once, one counts.
func DoneAtOnce(c *Checker) {
	const units = 2000
	c.bubble(func() {
		var began time.Time
		_ = c.Impl.Run(func(ctx context.Context) error {
			other, _ := c.Impl.Track(ctx)
			var done [units]func()
			for n := range done {
				done[n], _ = c.Impl.Track(ctx)
			}
			atOnce(units, func(n int64) { done[n]() })
			began = time.Now()
			time.AfterFunc(time.Second, other)
			return nil
		}, 0, 0)
		took := time.Since(began)
		c.expect(about(took, time.Second), "Run returns at %v, want 1s: of %d units all but one were done, each by two goroutines at once", took, units+1)
	})
}

// atOnce calls f on two goroutines at once, for each number below times. The goroutines
// wait for each other, so that their calls are as close together as they can be. In a
// bubble they do not keep f from waiting for time to pass.
func atOnce(times int64, f func(n int64)) {
	var ready atomic.Int64
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			patience := 1 << 18
			for n := range times {
				ready.Add(1)
				for turn := 1; ready.Load() < 2*(n+1); turn++ {
					switch {
					case turn%patience == 0: // the other may wait for virtual time, and do so again
						time.Sleep(time.Millisecond)
						patience = max(patience/2, 1<<12)
					case turn%(1<<11) == 0: // there may be one processor
						runtime.Gosched()
					}
				}
				f(n)
			}
		})
	}
	both.Wait()
}
