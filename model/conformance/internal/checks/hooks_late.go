package checks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ShutdownTimeoutAfterSignal checks HOOK-3. It has main take a moment to come back, so
// that a timeout that counts from the signal is over too early. Where hooks do not wait
// for main, that cannot be seen.
func ShutdownTimeoutAfterSignal(c *Checker) {
	const shutdown = 50 * time.Millisecond
	c.mayBeOf("HOOK-1", "STATE-2")
	release, cancel := context.WithTimeout(context.Background(), process.Soon)
	defer cancel()
	var from time.Time
	var early atomic.Bool
	err := c.Impl.Run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { early.Store(true); <-release.Done(); return nil })
		from = time.Now()
		c.stopBySignal(ctx)
		time.Sleep(20 * time.Millisecond)
		if !early.Load() {
			from = time.Now()
		}
		return nil
	}, 0, shutdown)
	took := time.Since(from)
	if release.Err() != nil {
		c.Errorf("a hook hangs, and Run has not returned after %v", process.Soon)
		return
	}
	c.expect(err != nil, "a hook hangs, and Run returns nil, want an error")
	c.expect(took >= shutdown, "Run returns %v after hooks could begin, want %v", took, shutdown)
}

// InterruptedContext checks HOOK-3: the context of the running hook is cancelled, with the
// cause.
func InterruptedContext(c *Checker) {
	c.bubble(func() {
		began := time.Now()
		var cause error
		var at time.Duration
		ended := make(chan struct{})
		_ = c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdownContext(ctx, func(own context.Context) error {
				defer close(ended)
				play.Wait(own.Done(), time.Hour)
				cause, at = context.Cause(own), time.Since(began)
				return nil
			}, 0)
			return nil
		}, 0, 2*time.Second)
		<-ended
		c.expect(about(at, 2*time.Second), "the hook's context is cancelled at %v, want 2s", at)
		c.expect(cause != nil && c.Impl.Is(cause, model.ShutdownTimeout), "the cause of the hook's context is %v, want the shutdown timeout", cause)
	})
}

// InterruptedBesideHangingObserver checks HOOK-3: the context of a hook that is interrupted
// ends then, whatever an observer does.
func InterruptedBesideHangingObserver(c *Checker) {
	c.bubble(func() {
		began := time.Now()
		var at time.Duration
		ended, release := make(chan struct{}), make(chan struct{})
		_ = c.run(func(ctx context.Context) error {
			c.Impl.OnShutdownContext(ctx, func(own context.Context) error {
				defer close(ended)
				play.Wait(own.Done(), time.Hour)
				at = time.Since(began)
				return nil
			}, 0)
			return nil
		}, subject.Settings{Shutdown: 2 * time.Second, Observe: func(subject.Step) { play.Wait(release, time.Minute) }})
		returned := time.Since(began)
		close(release)
		<-ended
		time.Sleep(time.Second) // for observers and loggers that are still to be called
		if returned > 2*time.Second+100*time.Millisecond+slack {
			return // for STATE-4 to report
		}
		c.expect(about(at, 2*time.Second), "an observer hangs, and the context of a hook that is interrupted at 2s is cancelled at %v", at)
	})
}

