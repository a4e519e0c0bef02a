package broken

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/plain"
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
		wrongAfterSignal("after a signal main is waited for until the next", "DRAIN-4", func(i *impl, _ func(context.Context) bool) {
			beforeMain(i, func(ctx context.Context, main task) error {
				heard, over := make(chan os.Signal, 2), make(chan outcome, 1)
				signal.Notify(heard, syscall.SIGTERM)
				defer signal.Stop(heard)
				go func() { over <- contained(func() error { return main(ctx) }) }()
				for signals := 0; signals < 2; {
					select {
					case o := <-over:
						return o.again()
					case <-heard:
						signals++
					}
				}
				return nil
			})
		}).mayBreak("RUN-6 RUN-11"), // what main returns after that is lost
		wrongAfterSignal("after a signal context.DeadlineExceeded is a clean end", "RUN-6", func(i *impl, signalled func(context.Context) bool) {
			beforeMain(i, func(ctx context.Context, main task) error {
				if err := main(ctx); !signalled(ctx) || err != context.DeadlineExceeded {
					return err
				}
				return nil
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
			afterRun(i, func(ctx context.Context, _ error) {
				if signalled(ctx) {
					time.Sleep(300 * time.Millisecond)
				}
			})
		}),
		wrongAfterSignal("after a signal Run does not return", "STATE-2", func(i *impl, signalled func(context.Context) bool) {
			afterRun(i, func(ctx context.Context, _ error) {
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
		wrongAfterSignal("after a signal DrainGroup hangs in a hook", "HOOK-7", func(i *impl, signalled func(context.Context) bool) {
			group := i.DrainGroup
			onPlainHook(i, func(s *stopping, hook func() error) error {
				s.hooks.Add(1)
				defer s.hooks.Add(-1)
				return hook()
			})
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				if s, ok := ctx.Value(stoppingKey{}).(*stopping); ok && s.hooks.Load() > 0 && signalled(ctx) {
					time.Sleep(20 * time.Second)
				}
				return group(ctx)
			}
		}),
		wrongAfterSignal("after a signal a hook is lost that is registered when the others have run", "HOOK-4", func(i *impl, signalled func(context.Context) bool) {
			var ran sync.Map
			onPlainHook(i, func(s *stopping, hook func() error) error {
				defer ran.Store(s, true)
				return hook()
			})
			register := i.OnShutdown
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				s, _ := ctx.Value(stoppingKey{}).(*stopping)
				if _, over := ran.Load(s); !over || !signalled(ctx) {
					register(ctx, hook)
				}
			}
		}),
		wrongAfterSignal("after a signal a hook waits for main that is registered when the others have run", "HOOK-4", func(i *impl, signalled func(context.Context) bool) {
			var ran sync.Map
			onPlainHook(i, func(s *stopping, hook func() error) error {
				defer ran.Store(s, true)
				return hook()
			})
			register := i.OnShutdown
			beforeMain(i, func(ctx context.Context, main task) error {
				over := make(chan struct{})
				defer close(over)
				return main(context.WithValue(ctx, waitingKey{}, over))
			})
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				s, _ := ctx.Value(stoppingKey{}).(*stopping)
				over, _ := ctx.Value(waitingKey{}).(chan struct{})
				if _, others := ran.Load(s); others && over != nil && signalled(ctx) {
					register(ctx, func() error { <-over; return hook() })
					return
				}
				register(ctx, hook)
			}
		}),
		wrongAfterSignal("after a signal main is waited for anew when the hooks have run", "RUN-11", func(i *impl, signalled func(context.Context) bool) {
			var hooks atomic.Int64 // the time that they took
			onPlainHook(i, func(s *stopping, hook func() error) error {
				began := time.Now()
				defer func() { hooks.Add(int64(time.Since(began))) }()
				return hook()
			})
			afterRun(i, func(ctx context.Context, err error) {
				took := time.Duration(hooks.Swap(0))
				if signalled(ctx) && errors.Is(err, plain.ErrMainRunning) {
					time.Sleep(took)
				}
			})
		}).mayBreak("HOOK-3"), // of one that is interrupted
		wrongAfterSignal("after a signal and a drain timeout a goroutine stays", "RUN-10", func(i *impl, signalled func(context.Context) bool) {
			afterRun(i, func(ctx context.Context, err error) {
				if signalled(ctx) && errors.Is(err, plain.ErrDrainTimeout) {
					go time.Sleep(10 * time.Second)
				}
			})
		}),
		wrongAfterSignal("after a run that a signal has stopped, the other signal is still caught", "SIG-3", func(i *impl, signalled func(context.Context) bool) {
			kept := make(chan os.Signal, 1)
			afterRun(i, func(ctx context.Context, err error) {
				if heard, ok := ctx.Value(signalsKey{}).(chan os.Signal); ok && len(heard) > 0 {
					other := map[os.Signal]os.Signal{os.Interrupt: syscall.SIGTERM, syscall.SIGTERM: os.Interrupt}
					signal.Notify(kept, other[<-heard])
				}
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
	hooks           atomic.Int64              // that are running
	late            sync.Once
}

type (
	stoppingKey struct{}
	waitingKey  struct{}
)

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

// afterRun has f called, with main's context and its result, before Run returns.
func afterRun(i *impl, f func(ctx context.Context, err error)) {
	run := i.Run
	i.Run = func(main task, drain, shutdown time.Duration) error {
		var mains atomic.Value
		err := run(func(ctx context.Context) error {
			mains.Store(struct{ context.Context }{ctx})
			return main(ctx)
		}, drain, shutdown)
		if c, ok := mains.Load().(struct{ context.Context }); ok {
			f(c.Context, err)
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
