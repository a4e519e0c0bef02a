package lifecycle_test

import (
	"context"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

// HOOK-10
func TestHooksCanBeUnregistered(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var stops []func() bool
		note := func(name string) func(context.Context) error {
			return func(context.Context) error { w.note("%s", name); return nil }
		}
		err := w.run(func(ctx context.Context) error {
			for _, name := range []string{"0", "1", "2", "3"} {
				stops = append(stops, lifecycle.OnShutdownContext(ctx, note(name)))
			}
			lifecycle.OnShutdownContext(ctx, func(context.Context) error {
				w.note("taken back by a hook: %v %v", stops[1](), stops[1]())
				return nil
			})
			w.note("taken back: %v %v", stops[2](), stops[2]())
			return nil
		})
		w.note("after the end: %v %v", stops[0](), stops[3]())
		w.expect("0s taken back: true false", "0s taken back by a hook: true false", "0s 3", "0s 0", "0s after the end: false false")
		if err != nil {
			t.Error(err)
		}
	})
}

func TestHooksThatCannotBeUnregistered(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var running, dropped func() bool
		var ctx context.Context
		_ = w.run(func(c context.Context) error {
			ctx = c
			dropped = lifecycle.OnShutdownContext(ctx, func(context.Context) error { return nil })
			running = lifecycle.OnShutdownContext(ctx, func(context.Context) error {
				w.note("running: %v", running())
				sleep(11)
				return nil
			})
			return nil
		})
		late := lifecycle.OnShutdownContext(ctx, func(context.Context) error { w.note("late"); return nil })
		book := defaultLog(t)
		outside := lifecycle.OnShutdownContext(context.Background(), func(context.Context) error { return nil }, nil)
		w.note("dropped by the timeout: %v, late: %v, outside: %v", dropped(), late(), outside())
		w.expect("0s running: false", "10s late", "10s dropped by the timeout: false, late: false, outside: false")
		if !book.has("OnShutdownContext") {
			t.Errorf("HOOK-9: the log has %s", book)
		}
		sleep(5)
	})
}