// InterruptedIsLogged checks HOOK-3: what an interrupted hook returns later is logged,
// whatever it is, and whatever has interrupted it.
func InterruptedIsLogged(c *Checker) {
	const text = "error of the interrupted hook"
	ways := map[string]func() error{
		"returns an error":                            func() error { return errors.New(text) },
		"returns an error around context.Canceled":    func() error { return fmt.Errorf(text+": %w", context.Canceled) },
		"returns an error beside context.Canceled":    func() error { return errors.Join(errors.New(text), context.Canceled) },
		"returns an error around that of the timeout": func() error { return fmt.Errorf(text+": %w", context.DeadlineExceeded) },
		"panics":               func() error { panic(text) },
		"panics with an error": func() error { panic(fmt.Errorf(text+": %w", context.Canceled)) },
	}
	for _, usual := range usualEnds {
		ways["returns "+usual.Error()+", wrapped"] = func() error { return fmt.Errorf(text+": %w", usual) }
	}
	for how, end := range ways {
		panics := strings.HasPrefix(how, "panics")
		said := func(by string, log *logbook, before int) {
			found := slices.ContainsFunc(log.after(before), func(line string) bool { return panics || strings.Contains(line, text) })
			c.expect(found, "a hook that %s has interrupted %s, and the log does not say so; the log:\n%s", by, how, log)
		}
		c.bubble(func() {
			log := &logbook{}
			release := make(chan struct{})
			err := c.run(func(ctx context.Context) error {
				c.Impl.OnShutdown(ctx, func() error { <-release; return end() })
				return nil
			}, subject.Settings{Log: log.log})
			time.Sleep(time.Second)
			before := log.count()
			close(release)
			time.Sleep(time.Second)
			c.expect(err != nil, "a hook hangs, and Run returns nil, want an error")
			said("the shutdown timeout", log, before)
		})
		if !c.offered[subject.NeedSignals] {
			continue
		}
		c.bubble(func() {
			log, source := &logbook{}, make(chan os.Signal, 1)
			_ = c.run(func(ctx context.Context) error {
				c.Impl.OnShutdown(ctx, func() error {
					source <- os.Interrupt
					time.Sleep(10 * time.Second)
					return end()
				})
				time.AfterFunc(2*time.Second, func() { source <- os.Interrupt })
				return nil
			}, subject.Settings{Log: log.log, Signals: source})
			time.Sleep(time.Second)
			before := log.count()
			time.Sleep(20 * time.Second)
			said("a second interrupt", log, before)
		})
	}
}

// LateReturnChangesNothing checks HOOK-8: the error that Run has returned stays what it was
// when the hooks return that it names.
func LateReturnChangesNothing(c *Checker) {
	c.mayBeOf("HOOK-3") // by which Run returns at all
	for how, end := range hookFailures {
		for _, hooks := range []int{1, 3} {
			c.bubble(func() {
				release := make(chan struct{})
				err := c.Impl.Run(func(ctx context.Context) error {
					for range hooks {
						c.Impl.OnShutdown(ctx, func() error { <-release; return end() })
					}
					if c.offered[subject.NeedOnShutdownContext] { // abandoned before the others
						c.Impl.OnShutdownContext(ctx, func(context.Context) error { <-release; return end() }, time.Second)
					}
					return nil
				}, 0, 5*time.Second)
				was := fmt.Sprint(err)
				time.Sleep(time.Second)
				same := was == fmt.Sprint(err) // else it tells the time
				close(release)
				time.Sleep(time.Second)
				is := fmt.Sprint(err)
				c.expect(err != nil && (is == was || !same), "hooks hang, and each %s after Run has returned: the text of Run's error is %q then, and was %q before", how, is, was)
			})
		}
	}
}

// AbandonedContexts checks HOOK-6: the context of each hook that exceeds its own timeout is
// cancelled then, however many there are.
func AbandonedContexts(c *Checker) {
	const hooks, timeout = 6, 2 * time.Second
	c.bubble(func() {
		var lived [hooks]atomic.Int64
		_ = c.Impl.Run(func(ctx context.Context) error {
			for n := range hooks {
				c.Impl.OnShutdownContext(ctx, func(own context.Context) error {
					began := time.Now()
					play.Wait(own.Done(), time.Hour)
					lived[n].Store(int64(time.Since(began)))
					return nil
				}, timeout)
			}
			return nil
		}, 0, time.Minute)
		time.Sleep(2 * time.Hour)
		for n := range lived {
			d := time.Duration(lived[n].Load())
			c.expect(about(d, timeout), "of %d hooks that exceed their own timeouts of %v, number %d has a context that is cancelled after %v", hooks, timeout, hooks-n, d)
		}
	})
}

// AbandonedLateHook checks HOOK-4. It has a late hook exceed its timeout, and then fail.
func AbandonedLateHook(c *Checker) {
	c.bubble(func() {
		log := &logbook{}
		var run context.Context
		_ = c.run(func(ctx context.Context) error { run = ctx; return nil }, subject.Settings{Log: log.log, Shutdown: 2 * time.Second})
		for _, end := range []func() error{
			func() error { return errors.New("error of the abandoned hook") },
			func() error { panic("panic of the abandoned hook") },
			func() error { runtime.Goexit(); return nil },
		} {
			began := time.Now()
			c.Impl.OnShutdown(run, func() error { time.Sleep(5 * time.Second); return end() })
			c.expect(time.Since(began) < 3*time.Second, "a late hook with a timeout of 2s holds its caller up for %v, want no longer than its timeout", time.Since(began))
			before := log.count()
			time.Sleep(10 * time.Second)
			c.expect(log.count() > before, "a late hook fails when its timeout is over, and nothing is logged then; the log:\n%s", log)
		}
		c.expectLog(log, "error of the abandoned hook")
	})
}

