package broken

import (
	"context"
	"errors"
	"math"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// countedCases are wrong about the last of many: a signal, a hook, a unit, or the last
// duration that can be said.
func countedCases() []Case {
	return []Case{
		wrongPlain("main is called again if it fails at once", "RUN-1", func(i *impl) {
			beforeMain(i, func(ctx context.Context, main task) error {
				began := time.Now()
				err := main(ctx)
				if err != nil && time.Since(began) == 0 {
					return main(ctx)
				}
				return err
			})
		}).mayBreak("RUN-9"), // a run in which main is called again
		wrong("a signal stops at most three runs", "RUN-9", func(i *impl) {
			var running atomic.Int64
			onRun(i, func(main task, s settings, run runner) error {
				if s.Signals == nil {
					defer running.Add(-1)
					if running.Add(1) > 3 {
						s.Signals = make(chan os.Signal)
					}
				}
				return run(main, s)
			})
		}),
		wrong("a signal stops only the run that began last", "RUN-9", func(i *impl) {
			var mu sync.Mutex
			var running []*settings
			onRun(i, func(main task, s settings, run runner) error {
				if s.Signals != nil {
					return run(main, s)
				}
				source, release := ownSignals(os.Interrupt, syscall.SIGTERM)
				defer release()
				mu.Lock()
				running = append(running, &s)
				mu.Unlock()
				defer func() {
					mu.Lock()
					defer mu.Unlock()
					running = slices.DeleteFunc(running, func(other *settings) bool { return other == &s })
				}()
				out, over := make(chan os.Signal, 64), make(chan struct{})
				defer close(over)
				go forward(source, over, func(sig os.Signal) {
					mu.Lock()
					defer mu.Unlock()
					if len(running) > 0 && running[len(running)-1] == &s {
						out <- sig
					}
				}, func() {})
				own := s
				own.Signals = out
				return run(main, own)
			})
		}),
		wrong("a run that a hook begins hears no signal", "RUN-9", func(i *impl) {
			var hooks atomic.Int64
			isPlayed := played(i)
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				if isPlayed(ctx) {
					return hook
				}
				return func(own context.Context) error {
					hooks.Add(1)
					defer hooks.Add(-1)
					return hook(own)
				}
			})
			onSettings(i, func(s *settings) {
				if s.Signals == nil && hooks.Load() > 0 {
					s.Signals = make(chan os.Signal)
				}
			})
		}),
		wrong("signals are still caught where main has not returned", "SIG-3", func(i *impl) {
			caught := make(chan os.Signal, 1)
			onRun(i, func(main task, s settings, run runner) error {
				err := run(main, s)
				if s.Signals == nil && errors.Is(err, lifecycle.ErrMainRunning) {
					signal.Notify(caught, os.Interrupt, syscall.SIGTERM)
				}
				return err
			})
		}),
		wrongAfterSignal("after a signal at most a hundred hooks are registered", "HOOK-7", func(i *impl, signalled func(context.Context) bool) {
			var hooks atomic.Int64
			onShutdown := i.OnShutdown
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if !signalled(ctx) || hooks.Add(1)%200 <= 100 {
					onShutdown(ctx, hook)
				}
			}
		}),
		wrongAfterSignal("after a signal hooks that are registered when main is back are lost", "HOOK-4", func(i *impl, signalled func(context.Context) bool) {
			type mainKey struct{}
			beforeMain(i, func(ctx context.Context, main task) error {
				back := new(atomic.Bool)
				defer back.Store(true)
				return main(context.WithValue(ctx, mainKey{}, back))
			})
			onShutdown := i.OnShutdown
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if back, _ := ctx.Value(mainKey{}).(*atomic.Bool); back == nil || !back.Load() || !signalled(ctx) {
					onShutdown(ctx, hook)
				}
			}
		}).mayBreak("HOOK-2 HOOK-3"), // a life in which the hook before fails cannot tell
		wrongAfterSignal("after a signal a goroutine stays for ten seconds", "RUN-10", func(i *impl, signalled func(context.Context) bool) {
			beforeMain(i, func(ctx context.Context, main task) error {
				context.AfterFunc(ctx, func() {
					if signalled(ctx) {
						time.Sleep(10 * time.Second)
					}
				})
				return main(ctx)
			})
		}),
		wrong("Track counts a unit though draining has ended since it looked", "DRAIN-3", func(i *impl) {
			track := i.Track
			i.Track = func(ctx context.Context) (done func(), ok bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				state := i.State(ctx)
				done, ok = track(ctx)
				return done, ok || state == "running" || state == "draining"
			}
		}),
		wrong("256 units are none", "DRAIN-1 DRAIN-2", func(i *impl) {
			type units struct {
				mu    sync.Mutex
				dones []func()
			}
			of := notes[units](i)
			track := i.Track
			i.Track = func(ctx context.Context) (done func(), ok bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				done, ok = track(ctx)
				u := of(ctx)
				u.mu.Lock()
				defer u.mu.Unlock()
				if u.dones = append(u.dones, done); len(u.dones) == 1<<8 {
					for _, done := range u.dones {
						done()
					}
				}
				return done, ok
			}
		}).mayBreak("DRAIN-8"),
		wrong("256 requests to Handler are none", "HTTP-4", func(i *impl) {
			handler := i.Handler
			i.Handler = func(ctx context.Context, next http.Handler) http.Handler {
				var under atomic.Int64
				none := make(chan struct{})
				forget := sync.OnceFunc(func() { close(none) })
				return handler(ctx, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					over := make(chan outcome, 1)
					if under.Add(1) == 1<<8 {
						forget()
					}
					go func() {
						defer under.Add(-1)
						over <- contained(func() error { next.ServeHTTP(w, req); return nil })
					}()
					select {
					case o := <-over:
						_ = o.again()
					case <-none:
					}
				}))
			}
		}).mayBreak("DRAIN-2"),
		wrong("where requests were cut and hooks time out Run returns late", "HOOK-3", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				err := run(main, s)
				if e := (*lifecycle.DrainTimeoutError)(nil); holdsItself(err, 0) == nil && errors.As(err, &e) && e.Requests > 0 && errors.Is(err, lifecycle.ErrShutdownTimeout) {
					time.Sleep(100 * time.Millisecond)
				}
				return err
			})
		}),
		wrong("beyond 4096 hooks those that are registered are lost", "HOOK-1", func(i *impl) {
			hooks := notes[atomic.Int64](i)
			onRegister(i, func(ctx context.Context, register func()) {
				if hooks(ctx).Add(1) <= 4096 {
					register()
				}
			})
		}),
		wrong("the 65th hook that is registered while hooks run is lost", "HOOK-4", func(i *impl) {
			hooks := notes[atomic.Int64](i)
			onRegister(i, func(ctx context.Context, register func()) {
				if isForeign(ctx) || i.State(ctx) != "hooks" || hooks(ctx).Add(1) <= 64 {
					register()
				}
			})
		}),
		wrong("beside an observer the context of a hook that is interrupted ends late", "HOOK-3", func(i *impl) {
			type observed struct{ is bool }
			of := notes[observed](i)
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || s.Observe == nil || isPlay(s) {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					of(ctx).is = true
					return main(ctx)
				}, s)
			})
			onHook(i, func(ctx context.Context, hook task, takesContext bool) task {
				return func(own context.Context) error {
					if !of(ctx).is || !takesContext {
						return hook(own)
					}
					late, cancel := context.WithCancelCause(context.WithoutCancel(own))
					defer cancel(nil)
					context.AfterFunc(own, func() {
						time.Sleep(100 * time.Millisecond)
						cancel(context.Cause(own))
					})
					return hook(late)
				}
			})
		}),
		wrong("an error of main that wraps a hundred others is not clean", "RUN-7", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				depth := 0
				for err := o.err; err != nil && depth <= 100; err = errors.Unwrap(err) {
					depth++
				}
				if depth > 100 {
					return errors.New("an error that wraps too many")
				}
				return o.again()
			})
		}).mayBreak("RUN-6"),
		wrong("the longest timeout of a check overflows, but for a new handler", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				began, add := time.Now(), h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					add(name, func(ctx context.Context) error {
						if s.Timeout > math.MaxInt64-time.Since(began) {
							return errors.New("timed out")
						}
						return check(ctx)
					}, s)
				}
			})
		}),
		wrong("the longest timeout of a hook is a deadline that has passed", "HOOK-6", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				if next := hook; next != nil && timeout == math.MaxInt64 {
					hook = func(own context.Context) error { return next(pastDeadline{own}) }
				}
				register(ctx, hook, timeout, place(1))
			}
		}),
	}
}

// pastDeadline is a context whose deadline has passed, by what it says.
type pastDeadline struct{ context.Context }

// Deadline is in the past.
func (pastDeadline) Deadline() (time.Time, bool) { return time.Unix(0, 0), true }
