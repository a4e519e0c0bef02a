package broken

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
)

func workCases() []Case {
	return []Case{
		wrong("each call of done counts", "DRAIN-8", func(i *impl) {
			// Any done ends any unit, so that a second call ends another's.
			type units struct {
				mu     sync.Mutex
				dones  []func()
				logged atomic.Bool
			}
			of, log, track := notes[units](i), logs(i), i.Track
			i.Track = func(ctx context.Context) (func(), bool) {
				done, ok := track(ctx)
				if !ok && !blameForeign(ctx, place(1)) && !of(ctx).logged.Swap(true) {
					log(ctx)("ERROR", "refused at "+place(1))
				}
				u := of(ctx)
				u.mu.Lock()
				u.dones = append(u.dones, done)
				u.mu.Unlock()
				return func() {
					u.mu.Lock()
					defer u.mu.Unlock()
					if last := len(u.dones) - 1; last >= 0 {
						u.dones[last]()
						u.dones = u.dones[:last]
					}
				}, ok
			}
		}),
		wrong("a panic of a task is a plain error", "DRAIN-8", func(i *impl) {
			is := i.Is
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					var task *lifecycle.TaskError
					if errors.As(err, &task) && (is(err, model.Panic) || is(err, model.Goexit)) {
						all[n] = errors.New("a task failed")
					}
				}
				return all
			})
		}),
		wrong("the error of a task does not name its call site", "DRAIN-8", func(i *impl) {
			is := i.Is
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					// Without its task, one panic looks like another.
					if task, ok := err.(*lifecycle.TaskError); ok && !is(err, model.Panic) && !is(err, model.Goexit) {
						all[n] = task.Err
					}
				}
				return all
			})
		}),
		wrong("the work context is cancelled with main's", "DRAIN-8", func(i *impl) {
			i.WorkContext = func(ctx context.Context) context.Context {
				blameForeign(ctx, place(1))
				return ctx
			}
		}),
		wrong("the work context has no values", "DRAIN-8", func(i *impl) {
			work := i.WorkContext
			i.WorkContext = func(ctx context.Context) context.Context {
				if blameForeign(ctx, place(1)) {
					return ctx
				}
				w := work(ctx)
				// But for the run's, lest nothing can be served with it.
				below, cancel := context.WithCancelCause(runOnly{Context: context.Background(), run: ctx})
				context.AfterFunc(w, func() { cancel(context.Cause(w)) })
				return below
			}
		}),
	}
}

// runOnly has no values but those by which a run finds itself.
type runOnly struct {
	context.Context
	run context.Context
}

// Value is nil for a key of the checks.
func (c runOnly) Value(key any) any {
	if strings.Contains(fmt.Sprintf("%T", key), "checks.") {
		return nil
	}
	return c.run.Value(key)
}
