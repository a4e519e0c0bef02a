package broken

import (
	"context"
	"errors"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func hookEndCases() []Case {
	return []Case{
		wrong("the shutdown timeout is ignored", "RUN-11 HOOK-3 HOOK-4 HOOK-5", func(i *impl) {
			onSettings(i, func(s *settings) {
				if isPlay(*s) {
					s.Shutdown = 1e6 * time.Hour
				}
			})
		}).because("whatever is over when that timeout is over, is over later"),
		wrong("that hooks were cut short is told by no ErrShutdownTimeout", "HOOK-3", func(i *impl) {
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
		wrong("the context of a hook is main's", "HOOK-3 HOOK-5 HOOK-6 SIG-2", func(i *impl) {
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
		wrong("the timeout of a hook is ignored", "HOOK-5 HOOK-6", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				if i.State(ctx) != "stopped" {
					timeout = 0
				}
				register(ctx, hook, timeout, place(1))
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
		wrong("a context from elsewhere panics", "HOOK-9", func(i *impl) {
			onRegister(i, func(ctx context.Context, register func()) {
				if i.State(ctx) == "" {
					panic("not a context of Run's")
				}
				register()
			})
		}),
		wrong("the place of a hook is not told", "HOOK-2 HOOK-3 RUN-8", func(i *impl) {
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if !blameForeign(ctx, place(1)) {
					lifecycle.OnShutdown(ctx, hook)
				}
			}
		}),
	}
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
