package broken

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"

	"github.com/greynewell/mist-go/lifecycle"
)

func hookCases() []Case {
	return []Case{
		wrong("hooks run in the order of registration", "HOOK-1", func(i *impl) {
			onHooks(i, func(list []func()) []func() {
				slices.Reverse(list)
				return list
			})
		}),
		wrong("the hook registered last is dropped", "HOOK-1", func(i *impl) {
			onHooks(i, func(list []func()) []func() {
				if len(list) > 1 {
					list = list[:len(list)-1]
				}
				return list
			})
		}),
		wrong("the hook registered first runs twice", "HOOK-1", func(i *impl) {
			onHooks(i, func(list []func()) []func() {
				if len(list) > 0 {
					list = append(list[:1:1], list...)
				}
				return list
			})
		}),
		wrong("hooks run concurrently", "HOOK-1 RUN-6", func(i *impl) {
			onHook(i, func(ctx context.Context, hook task, takesContext bool) task {
				if takesContext || i.State(ctx) == "hooks" || i.State(ctx) == "stopped" {
					return hook
				}
				// The phase begins when work contexts are cancelled.
				ended := make(chan outcome, 1)
				context.AfterFunc(i.WorkContext(ctx), func() { ended <- contained(func() error { return hook(nil) }) })
				return func(context.Context) error { return (<-ended).again() }
			})
		}),
		wrong("a hook that fails stops the others", "HOOK-2 STATE-4", func(i *impl) {
			type run struct{ failed bool }
			of := notes[run](i)
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				r := of(ctx)
				return func(own context.Context) error {
					if r.failed && i.State(ctx) == "hooks" {
						return nil
					}
					o := contained(func() error { return hook(own) })
					if i.State(ctx) == "hooks" && own.Err() == nil {
						r.failed = o.err != nil || o.panicked || o.exited
					}
					return o.again()
				}
			})
		}),
		wrong("a panic of a hook is a plain error", "HOOK-2", func(i *impl) {
			onHookEnd(i, func(_, _ context.Context, o outcome) error {
				if o.panicked {
					return errors.New("the hook failed")
				}
				return o.again()
			})
		}).mayBreak("HOOK-4"), // whose record of a late hook has the error
		wrong("Goexit of a hook is a plain error", "HOOK-2", func(i *impl) {
			onHookEnd(i, func(_, _ context.Context, o outcome) error {
				if o.exited {
					return errors.New("the hook failed")
				}
				return o.again()
			})
		}),
		wrong("a hook that a hook registers runs last", "HOOK-4", func(i *impl) {
			type run struct {
				mu   sync.Mutex
				late []func()
				last bool // the others have run
			}
			of := notes[run](i)
			onMain(i, func(ctx context.Context, main task) error {
				lifecycle.OnShutdown(ctx, func() error { // runs last
					r := of(ctx)
					r.mu.Lock()
					defer r.mu.Unlock()
					for _, register := range r.late {
						register()
					}
					r.last = true
					return nil
				})
				return main(ctx)
			})
			onRegister(i, func(ctx context.Context, register func()) {
				r := of(ctx)
				r.mu.Lock()
				keep := i.State(ctx) == "hooks" && !r.last
				if keep {
					r.late = append(r.late, register)
				}
				r.mu.Unlock()
				if !keep {
					register()
				}
			})
		}),
		wrong("a hook registered after stopped is lost", "HOOK-4", func(i *impl) {
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				if i.State(ctx) == "stopped" {
					return func(context.Context) error { return nil }
				}
				return hook
			})
		}),
		wrong("hooks registered concurrently are lost", "HOOK-1", func(i *impl) {
			of := notes[sync.Mutex](i)
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				mu := of(ctx)
				if !mu.TryLock() {
					return func(context.Context) error { return nil }
				}
				defer mu.Unlock()
				for range 20 {
					runtime.Gosched()
				}
				return hook
			})
		}).mayBreak("HOOK-7"),
	}
}
