package lifecycle_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestTasks(t *testing.T) {
	for name, tc := range map[string]struct {
		task func(context.Context) error
		want func(error) bool
	}{
		"DRAIN-8: an error requests a stop": {func(context.Context) error { return errBoom }, func(err error) bool { return err == errBoom }},
		"DRAIN-8: so does a panic": {func(context.Context) error { panic(errBoom) }, func(err error) bool {
			p, ok := err.(*lifecycle.PanicError)
			return ok && p.Value == errBoom && strings.Contains(string(p.Stack), "tasks_test.go:")
		}},
		"DRAIN-8: so does Goexit":             {goexit, func(err error) bool { return err == lifecycle.ErrGoexit }},
		"RUN-8: a nil task is one that fails": {nil, func(err error) bool { return err != nil && err.Error() == "the task is nil" }},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				var place string
				err := w.run(func(ctx context.Context) error {
					place = here(1)
					if !lifecycle.Go(ctx, tc.task) {
						t.Error("Go was refused")
					}
					<-ctx.Done()
					return context.Cause(ctx)
				})
				var task *lifecycle.TaskError
				if !errors.As(err, &task) || !tc.want(task.Err) || task.Place != place {
					t.Errorf("Run returned %v, of the task started at %s", err, place)
				}
			})
		})
	}
	t.Run("RUN-7: a task's clean end after main's exit is no error", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			err := w.run(func(ctx context.Context) error {
				lifecycle.Go(ctx, func(ctx context.Context) error { <-ctx.Done(); sleep(1); return ctx.Err() })
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			w.expectLog("DEBUG", "task ended cleanly")
		})
	})
}

func TestWorkContext(t *testing.T) {
	for name, tc := range map[string]struct {
		busy float64
		want string
		why  error
	}{
		"DRAIN-8: is live until Draining ends":          {2, "2s", context.Canceled},
		"DRAIN-8: and says that the timeout ended that": {20, "15s", lifecycle.ErrDrainTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				_ = w.run(func(ctx context.Context) error {
					ctx, cancel := context.WithCancel(context.WithValue(ctx, worldKey{}, "value"))
					cancel()
					work := lifecycle.WorkContext(ctx)
					if work.Err() != nil || work.Value(worldKey{}) != "value" {
						t.Errorf("%v, %v", work.Err(), work.Value(worldKey{}))
					}
					child, stop := context.WithCancel(work)
					context.AfterFunc(child, func() { defer stop(); w.note("%v, %v", context.Cause(work), context.Cause(child)) })
					lifecycle.DrainGroup(ctx).Go(func() { sleep(tc.busy) })
					return nil
				})
				sleep(20)
				w.expect(tc.want + " " + tc.why.Error() + ", " + tc.why.Error())
			})
		})
	}
}