// LateHookEnds checks HOOK-2: a hook registered after stopped that fails, panics or
// calls Goexit does not stop its caller, nor the hooks that are registered next.
func LateHookEnds(c *Checker) {
	c.bubble(func() {
		var run context.Context
		_ = c.Impl.Run(func(ctx context.Context) error { run = ctx; return nil }, 0, 0)
		next, caller := 0, make(chan struct{})
		c.Impl.OnShutdown(run, func() error { next++; return nil })
		if next == 0 {
			return // HOOK-4 says so
		}
		go func() {
			defer close(caller)
			for _, end := range []func() error{
				func() error { return errors.New("error of the late hook") },
				func() error { panic("panic of the late hook") },
				func() error { runtime.Goexit(); return nil },
			} {
				c.Impl.OnShutdown(run, end)
				c.Impl.OnShutdown(run, func() error { next++; return nil })
			}
		}()
		<-caller
		c.expect(next == 4, "of three hooks registered after stopped, each after one that fails, %d have run, want all", next-1)
	})
}

// LateHookContext checks HOOK-5: the context of a hook registered after stopped has the
// values of the run's context.
func LateHookContext(c *Checker) {
	c.bubble(func() {
		var run context.Context
		parent := context.WithValue(context.Background(), valueKey{}, "of the parent")
		_ = c.run(func(ctx context.Context) error { run = ctx; return nil }, subject.Settings{Parent: parent, Shutdown: 3 * time.Second})
		time.Sleep(time.Second)
		for timeout, want := range map[time.Duration]time.Duration{0: 3 * time.Second, time.Second: time.Second, 5 * time.Second: 3 * time.Second} {
			c.Impl.OnShutdownContext(run, func(own context.Context) error {
				deadline, has := own.Deadline()
				c.expect(has, "the context of a late hook with a timeout of %v has no deadline, want one in %v", timeout, want)
				left := time.Until(deadline)
				c.expect(own.Err() == nil && own.Value(valueKey{}) == "of the parent", "the context of a late hook with a timeout of %v lacks the values of the run's, or is over: %v", timeout, own.Err())
				c.expect(!has || left > want/2 && left <= want, "the context of a late hook with a timeout of %v ends in %v, want %v", timeout, left, want)
				return nil
			}, timeout)
		}
	})
}

// NoHookTimeout checks HOOK-6. It gives hooks timeouts that are none.
func NoHookTimeout(c *Checker) {
	for _, none := range []time.Duration{0, -time.Nanosecond, -time.Hour} {
		c.bubble(func() {
			var run context.Context
			var own, late error
			err := c.run(func(ctx context.Context) error {
				run = ctx
				c.Impl.OnShutdownContext(ctx, func(ctx context.Context) error {
					time.Sleep(time.Second)
					own = ctx.Err()
					return nil
				}, none)
				return nil
			}, subject.Settings{})
			c.Impl.OnShutdownContext(run, func(ctx context.Context) error {
				time.Sleep(time.Second)
				late = ctx.Err()
				return nil
			}, none)
			time.Sleep(2 * time.Second)
			c.expect(late == nil, "a hook that is registered after stopped has a timeout of %v, which is none, and its context has ended: %v", none, late)
			c.expect(err == nil && own == nil, "a hook has a timeout of %v, which is none: Run returns %v, and the hook's context has ended: %v, want nil for both", none, err, own)
		})
	}
}

