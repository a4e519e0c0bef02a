package broken

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
)

// eachWayCases are right for most ways to do a thing, and wrong for one: for one way to
// fail, one kind of call, one context, or from the third on.
func eachWayCases() []Case {
	return slices.Concat(eachEndCases(), eachHookCases(), eachRecordCases(), eachProbeCases())
}

// eachEndCases are wrong about one way in which main, a task or a run ends.
func eachEndCases() []Case {
	return []Case{
		wrong("with WithCleanError a clean end is not logged", "RUN-7", func(i *impl) {
			onSettings(i, func(s *settings) {
				if log := s.Log; log != nil && s.CleanError != nil {
					s.Log = func(level, line string) {
						if level != "DEBUG" {
							log(level, line)
						}
					}
				}
			})
		}),
		wrong("a clean end that is several errors is logged at Info", "RUN-7", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if level == "DEBUG" && strings.Contains(line, "\n") {
					level = "INFO"
				}
				log(level, line)
			})
		}),
		wrong("an error with the text of a clean one is clean", "RUN-7", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if ctx.Err() != nil && fmt.Sprintf("%T", err) == "*errors.errorString" && err.Error() == context.Canceled.Error() {
					return nil
				}
				return err
			})
		}),
		wrong("a task's error comes after that of the drain timeout", "RUN-6", func(i *impl) {
			onErrors(i, func(all []error) []error {
				drain := slices.IndexFunc(all, func(err error) bool { return errors.Is(err, lifecycle.ErrDrainTimeout) })
				if drain < 1 {
					return all
				}
				if _, task := all[drain-1].(*lifecycle.TaskError); task {
					all[drain-1], all[drain] = all[drain], all[drain-1]
				}
				return all
			})
		}),
		withoutTaskPlace("the cause after a task that panics does not name the task", func(err error) bool {
			_, panicked := err.(*lifecycle.PanicError)
			return panicked
		}),
		wrong("a task that fails in a nested run stops the run around it", "RUN-9", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				err := run(main, s)
				if s.Parent == nil || isForeign(s.Parent) || holdsItself(err, 0) != nil {
					return err
				}
				if task := (*lifecycle.TaskError)(nil); errors.As(err, &task) {
					lifecycle.Stop(s.Parent, nil)
				}
				return err
			})
		}),
		wrong("the exit code of a real-time signal is 1", "RUN-14", func(i *impl) {
			code := i.ExitCode
			i.ExitCode = func(err error) int {
				if number := code(err); number <= 128+31 {
					return number
				}
				return 1
			}
		}),
		wrong("with many requests their end is noticed late", "DRAIN-5", func(i *impl) {
			handler, requests := i.Handler, notes[atomic.Int64](i)
			i.Handler = func(ctx context.Context, next http.Handler) http.Handler {
				if blameForeign(ctx, place(1)) {
					return next
				}
				n := requests(ctx)
				return handler(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					late := n.Add(1) > 60
					next.ServeHTTP(w, r)
					if state := i.State(ctx); late && state != "hooks" && state != "stopped" {
						time.Sleep(30 * time.Millisecond)
					}
				}))
			}
		}),
	}
}

// eachHookCases are wrong about one of several hooks, or one kind.
func eachHookCases() []Case {
	type inHook struct{}
	return []Case{
		wrong("the errors of the third hook that panics and those after it do not name their call sites", "HOOK-2", func(i *impl) {
			onErrors(i, func(all []error) []error {
				panics := 0
				for n, err := range all {
					hook, ok := err.(*lifecycle.HookError)
					if !ok {
						continue
					}
					if _, panicked := hook.Err.(*lifecycle.PanicError); panicked {
						if panics++; panics > 2 {
							all[n] = hook.Err
						}
					}
				}
				return all
			})
		}),
		wrong("the error of a hook does not name its call site if another has failed", "HOOK-2", func(i *impl) {
			onErrors(i, func(all []error) []error {
				failed := false
				for n, err := range all {
					if hook, ok := err.(*lifecycle.HookError); ok && !errors.Is(hook.Err, lifecycle.ErrShutdownTimeout) {
						if failed {
							all[n] = &lifecycle.HookError{Err: hook.Err}
						}
						failed = true
					}
				}
				return all
			})
		}),
		wrong("what an interrupted hook returns is not logged if it wraps context.Canceled", "HOOK-3", func(i *impl) {
			onHookEnd(i, func(ctx, own context.Context, o outcome) error {
				if own.Err() != nil && i.State(ctx) == "stopped" && holdsItself(o.err, 0) == nil && errors.Is(o.err, context.Canceled) {
					return nil
				}
				return o.again()
			})
		}),
		wrong("the context of a hook registered after stopped has no values if it has a timeout", "HOOK-5", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				inner := hook
				if hook != nil && timeout > 0 && i.State(ctx) == "stopped" {
					inner = func(own context.Context) error {
						deadline, _ := own.Deadline()
						bare, cancel := context.WithDeadlineCause(context.Background(), deadline, context.Cause(own))
						defer cancel()
						return hook(bare)
					}
				}
				register(ctx, inner, timeout, place(1))
			}
		}),
		wrong("the context of the third hook that is abandoned lives on", "HOOK-6", func(i *impl) {
			abandoned := notes[atomic.Int64](i)
			onHook(i, func(ctx context.Context, hook task, takesContext bool) task {
				if !takesContext {
					return hook
				}
				return func(own context.Context) error {
					n := abandoned(ctx)
					defer func() {
						if own.Err() != nil {
							n.Add(1)
						}
					}()
					if n.Load() < 2 {
						return hook(own)
					}
					return hook(hasDeadlineOf{context.WithoutCancel(own), own})
				}
			})
		}),
		wrong("the error that Run has returned tells of hooks that return later", "HOOK-8", func(i *impl) {
			late := notes[atomic.Bool](i)
			onHookEnd(i, func(ctx, own context.Context, o outcome) error {
				if own.Err() != nil {
					late(ctx).Store(true)
				}
				return o.again()
			})
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || isPlay(s) {
					return run(main, s)
				}
				var returned *atomic.Bool
				err := run(func(ctx context.Context) error {
					returned = late(ctx)
					return main(ctx)
				}, s)
				if returned == nil || !i.Is(err, model.ShutdownTimeout) {
					return err
				}
				return growing{err, returned}
			})
		}),
		wrong("Track with the context of a hook is refused in silence", "DRAIN-3", func(i *impl) {
			track, refused := i.Track, refusedAt(i)
			onHook(i, func(_ context.Context, hook task, takesContext bool) task {
				if !takesContext {
					return hook
				}
				return func(own context.Context) error { return hook(context.WithValue(own, inHook{}, true)) }
			})
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				if state := i.State(ctx); state != "hooks" && state != "stopped" {
					return track(ctx)
				}
				if ctx.Value(inHook{}) == nil {
					refused(ctx, place(1))
				}
				return func() {}, false
			}
		}),
	}
}

