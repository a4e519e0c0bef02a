package broken

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func hookEndCases() []Case {
	return []Case{
		wrong("the shutdown timeout is ignored", "RUN-11 HOOK-3", func(i *impl) {
			onSettings(i, func(s *settings) {
				if isPlay(*s) {
					s.Shutdown = 1e6 * time.Hour
				}
			})
		}).mayBreak("HOOK-4 HOOK-5").because("whatever is over when that timeout is over, is over later"),
		wrong("interrupted hooks are not reported as ErrShutdownTimeout", "HOOK-3", func(i *impl) {
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					var timeout *lifecycle.ShutdownTimeoutError
					if errors.As(err, &timeout) && (timeout.Running != "" || len(timeout.NotRun) > 0) {
						all[n] = errors.New("something went wrong")
					}
				}
				return all
			})
		}),
		wrong("the running hook is not named if no other is left", "HOOK-3", func(i *impl) {
			onShutdownTimeout(i, func(e *lifecycle.ShutdownTimeoutError) {
				if len(e.NotRun) == 0 {
					e.Running = ""
				}
			})
		}),
		wrong("the hook that has not run is not named if there is only one", "HOOK-3", func(i *impl) {
			onShutdownTimeout(i, func(e *lifecycle.ShutdownTimeoutError) {
				if len(e.NotRun) == 1 {
					e.NotRun = nil
				}
			})
		}),
		wrong("hooks that have not run are not named where several were registered at one call site", "HOOK-3", func(i *impl) {
			onShutdownTimeout(i, func(e *lifecycle.ShutdownTimeoutError) { e.NotRun = unrepeated(e.NotRun) })
		}),
		wrong("hooks that a signal keeps from running are not named if none has begun", "HOOK-3", func(i *impl) {
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					if errors.Is(err, lifecycle.ErrForced) && strings.Contains(err.Error(), "never ran") && !strings.Contains(err.Error(), "still running") {
						all[n] = lifecycle.ErrForced
					}
				}
				return all
			})
		}),
		wrong("after a signal hooks have half of the shutdown timeout", "HOOK-3 LOG-1 SIG-2", func(i *impl) {
			isPlayed, timeout := played(i), notes[time.Duration](i)
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil {
					return run(nil, s)
				}
				return run(func(ctx context.Context) error { *timeout(ctx) = s.Shutdown; return main(ctx) }, s)
			})
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					var signalled *lifecycle.SignalError
					half := *timeout(ctx) / 2
					if isPlayed(ctx) || half == 0 || !errors.As(context.Cause(ctx), &signalled) {
						return hook(own)
					}
					ended := make(chan outcome, 1)
					go func() { ended <- contained(func() error { return hook(own) }) }()
					select {
					case o := <-ended:
						return o.again()
					case <-time.After(half):
						return lifecycle.ErrShutdownTimeout
					}
				}
			})
		}),
		wrong("what an interrupted hook returns is not logged", "HOOK-3 HOOK-4", func(i *impl) {
			onHookEnd(i, func(ctx, own context.Context, o outcome) error {
				if i.State(ctx) == "stopped" && own.Err() != nil {
					return nil
				}
				return o.again()
			})
		}),
		wrong("the context of a hook is cancelled with main's", "HOOK-3 HOOK-5 HOOK-6 SIG-2", func(i *impl) {
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					if i.State(ctx) == "stopped" {
						return hook(own)
					}
					return hook(ctx)
				}
			})
		}).because("a hook that ends with its context, which is cancelled already, ends at once, whatever else would have ended it"),
		wrong("the context of a hook has no deadline", "HOOK-5", func(i *impl) {
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					if i.State(ctx) == "stopped" {
						return hook(own)
					}
					below, cancel := context.WithCancelCause(context.WithoutCancel(own))
					defer context.AfterFunc(own, func() { cancel(context.Cause(own)) })()
					return hook(below)
				}
			})
		}),
		wrong("the timeout of a hook is ignored", "HOOK-6", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				if i.State(ctx) != "stopped" {
					timeout = 0
				}
				register(ctx, hook, timeout, place(1))
			}
		}).mayBreak("HOOK-5"),
		wrong("a timeout of a hook that is less than a millisecond is ignored", "HOOK-6", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				if timeout < time.Millisecond {
					timeout = 0
				}
				register(ctx, hook, timeout, place(1))
			}
		}),
		wrong("a hook with a negative timeout is abandoned at once", "HOOK-6", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				if timeout < 0 {
					timeout = time.Nanosecond
				}
				register(ctx, hook, timeout, place(1))
			}
		}),
		wrong("the context of a hook registered after stopped has no values", "HOOK-5", func(i *impl) {
			onLateContext(i, func(own context.Context) (context.Context, context.CancelFunc) {
				deadline, _ := own.Deadline()
				return context.WithDeadlineCause(context.Background(), deadline, lifecycle.ErrShutdownTimeout)
			})
		}),
		wrong("the context of a hook registered after stopped has no deadline", "HOOK-5", func(i *impl) {
			onLateContext(i, func(own context.Context) (context.Context, context.CancelFunc) {
				return context.WithCancel(context.WithoutCancel(own))
			})
		}),
		wrong("a nil hook that takes a context is dropped", "RUN-8", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				if hook != nil {
					register(ctx, hook, timeout, place(1))
				}
			}
		}),
		wrong("the error of a hook that was abandoned counts", "HOOK-8", func(i *impl) {
			onHookEnd(i, func(ctx, own context.Context, o outcome) error {
				if own.Err() != nil && o.err != nil {
					i.Stop(ctx, o.err)
				}
				return o.again()
			})
		}),
		wrong("a context of no run panics", "HOOK-9", func(i *impl) {
			onRegister(i, func(ctx context.Context, register func()) {
				if i.State(ctx) == "" {
					panic("not a context of Run's")
				}
				register()
			})
		}),
		wrong("Handler does not report a context of no run", "HOOK-9", func(i *impl) {
			handler := i.Handler
			i.Handler = func(ctx context.Context, next http.Handler) http.Handler {
				if i.State(ctx) == "" {
					return next
				}
				return handler(ctx, next)
			}
		}),
		wrong("Serve with a context of no run returns nil", "HOOK-9", func(i *impl) {
			serve, listenAndServe := i.Serve, i.ListenAndServe
			i.Serve = func(ctx context.Context, srv *http.Server, ln net.Listener) error {
				if blameForeign(ctx, place(1)) {
					return nil
				}
				return serve(ctx, srv, ln)
			}
			i.ListenAndServe = func(ctx context.Context, srv *http.Server) error {
				if blameForeign(ctx, place(1)) {
					return nil
				}
				return listenAndServe(ctx, srv)
			}
		}),
	}
}