// ShortHookTimeout checks HOOK-6 for timeouts that are over before a hook can do
// anything, of hooks that are registered after stopped too.
func ShortHookTimeout(c *Checker) {
	for _, timeout := range []time.Duration{1, 2, time.Microsecond} {
		c.bubble(func() {
			var run context.Context
			began, next := time.Now(), time.Duration(0)
			hang := func(own context.Context) error { play.Wait(own.Done(), time.Hour); return nil }
			err := c.run(func(ctx context.Context) error {
				run = ctx
				c.Impl.OnShutdownContext(ctx, func(context.Context) error { next = time.Since(began); return nil }, 0)
				c.Impl.OnShutdownContext(ctx, hang, timeout)
				return nil
			}, subject.Settings{})
			c.expect(err != nil && about(next, timeout), "a hook has a timeout of %v: the next hook begins at %v, want when the timeout is over, and Run returns %v, want an error", timeout, next, err)
			late := time.Now()
			c.Impl.OnShutdownContext(run, hang, timeout)
			c.expect(about(time.Since(late), 0), "a hook that is registered after stopped has a timeout of %v, and holds its caller up for %v, want no longer than its timeout", timeout, time.Since(late))
			time.Sleep(2 * time.Hour)
		})
	}
}

// LateHookRegisters checks HOOK-4. It has hooks that are registered after stopped register
// others.
func LateHookRegisters(c *Checker) {
	c.bubble(func() {
		var run context.Context
		_ = c.Impl.Run(func(ctx context.Context) error { run = ctx; return nil }, 0, 0)
		for range 3 {
			ran := 0
			var late func(depth int) func() error
			late = func(depth int) func() error {
				return func() error {
					ran++
					if depth > 0 {
						c.Impl.OnShutdown(run, late(depth-1))
					}
					return nil
				}
			}
			c.Impl.OnShutdown(run, late(4))
			c.expect(ran == 5, "of five late hooks, each registered by the one before, %d have run, want all", ran)
		}
	})
}

// WorkRegistersAfterSignal checks HOOK-4: a hook that work registers while draining, after a
// real signal, runs.
func WorkRegistersAfterSignal(c *Checker) {
	c.mayBeOf("HOOK-1")
	var returned, late, ran atomic.Bool
	registered := make(chan struct{})
	err := c.Impl.Run(func(ctx context.Context) error {
		c.Impl.DrainGroup(ctx).Go(func() {
			defer close(registered)
			play.Wait(ctx.Done(), process.Soon)
			time.Sleep(50 * time.Millisecond) // main is back by then
			c.Impl.OnShutdown(ctx, func() error { ran.Store(true); return nil })
			late.Store(returned.Load())
		})
		c.stopBySignal(ctx)
		return nil
	}, 0, 0)
	ranInTime := ran.Load()
	returned.Store(true)
	play.Wait(registered, process.Soon)
	if late.Load() {
		return // for DRAIN-1 to report
	}
	c.expect(ranInTime, "SIGTERM comes, main returns, work that is waited for registers a hook, and that has not run when Run returns %v", err)
}

// MainRegistersLast checks HOOK-4: a hook that main registers after a real signal runs, when
// its grace is over and the hooks before have run.
func MainRegistersLast(c *Checker) {
	c.mayBeOf("HOOK-1", "DRAIN-4", "RUN-11")
	began, last := make(chan struct{}), make(chan struct{})
	var ran, next atomic.Bool
	err := c.Impl.Run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { close(began); return nil })
		c.stopBySignal(ctx)
		play.Wait(began, process.Soon)
		time.Sleep(30 * time.Millisecond)
		c.Impl.OnShutdown(ctx, func() error { ran.Store(true); close(last); return nil })
		play.Wait(last, time.Second)
		next.Store(ran.Load())
		return nil
	}, 100*time.Millisecond, 0)
	c.expect(ran.Load(), "SIGTERM comes, hooks run, main registers another and returns, and that has not run when Run returns %s", quote(err))
	c.expect(next.Load() || !ran.Load(), "SIGTERM comes, hooks run, main registers another, and that does not begin while main waits for it for a second")
}

// ChainOfHooks checks HOOK-4: hooks that each register the next all run, however many.
func ChainOfHooks(c *Checker) {
	const hooks = 1000
	c.bubble(func() {
		ran := 0
		err := c.Impl.Run(func(ctx context.Context) error {
			var hook func() error
			hook = func() error {
				if ran++; ran < hooks {
					c.Impl.OnShutdown(ctx, hook)
				}
				return nil
			}
			c.Impl.OnShutdown(ctx, hook)
			return nil
		}, 0, 0)
		c.expect(err == nil && ran == hooks, "of %d hooks, each registered by the one before, %d have run; Run returns %v, want nil", hooks, ran, err)
	})
}
