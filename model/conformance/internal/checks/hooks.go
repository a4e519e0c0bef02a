package checks

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// InterruptedAreNamed checks HOOK-3: the error names the running hook and those that did
// not run.
func InterruptedAreNamed(c *Checker) {
	c.bubble(func() {
		release := make(chan struct{})
		var places []callSite
		err := c.run(func(ctx context.Context) error {
			hang := func() error { <-release; return nil }
			first := here(2)
			for i, register := range []func(){
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
				func() { c.Impl.OnShutdown(ctx, hang) },
			} {
				register()
				places = append(places, callSite{first.file, fmt.Sprintf("%s.%d", first.function, i+2), first.line + i})
			}
			return nil
		}, subject.Settings{})
		close(release)
		for _, place := range places {
			c.expect(err != nil && place.isIn(err.Error()), "Run returns %v, want an error that names %s", err, place)
		}
	})
}

// InterruptedInALoop checks HOOK-3 for hooks that are registered in a loop, many of
// them or none: whatever has run, the error names them, and the hook that runs.
func InterruptedInALoop(c *Checker) {
	for _, many := range []int{0, 1, 2, 40} {
		for _, ran := range []int{0, 1, 3} {
			c.bubble(func() {
				release := make(chan struct{})
				var hangs, waits callSite
				err := c.run(func(ctx context.Context) error {
					for range many {
						waits = here(1)
						c.Impl.OnShutdown(ctx, func() error { return nil })
					}
					hangs = here(1)
					c.Impl.OnShutdown(ctx, func() error { <-release; return nil })
					for range ran {
						c.Impl.OnShutdown(ctx, func() error { time.Sleep(time.Millisecond); return nil })
					}
					return nil
				}, subject.Settings{})
				close(release)
				c.expect(err != nil && hangs.isIn(err.Error()) && (many == 0 || waits.isIn(err.Error())),
					"%d hooks run, the one of %s hangs, and %d of %s are left; Run returns %v, which does not name them", ran, hangs, many, waits, err)
			})
		}
	}
}

// ForcedBeforeTheFirst checks HOOK-3: a further interrupt comes while the first hook may
// still wait for a server to be cut, and the error names the hooks all the same.
func ForcedBeforeTheFirst(c *Checker) {
	for _, many := range []int{1, 2, 7} {
		c.bubble(func() {
			source, release := make(chan os.Signal, 2), make(chan struct{})
			var place callSite
			err := c.run(func(ctx context.Context) error {
				for range many {
					place = here(1)
					c.Impl.OnShutdown(ctx, func() error { <-release; return nil })
				}
				stay := func() error { <-release; return nil }
				go func() {
					_ = c.Impl.ServeFunc(ctx, stay, func(context.Context) error { return stay() }, stay)
				}()
				for _, at := range []time.Duration{time.Second, 2*time.Second + 10*time.Millisecond} {
					time.AfterFunc(at, func() { source <- os.Interrupt })
				}
				play.Wait(ctx.Done(), time.Hour)
				return nil
			}, subject.Settings{Signals: source, Drain: time.Second})
			close(release)
			time.Sleep(time.Second) // closeNow may be called a moment after draining
			c.expect(err != nil && place.isIn(err.Error()), "an interrupt forces the end of hooks 10ms after draining, with %d hooks left, and Run returns %v, which does not name %s", many, err, place)
		})
	}
}

// HookValues checks HOOK-5: a hook's context has the values of the run's context.
func HookValues(c *Checker) {
	c.bubble(func() {
		parent := context.WithValue(context.Background(), valueKey{}, "of the parent")
		ran := false
		_ = c.run(func(ctx context.Context) error {
			c.Impl.OnShutdownContext(ctx, func(own context.Context) error {
				c.expect(own.Value(valueKey{}) == "of the parent", "a hook's context lacks the values of the run's")
				c.Impl.OnShutdownContext(ctx, func(own context.Context) error {
					ran = true
					_, limited := own.Deadline()
					c.expect(own.Err() == nil && limited && own.Value(valueKey{}) == "of the parent", "the context of a hook that a hook registers lacks the values of the run's, or a deadline, or is over: %v", own.Err())
					return nil
				}, 0)
				return nil
			}, 0)
			return nil
		}, subject.Settings{Parent: parent})
		c.expect(ran, "the hook did not run")
	})
}

// HookContextIsOfTheRun checks HOOK-5: by a hook's context the library knows the run, as
// by any context with the values of the run's; after stopped too.
func HookContextIsOfTheRun(c *Checker) {
	c.mayBeOf("HOOK-4")
	c.bubble(func() {
		var run context.Context
		plain, withContext := 0, 0
		looks := func(own context.Context) error {
			c.Impl.OnShutdown(own, func() error { plain++; return nil })
			c.Impl.OnShutdownContext(own, func(context.Context) error { withContext++; return nil }, 0)
			c.expect(!c.offered[subject.NeedState] || c.Impl.State(own) != "", "State with the context of a hook returns no state")
			return nil
		}
		_ = c.run(func(ctx context.Context) error {
			run = ctx
			c.Impl.OnShutdownContext(ctx, looks, 0)
			return nil
		}, subject.Settings{})
		c.expect(plain == 1 && withContext == 1, "of two hooks that are registered with the context of a hook, %d have run when Run returns, want both", plain+withContext)
		late := false
		c.Impl.OnShutdownContext(run, func(own context.Context) error { late = true; return looks(own) }, 0)
		if !late {
			return // HOOK-4 says that it runs
		}
		c.expect(plain == 2 && withContext == 2, "of two hooks that are registered with the context of a hook registered after stopped, %d have run, want both", plain+withContext-2)
	})
}

