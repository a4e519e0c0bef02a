package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

var netErrClosed = net.ErrClosed

// own is a custom signal of a signal source, without a number.
type own struct{}

func (own) String() string { return "own" }
func (own) Signal()        {}

func TestStopBySignalCanBeAnError(t *testing.T) {
	main := func(end func(ctx context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error { <-ctx.Done(); return end(ctx) }
	}
	for name, tc := range map[string]struct {
		main func(context.Context) error
		opts []lifecycle.Option
		sigs []os.Signal
		want string
		code int
	}{
		"the cause, wrapped": {main(func(ctx context.Context) error { return fmt.Errorf("4 of 10: %w", context.Cause(ctx)) }),
			[]lifecycle.Option{lifecycle.WithSignalError()}, []os.Signal{syscall.SIGTERM}, "lifecycle: stopped by signal: terminated", 143},
		"nil": {main(func(context.Context) error { return nil }),
			[]lifecycle.Option{lifecycle.WithSignalError()}, []os.Signal{os.Interrupt}, "lifecycle: stopped by signal: interrupt", 130},
		"last": {main(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { return errors.New("hook") })
			return errBoom
		}), []lifecycle.Option{lifecycle.WithSignalError()}, []os.Signal{os.Interrupt}, "boom\nlifecycle: hook registered at " + here(-2) + ": hook\nlifecycle: stopped by signal: interrupt", 1},
		"the first signal": {main(func(context.Context) error { return nil }),
			[]lifecycle.Option{lifecycle.WithSignalError()}, []os.Signal{syscall.SIGTERM, os.Interrupt}, "lifecycle: stopped by signal: terminated", 143},
		"not without the option":     {main(func(ctx context.Context) error { return context.Cause(ctx) }), nil, []os.Signal{syscall.SIGTERM}, "<nil>", 0},
		"a signal without a number":  {main(func(context.Context) error { return nil }), []lifecycle.Option{lifecycle.WithSignalError()}, []os.Signal{own{}}, "lifecycle: stopped by signal: own", 1},
		"not a stop by another call": {func(ctx context.Context) error { lifecycle.Stop(ctx, nil); return nil }, []lifecycle.Option{lifecycle.WithSignalError()}, nil, "<nil>", 0},
	} {
		t.Run("RUN-14: "+name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				for _, sig := range tc.sigs {
					w.signals <- sig
				}
				err := w.run(tc.main, tc.opts...)
				if got := fmt.Sprint(err); got != tc.want {
					t.Errorf("Run returned %q, want %q", got, tc.want)
				}
				if code := lifecycle.ExitCode(err); code != tc.code {
					t.Errorf("exit code %d, want %d", code, tc.code)
				}
			})
		})
	}
}

func TestExitCodes(t *testing.T) {
	term, intr := &lifecycle.SignalError{Signal: syscall.SIGTERM}, &lifecycle.SignalError{Signal: os.Interrupt}
	for name, tc := range map[string]struct {
		err  error
		want int
	}{
		"nil":                    {nil, 0},
		"an error":               {errBoom, 1},
		"a signal":               {term, 143},
		"wrapped":                {fmt.Errorf("batch: %w", intr), 130},
		"joined with an error":   {errors.Join(term, errBoom), 1},
		"two signals, the first": {errors.Join(fmt.Errorf("a: %w", intr), term), 130},
		"a nil *SignalError":     {(*lifecycle.SignalError)(nil), 1},
		"one without a signal":   {&lifecycle.SignalError{}, 1},
		"joined alone":           {errors.Join(errors.Join(term)), 143},
	} {
		t.Run("RUN-14: "+name, func(t *testing.T) {
			if got := lifecycle.ExitCode(tc.err); got != tc.want {
				t.Errorf("%d, want %d", got, tc.want)
			}
		})
	}
}
