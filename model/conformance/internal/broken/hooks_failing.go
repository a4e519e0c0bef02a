package broken

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
)

// failingHookCases are wrong about hooks that fail in one way, or that come late.
func failingHookCases() []Case {
	return []Case{
		withoutHookPlace("the error of a hook that panics does not name its call site", "HOOK-2", func(err error) bool {
			var panicked *lifecycle.PanicError
			return errors.As(err, &panicked)
		}),
		withoutHookPlace("the error of a hook that calls Goexit does not name its call site", "HOOK-2", func(err error) bool {
			return errors.Is(err, lifecycle.ErrGoexit)
		}),
		withoutHookPlace("the error of an abandoned hook does not name its call site", "HOOK-6", func(err error) bool {
			return errors.Is(err, lifecycle.ErrShutdownTimeout)
		}),
		silentLateHook("the panic of a hook registered after stopped is not logged", func(o outcome) bool { return o.panicked }),
		silentLateHook("Goexit of a hook registered after stopped is not logged", func(o outcome) bool { return o.exited }),
		wrong("hooks registered while others run are not named if they have not run", "HOOK-3", func(i *impl) {
			const mark = "late: "
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				at := place(1)
				if i.State(ctx) == "hooks" {
					at = mark + at
				}
				register(ctx, plainHook(hook), 0, at)
			}
			onShutdownTimeout(i, func(e *lifecycle.ShutdownTimeoutError) {
				e.NotRun = slices.DeleteFunc(slices.Clone(e.NotRun), func(hook string) bool { return strings.Contains(hook, mark) })
			})
		}),
		wrong("the library does not know the run by the context of a hook", "HOOK-5", func(i *impl) {
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				if i.State(ctx) == "stopped" {
					return hook
				}
				return func(own context.Context) error { return hook(unknown{own}) }
			})
		}),
		wrong("hooks that the shutdown timeout keeps from running run after Run has returned", "HOOK-3", func(i *impl) {
			type hook struct {
				begun atomic.Bool
				run   func()
				ended chan struct{}
			}
			type list struct {
				mu  sync.Mutex
				all []*hook
			}
			of := notes[list](i)
			onHook(i, func(ctx context.Context, inner task, _ bool) task {
				if i.State(ctx) == "stopped" {
					return inner
				}
				h := &hook{ended: make(chan struct{})}
				own := func(ctx context.Context) error {
					defer close(h.ended)
					return inner(ctx)
				}
				h.run = func() { _ = contained(func() error { return own(context.WithoutCancel(ctx)) }) }
				l := of(ctx)
				l.mu.Lock()
				defer l.mu.Unlock()
				l.all = append(l.all, h)
				return func(ctx context.Context) error {
					h.begun.Store(true)
					return own(ctx)
				}
			})
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || !isPlay(s) {
					return run(main, s)
				}
				var l *list
				err := run(func(ctx context.Context) error { l = of(ctx); return main(ctx) }, s)
				if !i.Is(err, model.ShutdownTimeout) || l == nil {
					return err
				}
				l.mu.Lock()
				all := slices.Clone(l.all)
				l.mu.Unlock()
				go func() {
					for _, h := range slices.Backward(all) {
						if !h.begun.Load() {
							h.run()
						}
						<-h.ended
					}
				}()
				return err
			})
		}).mayBreak("HOOK-10"), // it holds on to hooks
		wrong("a hook that is registered while Hooks waits for main alone waits too", "HOOK-4", func(i *impl) {
			type phase struct {
				mu      sync.Mutex
				begun   bool // a hook has
				running int
				back    bool // main is
				waiting []func()
			}
			of := notes[phase](i)
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				p := of(ctx)
				p.mu.Lock()
				waiting := p.waiting
				p.back = true
				p.mu.Unlock()
				for _, register := range waiting {
					register()
				}
				return err
			})
			add := func(ctx context.Context, hook task, timeout time.Duration, at string) {
				p := of(ctx)
				counted := hook
				if hook != nil {
					counted = func(own context.Context) error {
						count := func(n int) {
							p.mu.Lock()
							defer p.mu.Unlock()
							p.begun = true
							p.running += n
						}
						count(1)
						defer count(-1)
						return hook(own)
					}
				}
				p.mu.Lock()
				waits := p.begun && p.running == 0 && !p.back && i.State(ctx) == "hooks"
				if waits {
					p.waiting = append(p.waiting, func() { register(ctx, counted, timeout, at) })
				}
				p.mu.Unlock()
				if !waits {
					register(ctx, counted, timeout, at)
				}
			}
			i.OnShutdown = func(ctx context.Context, hook func() error) { add(ctx, plainHook(hook), 0, place(1)) }
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) { add(ctx, hook, timeout, place(1)) }
		}),
		wrong("the error of a hook does not name its call site", "HOOK-2 HOOK-3 RUN-8 SIG-2", func(i *impl) {
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if !blameForeign(ctx, place(1)) {
					lifecycle.OnShutdown(ctx, hook)
				}
			}
		}).because("Hooks are named by their call sites in errors of every kind."),
	}
}

// withoutHookPlace leaves the place out of the errors of hooks that wrap such an error.
func withoutHookPlace(name, breaks string, such func(err error) bool) Case {
	return wrong(name, breaks, func(i *impl) {
		onErrors(i, func(all []error) []error {
			for n, err := range all {
				if hook, ok := err.(*lifecycle.HookError); ok && such(hook.Err) {
					all[n] = &lifecycle.HookError{Err: hook.Err}
				}
			}
			return all
		})
	})
}

// silentLateHook is wrong about the hooks registered after stopped that end so.
func silentLateHook(name string, such func(o outcome) bool) Case {
	return wrong(name, "HOOK-4", func(i *impl) {
		onHook(i, func(ctx context.Context, hook task, _ bool) task {
			if i.State(ctx) != "stopped" {
				return hook
			}
			return func(own context.Context) error {
				if o := contained(func() error { return hook(own) }); !such(o) || own.Err() != nil {
					return o.again()
				}
				return nil
			}
		})
	})
}

// unknown is a context without the values that the library put into it.
type unknown struct{ context.Context }

// Value hides those values.
func (c unknown) Value(key any) any {
	if kind := fmt.Sprintf("%T", key); strings.HasPrefix(kind, "fsm.") || strings.HasPrefix(kind, "lifecycle.") {
		return nil
	}
	return c.Context.Value(key)
}
