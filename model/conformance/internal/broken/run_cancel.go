package broken

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// cancelCases are wrong in when and why the context ends.
func cancelCases() []Case {
	return []Case{
		wrong("the context is not cancelled when main exits", "RUN-2", func(i *impl) {
			isPlayed := played(i)
			onMain(i, func(ctx context.Context, main task) error {
				if !isPlayed(ctx) || ctx.Err() != nil {
					return main(ctx)
				}
				below, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
				keep := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
				defer func() {
					if i.State(ctx) != "draining" {
						keep()
					}
				}()
				return main(below)
			})
		}).mayBreak("RUN-4 RUN-5"),
		wrong("the cause of the cancellation is lost", "RUN-2", func(i *impl) {
			isPlayed := played(i)
			onMain(i, func(ctx context.Context, main task) error {
				if isPlayed(ctx) {
					below, cancel := context.WithCancel(context.WithoutCancel(ctx))
					context.AfterFunc(ctx, cancel)
					ctx = below
				}
				return main(ctx)
			})
		}),
		// The place that the log names is the wrapper's.
		wrong("Stop cancels the context too late", "LOG-1 RUN-2", func(i *impl) {
			asked, stop := notes[atomic.Bool](i), i.Stop
			withhold(i, func(ctx context.Context) bool { return asked(ctx).Load() })
			i.Stop = func(ctx context.Context, err error) {
				if blameForeign(ctx, place(1)) {
					return
				}
				if state := i.State(ctx); state == "starting" || state == "running" {
					asked(ctx).Store(true)
				}
				stop(ctx, err)
			}
		}),
		wrong("a signal cancels the context too late", "RUN-2", func(i *impl) {
			withhold(i, func(ctx context.Context) bool {
				var signalled *lifecycle.SignalError
				return errors.As(context.Cause(ctx), &signalled)
			})
		}),
		withoutTaskPlace("the cause after a failed task does not name the task", func(error) bool { return true }),
		wrong("MarkStarted returns at once", "RUN-2", func(i *impl) {
			isPlayed, markStarted := played(i), i.MarkStarted
			i.MarkStarted = func(ctx context.Context) {
				switch {
				case blameForeign(ctx, place(1)):
				case isPlayed(ctx):
					markStarted(ctx)
				default:
					go markStarted(ctx)
				}
			}
		}),
		wrong("main has the deadline of the parent", "RUN-2", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				parent := s.Parent
				return run(func(ctx context.Context) error {
					if parent != nil {
						if d, ok := parent.Deadline(); ok {
							var cancel context.CancelFunc
							ctx, cancel = context.WithDeadline(ctx, d)
							defer cancel()
						}
					}
					return main(ctx)
				}, s)
			})
		}),
	}
}

// withhold keeps the end of the context from main for a moment when such is so,
// in plays without a drain delay, whose end would be late too. For good it
// cannot: a main that stays out lets work be added beside the library's Wait.
func withhold(i *impl, such func(ctx context.Context) bool) {
	onRun(i, func(main task, s settings, run runner) error {
		if !isPlay(s) || s.Delay > 0 {
			return run(main, s)
		}
		return run(func(ctx context.Context) error {
			if ctx.Err() != nil {
				return main(ctx)
			}
			below, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
			context.AfterFunc(ctx, func() {
				if such(ctx) {
					time.Sleep(time.Nanosecond)
				}
				cancel(context.Cause(ctx))
			})
			return main(below)
		}, s)
	})
}

// withoutTaskPlace leaves the place out of the cause after a task has failed with such an
// error.
func withoutTaskPlace(name string, such func(err error) bool) Case {
	return wrong(name, "RUN-2", func(i *impl) {
		onRun(i, func(main task, s settings, run runner) error {
			if s.Signals != nil || s.Parent != nil || main == nil {
				return run(main, s)
			}
			return run(func(ctx context.Context) error {
				below, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
				defer cancel(nil)
				context.AfterFunc(ctx, func() {
					cause := context.Cause(ctx)
					if task, ok := cause.(*lifecycle.TaskError); ok && such(task.Err) {
						cause = task.Err
					}
					cancel(cause)
				})
				return main(below)
			}, s)
		})
	})
}
