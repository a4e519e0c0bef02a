package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

// A logger that calls this package for each record it gets (STATE-4).
type recursiveLogger struct {
	calls   atomic.Int32
	library func(error)
}

func (*recursiveLogger) Enabled(context.Context, slog.Level) bool { return true }
func (c *recursiveLogger) WithAttrs([]slog.Attr) slog.Handler     { return c }
func (c *recursiveLogger) WithGroup(string) slog.Handler          { return c }

func (c *recursiveLogger) Handle(_ context.Context, r slog.Record) error {
	if c.calls.Add(1) < 1000 {
		c.library(errors.New(r.Message))
	}
	return nil
}

func TestLoggerThatCallsBackDoesNotRecurseForever(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, err error){
		"Track":        func(ctx context.Context, _ error) { done, _ := lifecycle.Track(ctx); done() },
		"Go":           func(ctx context.Context, err error) { lifecycle.Go(ctx, func(context.Context) error { return nil }) },
		"Stop":         lifecycle.Stop,
		"DrainGroup":   func(ctx context.Context, _ error) { lifecycle.DrainGroup(ctx) },
		"Snapshot":     func(ctx context.Context, _ error) { snapshot(ctx) },
		"a hook":       func(ctx context.Context, err error) { lifecycle.OnShutdown(ctx, func() error { return nil }) },
		"another hook": func(ctx context.Context, err error) { lifecycle.OnShutdown(ctx, func() error { return err }) },
	} {
		for when, after := range map[string]bool{"after Run": true, "before it returns": false} {
			if name == "another hook" && !after {
				continue // each such hook fails, which is logged: the shutdown timeout ends that
			}
			t.Run(name+" "+when, func(t *testing.T) {
				inVirtualTime(t, func(w *world) {
					var run atomic.Pointer[context.Context]
					var over atomic.Bool
					log := &recursiveLogger{library: func(err error) {
						if ctx := run.Load(); ctx != nil && over.Load() == after {
							call(*ctx, err)
						}
					}}
					_ = lifecycle.Run(func(ctx context.Context) error {
						run.Store(&ctx)
						lifecycle.OnShutdown(ctx, func() error { _, _ = lifecycle.Track(ctx); return nil })
						return nil
					}, lifecycle.WithSignalSource(w.signals), lifecycle.WithLogger(slog.New(log)))
					over.Store(true)
					before := log.calls.Load()
					if after {
						_, _ = lifecycle.Track(*run.Load())
						lifecycle.Stop(*run.Load(), errBoom)
					}
					// Two calls, two records; each causes at most a few more.
					if n := log.calls.Load(); n-before > 12 || n > 30 {
						t.Errorf("the logger was called %d times", n)
					}
				})
			})
		}
	}
}

// Without a run there is no state to be kept, but no recursion either (HOOK-9).
func TestDefaultLoggerThatCallsBackDoesNotRecurseForever(t *testing.T) {
	restoreDefaultLog(t)
	log := &recursiveLogger{library: func(error) { _, _ = lifecycle.Track(context.Background()) }}
	slog.SetDefault(slog.New(log))
	_, _ = lifecycle.Track(context.Background())
	if n := log.calls.Load(); n != 2 {
		t.Errorf("the logger was called %d times, want 2", n)
	}
}

// cycle is an error that leads back to itself.
type cycle struct{ many bool }

func (cycle) Error() string { return "round and round" }

func (c cycle) Unwrap() []error {
	if c.many {
		return []error{c, c}
	}
	return []error{c}
}

// loop is the same for the other form of Unwrap.
type loop struct{}

func (loop) Error() string { return "round and round" }
func (l loop) Unwrap() error {
	return fmt.Errorf("once more: %w", l)
}

// RUN-7: such an error is not clean, and it ends neither the process nor the
// time that Run has.
func TestErrorThatUnwrapsToItselfIsReported(t *testing.T) {
	for _, endless := range []error{cycle{}, cycle{true}, loop{}} {
		inVirtualTime(t, func(w *world) {
			err := w.run(func(ctx context.Context) error {
				lifecycle.Go(ctx, func(ctx context.Context) error { <-ctx.Done(); return endless })
				lifecycle.OnShutdown(ctx, func() error { return endless })
				lifecycle.Stop(ctx, nil)
				<-ctx.Done()
				return endless
			})
			if err == nil || strings.Count(err.Error(), "round and round") < 3 {
				t.Errorf("Run returned %v", err)
			}
			if lifecycle.ExitCode(endless) != 1 {
				t.Errorf("its exit code is %d", lifecycle.ExitCode(endless))
			}
		})
	}
}

// RUN-4, RUN-5: both are reported.
func TestPanicDuringGoexitIsReported(t *testing.T) {
	exits := func() error {
		defer panic("boom")
		runtime.Goexit()
		return nil
	}
	for name, main := range map[string]func(context.Context) error{
		"main": func(context.Context) error { return exits() },
		"a task": func(ctx context.Context) error {
			lifecycle.Go(ctx, func(context.Context) error { return exits() })
			<-ctx.Done()
			return nil
		},
		"a hook": func(ctx context.Context) error { lifecycle.OnShutdown(ctx, exits); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(main)
				var p *lifecycle.PanicError
				if !errors.Is(err, lifecycle.ErrGoexit) || !errors.As(err, &p) || p.Value != "boom" ||
					!strings.Contains(err.Error(), "boom") || !strings.Contains(err.Error(), "runtime.Goexit was called") {
					t.Errorf("Run returned %v", err)
				}
				w.expectLog("ERROR", "panicked", "recursion_test.go")
			})
		})
	}
}

func TestCleanErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		err   error
		is    func(error) bool
		clean bool
	}{
		"what the function says":             {os.ErrClosed, func(err error) bool { return err == os.ErrClosed }, true},
		"wrapped":                            {fmt.Errorf("serve: %w", os.ErrClosed), func(err error) bool { return err == os.ErrClosed }, true},
		"joined with what is clean anyway":   {errors.Join(context.Canceled, os.ErrClosed), func(err error) bool { return err == os.ErrClosed }, true},
		"joined with an error":               {errors.Join(errBoom, os.ErrClosed), func(err error) bool { return err == os.ErrClosed }, false},
		"asked of each leaf, not of a join":  {errors.Join(errBoom, os.ErrClosed), func(err error) bool { return errors.Is(err, os.ErrClosed) }, false},
		"a function that panics":             {os.ErrClosed, func(error) bool { panic("boom") }, false},
		"a panic is never clean":             {nil, func(error) bool { return true }, false},
		"without a match the error is one":   {os.ErrClosed, func(error) bool { return false }, false},
		"an accept loop's net.ErrClosed is":  {fmt.Errorf("accept: %w", netErrClosed), nil, true},
		"and context.Canceled, as ever, too": {context.Canceled, func(error) bool { return false }, true},
	} {
		t.Run("RUN-7: "+name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				var opts []lifecycle.Option
				if tc.is != nil {
					opts = append(opts, lifecycle.WithCleanError(func(error) bool { return false }), lifecycle.WithCleanError(tc.is))
				}
				err := w.run(func(ctx context.Context) error {
					lifecycle.Go(ctx, func(ctx context.Context) error {
						<-ctx.Done()
						if tc.err == nil {
							panic("boom")
						}
						return tc.err
					})
					lifecycle.Stop(ctx, nil)
					<-ctx.Done()
					return tc.err
				}, opts...)
				if (err == nil) != tc.clean {
					t.Errorf("Run returned %v", err)
				}
			})
		})
	}
}
