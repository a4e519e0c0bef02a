package lifecycle_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

// RUN-6: an error of another's is not the one that ServeFunc returned, though it
// wraps the same value.
func TestErrorThatWrapsAServersErrorIsReported(t *testing.T) {
	noShutdown := func(context.Context) error { return nil }
	fails := func(ctx context.Context, after float64, err error) error {
		return lifecycle.ServeFunc(ctx, func() error { sleep(after); return err }, noShutdown, nil)
	}
	saving := fmt.Errorf("saving: %w", io.ErrUnexpectedEOF)
	for name, tc := range map[string]struct {
		main func(ctx context.Context) error
		want string
	}{
		"of main": {func(ctx context.Context) error {
			go fails(ctx, 1, io.ErrUnexpectedEOF)
			<-ctx.Done()
			return saving
		}, "saving: unexpected EOF"},
		"of main, the very error": {func(ctx context.Context) error {
			go fails(ctx, 1, io.ErrUnexpectedEOF)
			<-ctx.Done()
			return io.ErrUnexpectedEOF
		}, "unexpected EOF\n"},
		"of a task": {func(ctx context.Context) error {
			go fails(ctx, 1, io.ErrUnexpectedEOF)
			lifecycle.Go(ctx, func(context.Context) error { <-ctx.Done(); return saving })
			<-ctx.Done()
			return nil
		}, "saving: unexpected EOF"},
		"of another server": {func(ctx context.Context) error {
			go fails(ctx, 1, io.ErrUnexpectedEOF)
			_ = fails(ctx, 2, saving)
			return nil
		}, "saving: unexpected EOF"},
		"of the same server's shutdown": {func(ctx context.Context) error {
			return lifecycle.ServeFunc(ctx, func() error { return io.ErrUnexpectedEOF }, func(context.Context) error { return saving }, nil)
		}, "shutdown: saving: unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(tc.main)
				if n := leaves(err, io.ErrUnexpectedEOF); n != 2 || !strings.Contains(fmt.Sprint(err)+"\n", tc.want) {
					t.Errorf("Run returned %q, with %d errors, want %q too", err, n, tc.want)
				}
			})
		})
	}
}

// HTTP-8: the call site of a go statement is not known, but the function's is.
func TestErrorOfGoServeFuncNamesTheFunction(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			go lifecycle.ServeFunc(ctx, func() error { return errBoom }, func(context.Context) error { return nil }, nil)
			<-ctx.Done()
			return nil
		})
		if !strings.Contains(fmt.Sprint(err), "serve_func_identity_test.go:") {
			t.Errorf("Run returned %v", err)
		}
	})
}
