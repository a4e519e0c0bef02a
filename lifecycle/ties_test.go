package lifecycle_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// What ends at the very moment of its deadline. The loop may be given either first, so
// each is tried often.
func TestWhatEndsAtItsDeadline(t *testing.T) {
	hook := func(seconds float64, opts ...lifecycle.HookOption) func(context.Context) {
		return func(ctx context.Context) {
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { sleep(seconds); return nil }, opts...)
		}
	}
	for name, tc := range map[string]struct {
		main func(ctx context.Context)
		want string
	}{
		"HOOK-3: a hook at the shutdown timeout": {hook(10), "shutdown timeout, 10s"},
		"HOOK-6: a hook at its own timeout":      {hook(2, lifecycle.HookTimeout(2*time.Second)), "hook timeout, 2s"},
		"HOOK-6: and the next hook is run": {func(ctx context.Context) {
			hook(1)(ctx)
			hook(2, lifecycle.HookTimeout(2*time.Second))(ctx)
		}, "hook timeout, 3s"},
		"HOOK-6: a hook at both":                 {hook(10, lifecycle.HookTimeout(10*time.Second)), "shutdown timeout, 10s"},
		"HOOK-6: a hook just before its own":     {hook(1.999999999, lifecycle.HookTimeout(2*time.Second)), "nil, 1.999999999s"},
		"HOOK-3: a hook just before the phase's": {hook(9.999999999), "nil, 9.999999999s"},
		"DRAIN-2: work at the drain timeout": {func(ctx context.Context) {
			lifecycle.Go(ctx, func(context.Context) error { sleep(15); return nil })
		}, "nil or drain timeout, 15s"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 30 {
				inVirtualTime(t, func(w *world) {
					err := w.run(func(ctx context.Context) error { tc.main(ctx); return nil })
					var hook *lifecycle.HookError
					var phase *lifecycle.ShutdownTimeoutError
					got := "another error"
					switch {
					case err == nil:
						got = "nil"
					case errors.As(err, &hook):
						got = "hook timeout"
					case errors.As(err, &phase):
						got = "shutdown timeout"
					case errors.Is(err, lifecycle.ErrDrainTimeout):
						got = "drain timeout"
					}
					took := time.Since(w.began).String()
					if got += ", " + took; got != tc.want && tc.want != "nil or "+got && tc.want != "nil or drain timeout, "+took {
						t.Errorf("%s, want %s; Run returned %v", got, tc.want, err)
					}
				})
			}
		})
	}
}
