package broken

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// hintCases are wrong about what the log says of hooks.
func hintCases() []Case {
	return []Case{
		wrong("what an abandoned late hook returns is not logged", "HOOK-4", func(i *impl) {
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				if i.State(ctx) != "stopped" {
					return hook
				}
				return func(own context.Context) error {
					o := contained(func() error { return hook(own) })
					if own.Err() != nil {
						return nil
					}
					return o.again()
				}
			})
		}),
		wrong("only a bare context.Canceled is explained", "HOOK-6 RUN-6", func(i *impl) {
			onHookEnd(i, func(_, _ context.Context, o outcome) error {
				if o.err != nil && o.err != context.Canceled && errors.Is(o.err, context.Canceled) {
					return errors.New(o.err.Error())
				}
				return o.again()
			})
		}),
		wrong("context.Canceled is explained only where it is the first of several errors", "HOOK-6", func(i *impl) {
			onHookEnd(i, func(_, _ context.Context, o outcome) error {
				all := innermost(o.err)
				if len(all) > 0 && all[0] != context.Canceled && slices.Contains(all, context.Canceled) {
					return errors.Join(slices.DeleteFunc(all, func(e error) bool { return e == context.Canceled })...)
				}
				return o.again()
			})
		}),
		wrong("context.Canceled of a hook with a timeout is not explained", "HOOK-6", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				if inner := hook; inner != nil && timeout > 0 {
					hook = func(own context.Context) error {
						err := inner(own)
						if own.Err() == nil && errors.Is(err, context.Canceled) {
							return errors.New(err.Error())
						}
						return err
					}
				}
				register(ctx, hook, timeout, place(1))
			}
		}),
		wrong("context.Canceled is not explained after a drain timeout", "HOOK-6", func(i *impl) {
			onHookEnd(i, func(ctx, _ context.Context, o outcome) error {
				if o.err != nil && errors.Is(o.err, context.Canceled) && errors.Is(context.Cause(i.WorkContext(ctx)), lifecycle.ErrDrainTimeout) {
					return errors.New(o.err.Error())
				}
				return o.again()
			})
		}).mayBreak("RUN-6"),
		wrong("only the first of several bad arguments is named", "RUN-8", func(i *impl) {
			for n, m := range i.Misuses {
				if run := m.Run; run != nil {
					i.Misuses[n].Run = func(main task) error {
						err := run(main)
						if all, several := err.(interface{ Unwrap() []error }); several {
							return all.Unwrap()[0]
						}
						return err
					}
				}
			}
		}),
	}
}

// innermost returns the innermost of what an error wraps, in order.
func innermost(err error) (all []error) {
	switch e := err.(type) {
	case nil:
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, innermost(inner)...)
		}
	case interface{ Unwrap() error }:
		all = innermost(e.Unwrap())
	default:
		all = []error{err}
	}
	return all
}