// growing is an error whose text grows.
type growing struct {
	error
	grown *atomic.Bool
}

// Error is longer once the error has grown.
func (g growing) Error() string {
	if g.grown.Load() {
		return g.error.Error() + ", which has returned since"
	}
	return g.error.Error()
}

// Unwrap returns the error.
func (g growing) Unwrap() error { return g.error }

// eachRecordCases are wrong about the records of one level.
func eachRecordCases() []Case {
	return []Case{
		wrong("the record of a clean end has no time", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if r.Level == slog.LevelDebug {
					r.Time = time.Time{}
				}
				write(r)
			})
		}),
		wrong("a logger that is enabled for errors only gets warnings", "LOG-1", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Logger != nil {
					s.Logger = slog.New(warned{s.Logger.Handler()})
				}
			})
		}),
	}
}

// warned is a slog.Handler that is given every warning, enabled or not.
type warned struct{ slog.Handler }

// Enabled is true for warnings too.
func (h warned) Enabled(ctx context.Context, level slog.Level) bool {
	return level == slog.LevelWarn || h.Handler.Enabled(ctx, level)
}

// eachProbeCases are wrong about one call, or one kind of check, while a probe is under way.
func eachProbeCases() []Case {
	return []Case{
		wrong("SetNotReady is not seen by a probe that is under way", "HEALTH-5", func(i *impl) {
			onHealth(i, func(h *funcs) {
				n, setReady, setNotReady := probing(h), h.SetReady, h.SetNotReady
				var mu sync.Mutex
				var later func()
				set := func(do func(), wait bool) {
					mu.Lock()
					defer mu.Unlock()
					later = nil
					if wait && n.Load() > 0 {
						later = do
						return
					}
					do()
				}
				h.SetReady = func(ready bool) { set(func() { setReady(ready) }, false) }
				h.SetNotReady = func(reason string) { set(func() { setNotReady(reason) }, true) }
				counted := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					counted.ServeHTTP(w, r)
					mu.Lock()
					defer mu.Unlock()
					if later != nil && n.Load() == 0 {
						later()
						later = nil
					}
				})
			})
		}),
		wrong("an observer of checks that calls SetReady waits for itself", "HEALTH-14", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				var mu sync.Mutex
				if observe := s.Observe; observe != nil {
					s.Observe = func(check string, err error, at time.Time) {
						mu.Lock()
						defer mu.Unlock()
						observe(check, err, at)
					}
				}
				return func(h *funcs) { h.SetReady = underLock(&mu, h.SetReady) }
			})
		}),
		wrong("a logger of a handler that calls SetReady waits for itself", "HEALTH-14", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				var mu sync.Mutex
				if log := s.Log; log != nil {
					s.Log = func(level, line string) {
						mu.Lock()
						defer mu.Unlock()
						log(level, line)
					}
				}
				return func(h *funcs) { h.SetReady = underLock(&mu, h.SetReady) }
			})
		}),
		wrong("a check that has waited for its turn has three quarters of its timeout", "HEALTH-10", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					add(name, func(ctx context.Context) error {
						deadline, _ := ctx.Deadline()
						if waited := s.Timeout - time.Until(deadline); s.Timeout > 0 && waited > 100*time.Millisecond {
							early, cancel := context.WithDeadline(ctx, deadline.Add(-s.Timeout/4))
							defer cancel()
							ctx = early
						}
						return check(ctx)
					}, s)
				}
			})
		}),
		wrong("a probe under way waits for an optional check that is removed", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var underWay sync.Map // the optional checks that run, by name
				var removed atomic.Int64
				add, remove, readiness := h.AddCheckContext, h.RemoveCheck, h.Readiness
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil || !s.Optional {
						add(name, check, s)
						return
					}
					add(name, func(ctx context.Context) error {
						underWay.Store(name, true)
						defer underWay.Delete(name)
						return check(ctx)
					}, s)
				}
				h.RemoveCheck = func(name string) {
					if _, runs := underWay.Load(name); runs {
						removed.Add(1)
					}
					remove(name)
				}
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					before := removed.Load()
					readiness.ServeHTTP(w, r)
					if removed.Load() != before {
						time.Sleep(100 * time.Millisecond)
					}
				})
			})
		}),
	}
}

// underLock calls f under a lock.
func underLock(mu *sync.Mutex, f func(ready bool)) func(ready bool) {
	return func(ready bool) {
		mu.Lock()
		defer mu.Unlock()
		f(ready)
	}
}