// onShutdownTimeout has f change the error of a shutdown timeout.
func onShutdownTimeout(i *impl, f func(e *lifecycle.ShutdownTimeoutError)) {
	onErrors(i, func(all []error) []error {
		for n, err := range all {
			if timeout, ok := err.(*lifecycle.ShutdownTimeoutError); ok {
				changed := *timeout
				f(&changed)
				all[n] = &changed
			}
		}
		return all
	})
}

// onLateContext has f make the context of each hook that is registered after
// the end, of the one that it would be given.
func onLateContext(i *impl, f func(own context.Context) (context.Context, context.CancelFunc)) {
	isPlayed := played(i)
	onHook(i, func(ctx context.Context, hook task, takesContext bool) task {
		if !takesContext || isPlayed(ctx) || i.State(ctx) != "stopped" {
			return hook
		}
		return func(own context.Context) error {
			below, cancel := f(own)
			defer cancel()
			return hook(below)
		}
	})
}

// onHookEnd has f decide what becomes of a hook that has ended. own is the
// hook's context.
func onHookEnd(i *impl, f func(ctx, own context.Context, o outcome) error) {
	onHook(i, func(ctx context.Context, hook task, _ bool) task {
		return func(own context.Context) error {
			return f(ctx, own, contained(func() error { return hook(own) }))
		}
	})
}