// ManyRegistrations checks HOOK-7: a thousand registrations at once.
func ManyRegistrations(c *Checker) {
	c.mayBeOf("HOOK-1")
	c.bubble(func() {
		var ran [1000]atomic.Bool
		err := c.Impl.Run(func(ctx context.Context) error {
			nothing := func() error { return nil }
			c.Impl.OnShutdown(ctx, nothing)
			var users sync.WaitGroup
			for i := range ran {
				users.Go(func() { c.Impl.OnShutdown(ctx, func() error { ran[i].Store(true); return nil }) })
			}
			users.Wait()
			// Were the first or the last to be lost, it would not be for this.
			c.Impl.OnShutdown(ctx, nothing)
			return nil
		}, 0, 0)
		lost := 0
		for i := range ran {
			if !ran[i].Load() {
				lost++
			}
		}
		c.expect(err == nil && lost == 0, "%d of %d hooks did not run; Run returns %v, want nil", lost, len(ran), err)
	})
}

// ManyRegistrationsAfterSignal checks HOOK-7: registrations from many goroutines at once,
// while main ends after a real signal, lose none.
func ManyRegistrationsAfterSignal(c *Checker) {
	const hooks = 200
	c.mayBeOf("HOOK-1")
	var ran atomic.Int64
	err := c.Impl.Run(func(ctx context.Context) error {
		c.stopBySignal(ctx)
		var users sync.WaitGroup
		for range hooks {
			users.Go(func() { c.Impl.OnShutdown(ctx, func() error { ran.Add(1); return nil }) })
		}
		users.Wait()
		return nil
	}, 0, 0)
	c.expect(err == nil && ran.Load() == hooks, "SIGTERM comes, %d hooks are registered at once, and %d run; Run returns %v, want nil", hooks, ran.Load(), err)
}

// HookCallsEverything checks HOOK-7: a hook calls every function. It runs in real time: a
// lock that is held while user code runs would stop virtual time for good.
func HookCallsEverything(c *Checker) { c.hookCallsEverything(func(context.Context) {}, 0) }

// HookCallsEverythingAfterSignal checks the same after a real signal.
func HookCallsEverythingAfterSignal(c *Checker) {
	c.hookCallsEverything(func(ctx context.Context) { c.stopBySignal(ctx) }, process.Soon)
}

// hookCallsEverything has main end with a stop, which takes so long at most.
func (c *Checker) hookCallsEverything(stop func(ctx context.Context), takes time.Duration) {
	over := make(chan error, 1)
	var inner atomic.Bool
	go func() {
		over <- c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error {
				c.Impl.OnShutdown(ctx, func() error { inner.Store(true); return nil })
				c.Impl.DrainGroup(ctx).Go(func() {})
				c.callWider(ctx)
				c.Impl.OnShutdown(ctx, func() error { return nil })
				c.Impl.DrainGroup(ctx)
				return c.Impl.Run(func(context.Context) error { return nil }, 0, 0)
			})
			stop(ctx)
			return nil
		}, 0, 0)
	}()
	select {
	case err := <-over:
		c.mayBeOf("HOOK-1", "HOOK-4")
		c.expect(err == nil && inner.Load(), "Run returns %v, want nil, and the hook registered by the hook ran: %t, want true", err, inner.Load())
	case <-time.After(takes + 3*time.Second):
		c.Errorf("a hook that calls the library does not come to its end")
	}
}

// HookServes checks HOOK-7: a hook calls what serves, which returns at once. It runs in
// real time.
func HookServes(c *Checker) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = c.run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { c.serveNothing(ctx); return nil })
			return nil
		}, subject.Settings{})
	}()
	play.Wait(over, process.Soon)
	select {
	case <-over:
	default:
		c.Errorf("a hook that calls what serves does not come to its end")
	}
}

// callWider calls what is offered of the wider API.
func (c *Checker) callWider(ctx context.Context) {
	for n, call := range map[subject.Need]func(){
		subject.NeedState:       func() { c.Impl.State(ctx) },
		subject.NeedStop:        func() { c.Impl.Stop(ctx, nil) },
		subject.NeedMarkStarted: func() { c.Impl.MarkStarted(ctx) },
		subject.NeedTrack:       func() { done, _ := c.Impl.Track(ctx); done() },
		subject.NeedGo:          func() { c.Impl.Go(ctx, func(context.Context) error { return nil }) },
		subject.NeedWorkContext: func() { c.Impl.WorkContext(ctx) },
	} {
		if c.offered[n] {
			call()
		}
	}
}
