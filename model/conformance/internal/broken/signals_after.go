package broken

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// afterSignalCases go wrong after a real signal only. They offer no source of
// signals, so only lives in real time can show it.
func afterSignalCases() []Case {
	return []Case{
		wrongAfterSignal("after a signal the context is cancelled a second late", "SIG-1", func(i *impl, signalled func(context.Context) bool) {
			beforeMain(i, func(ctx context.Context, main task) error {
				late, cancel := context.WithCancel(context.WithoutCancel(ctx))
				context.AfterFunc(ctx, func() {
					if signalled(ctx) {
						time.Sleep(time.Second)
					}
					cancel()
				})
				return main(late)
			})
		}),
		wrongAfterSignal("after a signal main's error is lost", "RUN-6", func(i *impl, signalled func(context.Context) bool) {
			beforeMain(i, func(ctx context.Context, main task) error {
				if err := main(ctx); !signalled(ctx) {
					return err
				}
				return nil
			})
		}),
		wrongAfterSignal("after a signal drain groups are not waited for", "DRAIN-1", func(i *impl, signalled func(context.Context) bool) {
			group := i.DrainGroup
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				known, own := group(ctx), new(sync.WaitGroup)
				known.Add(1)
				context.AfterFunc(ctx, func() {
					defer known.Done()
					if !signalled(ctx) {
						defer func() { _ = recover() }() // of a group that is used again
						own.Wait()
					}
				})
				return own
			}
		}).mayBreak("DRAIN-2 DRAIN-3"), // nothing is left that the drain timeout could cut
		wrongAfterSignal("after a signal Run returns late", "STATE-2", func(i *impl, signalled func(context.Context) bool) {
			afterRun(i, func(ctx context.Context) {
				if signalled(ctx) {
					time.Sleep(300 * time.Millisecond)
				}
			})
		}),
		wrongAfterSignal("after a signal Run does not return", "STATE-2", func(i *impl, signalled func(context.Context) bool) {
			afterRun(i, func(ctx context.Context) {
				if signalled(ctx) {
					time.Sleep(time.Hour)
				}
			})
		}),
		wrongAfterSignal("after a signal no hook is run", "HOOK-1", func(i *impl, signalled func(context.Context) bool) {
			onPlainHook(i, func(s *stopping, hook func() error) error {
				if signalled(s.ctx) {
					return nil
				}
				return hook()
			})
		}),
		wrongAfterSignal("after a signal a hook that was given up ends the process", "HOOK-8", func(i *impl, signalled func(context.Context) bool) {
			onPlainHook(i, func(s *stopping, hook func() error) error {
				defer func() {
					if signalled(s.ctx) && s.over.Load() {
						os.Exit(3)
					}
				}()
				return hook()
			})
		}),
		wrongAfterSignal("after a signal the drain timeout counts from main's return", "DRAIN-2", func(i *impl, signalled func(context.Context) bool) {
			onPlainHook(i, func(s *stopping, hook func() error) error {
				s.late.Do(func() {
					cancelled, back := s.cancelled.Load(), s.back.Load()
					if signalled(s.ctx) && cancelled != nil && back != nil && time.Since(*cancelled) >= s.drain {
						time.Sleep(back.Sub(*cancelled))
					}
				})
				return hook()
			})
		}),
	}
}

// stopping is how far a run has come.
type stopping struct {
	ctx             context.Context // main's
	drain           time.Duration
	cancelled, back atomic.Pointer[time.Time] // when the context was, and main
	over            atomic.Bool               // Run has returned
	late            sync.Once
}

type stoppingKey struct{}

// onPlainHook has f called in place of each hook.
func onPlainHook(i *impl, f func(s *stopping, hook func() error) error) {
	run, register := i.Run, i.OnShutdown
	i.Run = func(main task, drain, shutdown time.Duration) error {
		s := &stopping{drain: drain}
		defer s.over.Store(true)
		return run(func(ctx context.Context) error {
			s.ctx = context.WithValue(ctx, stoppingKey{}, s)
			defer context.AfterFunc(ctx, func() { s.cancelled.CompareAndSwap(nil, now()) })()
			defer func() {
				s.back.Store(now())
				if ctx.Err() != nil {
					s.cancelled.CompareAndSwap(nil, s.back.Load())
				}
			}()
			return main(s.ctx)
		}, drain, shutdown)
	}
	i.OnShutdown = func(ctx context.Context, hook func() error) {
		s, _ := ctx.Value(stoppingKey{}).(*stopping)
		if s == nil {
			register(ctx, hook)
			return
		}
		register(ctx, func() error { return f(s, hook) })
	}
}

func now() *time.Time {
	at := time.Now()
	return &at
}

// afterRun has f called, with main's context, before Run returns.
func afterRun(i *impl, f func(ctx context.Context)) {
	run := i.Run
	i.Run = func(main task, drain, shutdown time.Duration) error {
		var mains atomic.Value
		err := run(func(ctx context.Context) error {
			mains.Store(struct{ context.Context }{ctx})
			return main(ctx)
		}, drain, shutdown)
		if c, ok := mains.Load().(struct{ context.Context }); ok {
			f(c.Context)
		}
		return err
	}
}

type signalsKey struct{}

// wrongAfterSignal is wrongPlain for a change that asks whether the run of a context
// has had a signal.
func wrongAfterSignal(name, breaks string, change func(i *impl, signalled func(context.Context) bool)) Case {
	return wrongPlain(name, breaks, func(i *impl) {
		run := i.Run
		i.Run = func(main task, drain, shutdown time.Duration) error {
			heard := make(chan os.Signal, 1)
			signal.Notify(heard, os.Interrupt, syscall.SIGTERM)
			defer signal.Stop(heard)
			return run(func(ctx context.Context) error {
				return main(context.WithValue(ctx, signalsKey{}, heard))
			}, drain, shutdown)
		}
		change(i, func(ctx context.Context) bool {
			heard, _ := ctx.Value(signalsKey{}).(chan os.Signal)
			return len(heard) > 0
		})
	})
}

// beforeMain has f called in place of main, where there is no RunWith.
func beforeMain(i *impl, f func(ctx context.Context, main task) error) {
	run := i.Run
	i.Run = func(main task, drain, shutdown time.Duration) error {
		return run(func(ctx context.Context) error { return f(ctx, main) }, drain, shutdown)
	}
}
