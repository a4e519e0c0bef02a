package broken

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/lifecycle"
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
