package checks

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// hooksText is the text of a failing hook's error or panic, where it has one.
const hooksText = "failure of the hook"

// hookFailures are the ways in which a hook fails, or a task.
var hookFailures = map[string]func() error{
	"returns an error":     func() error { return errors.New(hooksText) },
	"panics":               func() error { panic(hooksText) },
	"panics with an error": func() error { panic(errors.New(hooksText)) },
	"panics with nil":      func() error { panic(nil) },
	"calls Goexit":         func() error { runtime.Goexit(); return nil },
}

// HookPlace checks HOOK-2: the error names the place that registered the hook, however
// the hook fails. That of the failure is another.
func HookPlace(c *Checker) {
	for how, fail := range hookFailures {
		c.bubble(func() {
			var place callSite
			err := c.run(func(ctx context.Context) error {
				place = here(1)
				c.Impl.OnShutdown(ctx, fail)
				return nil
			}, subject.Settings{})
			c.expect(err != nil && place.isIn(err.Error()), "a hook %s, and Run returns %v, want an error that names %s", how, err, place)
		})
		c.bubble(func() {
			var place callSite
			err := c.run(func(ctx context.Context) error {
				c.Impl.OnShutdown(ctx, func() error {
					place = here(1)
					c.Impl.OnShutdown(ctx, fail)
					return nil
				})
				return nil
			}, subject.Settings{})
			c.expect(err != nil && place.isIn(err.Error()), "a hook that a hook registers %s, and Run returns %v, want an error that names %s", how, err, place)
		})
	}
}

// EachHookPlace checks HOOK-2: of hooks that fail in one run, each is named by the call site
// that registered it, whichever of them it is, and however it and the others fail.
func EachHookPlace(c *Checker) {
	const hooks = 5
	c.mayBeOf("RUN-6") // which has every error in the result
	ways := maps.Clone(hookFailures)
	for what, err := range unusualErrors() {
		ways["returns an error "+what] = func() error { return err }
	}
	plainly := hookFailures["returns an error"]
	for how, fail := range ways {
		for one := range hooks {
			for _, others := range []func() error{fail, plainly, func() error { return nil }} {
				c.bubble(func() {
					var place callSite
					err := c.run(func(ctx context.Context) error {
						for n := range hooks {
							if n != one {
								c.Impl.OnShutdown(ctx, others)
								continue
							}
							place = here(1)
							c.Impl.OnShutdown(ctx, fail)
						}
						return nil
					}, subject.Settings{})
					c.expect(err != nil && place.isIn(err.Error()), "of %d hooks, number %d %s, and Run returns %v, want an error that names its call site %s", hooks, hooks-one, how, err, place)
				})
			}
		}
	}
}

// AbandonedHookPlace checks HOOK-6: the error of a hook that is abandoned names a place.
// It may be an adapter's that registered the hook.
func AbandonedHookPlace(c *Checker) {
	hang := func(own context.Context) error { play.Wait(own.Done(), time.Hour); return nil }
	for what, register := range map[string]func(ctx context.Context){
		"a hook": func(ctx context.Context) { c.Impl.OnShutdownContext(ctx, hang, time.Second) },
		"a hook that a hook registers": func(ctx context.Context) {
			c.Impl.OnShutdown(ctx, func() error { c.Impl.OnShutdownContext(ctx, hang, time.Second); return nil })
		},
	} {
		c.bubble(func() {
			err := c.run(func(ctx context.Context) error { register(ctx); return nil }, subject.Settings{})
			c.expect(err != nil && anywhere.isIn(err.Error()), "%s exceeds its timeout, and Run returns %v, want an error that names the call site that registered it", what, err)
		})
	}
}

// InterruptedAmongLate checks HOOK-3: the error names hooks too that were registered
// while hooks run, by a hook or beside one, and have not run.
func InterruptedAmongLate(c *Checker) {
	c.bubble(func() {
		release := make(chan struct{})
		var before, byFirst, hangs, byRunning, beside callSite
		ran := map[string]bool{}
		notes := func(what string) func() error { return func() error { ran[what] = true; return nil } }
		err := c.run(func(ctx context.Context) error {
			before = here(1)
			c.Impl.OnShutdown(ctx, notes("one that is registered before"))
			c.Impl.OnShutdown(ctx, func() error {
				byFirst = here(1)
				c.Impl.OnShutdown(ctx, notes("one that the first hook registers"))
				hangs = here(1)
				c.Impl.OnShutdown(ctx, func() error {
					byRunning = here(1)
					c.Impl.OnShutdown(ctx, notes("one that the running hook registers"))
					time.AfterFunc(time.Second, func() {
						beside = here(1)
						c.Impl.OnShutdown(ctx, notes("one that is registered beside it"))
					})
					<-release
					return nil
				})
				return nil
			})
			return nil
		}, subject.Settings{})
		close(release)
		for what, place := range map[string]callSite{"one that is registered before": before, "one that the first hook registers": byFirst, "the one that hangs": hangs, "one that the running hook registers": byRunning, "one that is registered beside it": beside} {
			c.expect(err != nil && (ran[what] || place.isIn(err.Error())), "a hook hangs, and Run returns %v, which does not name %s, of %s", err, place, what)
		}
	})
}

// LateHookIsLogged checks HOOK-4: a hook registered after stopped that fails is logged,
// however it fails: there is a line that a hook that does not fail does not cause.
func LateHookIsLogged(c *Checker) {
	for how, fail := range hookFailures {
		c.bubble(func() {
			log := &logbook{}
			var run context.Context
			_ = c.run(func(ctx context.Context) error { run = ctx; return nil }, subject.Settings{Log: log.log})
			late := func(hook func() error) (from int) {
				from = log.count()
				over := make(chan struct{})
				go func() {
					defer close(over)
					c.Impl.OnShutdown(run, hook)
				}()
				<-over
				time.Sleep(time.Second)
				return from
			}
			known := map[string]bool{}
			for _, line := range log.after(late(func() error { return nil })) {
				known[withoutNumbers(line)] = true
			}
			logged := log.after(late(fail))
			isNew := func(line string) bool { return !known[withoutNumbers(line)] }
			c.expect(slices.ContainsFunc(logged, isNew), "a late hook %s, and the log is as for one that does not fail:\n%s", how, log)
			if how != "panics with nil" && how != "calls Goexit" {
				c.expectLog(log, hooksText)
			}
		})
	}
}

// UnusualHookErrors checks HOOK-2. It has hooks return unusual errors: each is an error,
// and no other hook is lost.
func UnusualHookErrors(c *Checker) {
	c.mayBeOf("HOOK-1")
	for what, mine := range unusualErrors() {
		c.bubble(func() {
			hooks := 0
			err := c.Impl.Run(func(ctx context.Context) error {
				for n := range 3 {
					c.Impl.OnShutdown(ctx, func() error {
						hooks++
						if n == 1 {
							return mine
						}
						return nil
					})
				}
				return nil
			}, 0, 0)
			c.expect(err != nil && hooks == 3, "a hook returns an error %s, and %d of 3 hooks run; Run returns an error: %t, want true", what, hooks, err != nil)
		})
	}
}
