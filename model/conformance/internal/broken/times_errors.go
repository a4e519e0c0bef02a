package broken

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/greynewell/mist-go/lifecycle"
)

// timesCases are right the first time, and wrong for what comes next, or at once.
func timesCases() []Case {
	return []Case{
		wrong("an error that two hooks return is kept once", "RUN-6", func(i *impl) {
			onErrors(i, func(all []error) (kept []error) {
				seen := map[error]bool{}
				for _, err := range all {
					hook, ok := err.(*lifecycle.HookError)
					if ok && fmt.Sprintf("%T", hook.Err) == "*errors.errorString" && hook.Err != lifecycle.ErrGoexit && !strings.Contains(hook.Err.Error(), "nil") {
						if seen[hook.Err] {
							continue
						}
						seen[hook.Err] = true
					}
					kept = append(kept, err)
				}
				return kept
			})
		}),
		wrong("an error of a hook that main returned too is dropped", "RUN-6", func(i *impl) {
			onErrors(i, func(all []error) (kept []error) {
				for _, err := range all {
					if hook, ok := err.(*lifecycle.HookError); !ok || hook.Err != all[0] {
						kept = append(kept, err)
					}
				}
				return kept
			})
		}),
		wrong("of several tasks that fail the first counts", "RUN-6", func(i *impl) {
			onErrors(i, func(all []error) (kept []error) {
				for n, err := range all {
					_, task := err.(*lifecycle.TaskError)
					if _, before := all[max(n-1, 0)].(*lifecycle.TaskError); n == 0 || !task || !before || len(all) < 4 {
						kept = append(kept, err)
					}
				}
				return kept
			})
		}),
		wrong("the error of a third call of Stop is dropped", "LOG-1 RUN-6", func(i *impl) {
			stops := notes[atomic.Int64](i)
			onStopError(i, func(ctx context.Context) bool { return stops(ctx).Add(1) > 2 })
		}),
		wrong("the error of a call of Stop in a hook is dropped", "LOG-1 RUN-6", func(i *impl) {
			onStopError(i, func(ctx context.Context) bool { return i.State(ctx) == "hooks" })
		}),
		wrong("a task that ends as after a stop has not failed before one", "RUN-7", func(i *impl) {
			onErrors(i, func(all []error) (kept []error) {
				for _, err := range all {
					if t, ok := err.(*lifecycle.TaskError); !ok || t.Err != context.Canceled && t.Err != http.ErrServerClosed {
						kept = append(kept, err)
					}
				}
				return kept
			})
		}),
		wrong("a nil hook registered after stopped panics", "RUN-8", func(i *impl) {
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if hook == nil && i.State(ctx) == "stopped" {
					panic("the hook is nil")
				}
				register(ctx, plainHook(hook), 0, place(1))
			}
		}),
		wrong("a nil hook registered by a hook is dropped", "RUN-8", func(i *impl) {
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if hook != nil || i.State(ctx) != "hooks" {
					register(ctx, plainHook(hook), 0, place(1))
				}
			}
		}),
		wrong("a nil hook stops the others", "RUN-8", func(i *impl) {
			stopped := notes[atomic.Bool](i)
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if hook == nil {
					register(ctx, func(context.Context) error { stopped(ctx).Store(true); return errors.New("the hook is nil") }, 0, place(1))
					return
				}
				register(ctx, func(context.Context) error {
					if stopped(ctx).Load() {
						return nil
					}
					return hook()
				}, 0, place(1))
			}
		}),
		wrong("the end of a run takes the signals from all", "RUN-9", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				defer func() {
					if s.Signals == nil {
						signal.Reset(os.Interrupt, syscall.SIGTERM)
					}
				}()
				return run(main, s)
			})
		}),
		wrong("the third of nested runs is stopped at once", "RUN-9 STATE-5", func(i *impl) {
			type nestKey struct{}
			onMain(i, func(ctx context.Context, main task) error {
				depth, _ := ctx.Value(nestKey{}).(int)
				below, cancel := context.WithCancel(context.WithValue(ctx, nestKey{}, depth+1))
				defer cancel()
				if depth == 2 {
					cancel()
				}
				return main(below)
			})
		}).mayBreak("RUN-2"),
	}
}

// onStopError has Stop lose its error when such is so. The place that the log names is
// the wrapper's.
func onStopError(i *impl, such func(ctx context.Context) bool) {
	stop := i.Stop
	i.Stop = func(ctx context.Context, err error) {
		if blameForeign(ctx, place(1)) {
			return
		}
		if such(ctx) {
			err = nil
		}
		stop(ctx, err)
	}
}
