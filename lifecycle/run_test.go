package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

var errBoom = errors.New("boom")

func TestContextHasTheCauseOfTheStop(t *testing.T) {
	parentGone := errors.New("parent gone")
	for name, tc := range map[string]struct {
		stop func(w *world, ctx context.Context, cancelParent context.CancelCauseFunc)
		want func(cause error) bool
	}{
		"by a signal": {func(w *world, _ context.Context, _ context.CancelCauseFunc) { w.signals <- syscall.SIGTERM },
			func(cause error) bool {
				var s *lifecycle.SignalError
				return errors.As(cause, &s) && s.Signal == syscall.SIGTERM
			}},
		"by the parent": {func(_ *world, _ context.Context, cancel context.CancelCauseFunc) { cancel(parentGone) },
			func(cause error) bool { return cause == parentGone }},
		"by Stop without an error": {func(_ *world, ctx context.Context, _ context.CancelCauseFunc) { lifecycle.Stop(ctx, nil) },
			func(cause error) bool { return cause == context.Canceled }},
		"by a task that fails": {func(_ *world, ctx context.Context, _ context.CancelCauseFunc) {
			lifecycle.Go(ctx, func(context.Context) error { return context.Canceled }) // not clean before a stop
		}, func(cause error) bool {
			var task *lifecycle.TaskError
			return errors.As(cause, &task) && strings.Contains(task.Place, "run_test.go:")
		}},
	} {
		t.Run("RUN-2: "+name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				parent, cancel := context.WithCancelCause(context.Background())
				defer cancel(nil)
				err := w.run(func(ctx context.Context) error {
					sleep(1)
					tc.stop(w, ctx, cancel)
					<-ctx.Done()
					if cause := context.Cause(ctx); !tc.want(cause) {
						t.Errorf("cause: %v", cause)
					}
					return fmt.Errorf("main: %w", errors.Join(context.Cause(ctx), http.ErrServerClosed))
				}, lifecycle.WithContext(parent))
				if name == "by a task that fails" {
					if !errors.Is(err, context.Canceled) {
						t.Errorf("the task's error is missing in %v", err)
					}
				} else if err != nil {
					t.Errorf("RUN-7: not a clean end: %v", err)
				}
				w.expectLog("DEBUG", "main ended cleanly", "main: ")
			})
		})
	}
}

func TestStopWithAnErrorIsTheCauseAndJoinsTheResult(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		second := errors.New("second")
		err := w.run(func(ctx context.Context) error {
			lifecycle.Stop(ctx, errBoom)
			if context.Cause(ctx) != errBoom {
				t.Errorf("Stop returned before the context was cancelled with its cause: %v", context.Cause(ctx))
			}
			lifecycle.Stop(ctx, second)
			return context.Cause(ctx)
		})
		if !errors.Is(err, errBoom) || !errors.Is(err, second) || strings.Count(err.Error(), "boom") != 1 {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestRunReturnsWithoutMain(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		waits := here(5)
		release := make(chan struct{})
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			lifecycle.Stop(ctx, nil)
			<-release
			return errBoom
		})
		w.note("returned")
		if !errors.Is(err, lifecycle.ErrMainRunning) || !errors.Is(err, lifecycle.ErrShutdownTimeout) || errors.Is(err, lifecycle.ErrDrainTimeout) {
			t.Errorf("RUN-11: Run returned %v", err)
		}
		w.expect("5s hook", "15s returned") // grace, then the shutdown timeout
		if text := err.Error(); !strings.Contains(text, "main is still running: chan receive") || !strings.Contains(text, waits) {
			t.Errorf("RUN-11: the error does not say what main is doing: %v", err)
		}
		w.expectLog("WARN", "main has not returned", "lifecycle.Serve", "Track", "WithReturnGrace")
		close(release)
		sleep(1)
		w.expectLog("ERROR", "main failed too late", "boom")
	})
}

func TestInvalidArgumentsAreNamedAndMainIsNotCalled(t *testing.T) {
	for want, opt := range map[string]lifecycle.Option{
		"option 1 is nil":          nil,
		"WithDrainTimeout: 0s":     lifecycle.WithDrainTimeout(0),
		"WithShutdownTimeout: -1s": lifecycle.WithShutdownTimeout(-time.Second),
		"WithDrainDelay: -1ns":     lifecycle.WithDrainDelay(-1),
		"WithReturnGrace: -1ns":    lifecycle.WithReturnGrace(-1),
		//lint:ignore SA1012 nil is the bad input
		"WithContext: the context is nil":   lifecycle.WithContext(nil),
		"WithLogger: the logger is nil":     lifecycle.WithLogger(nil),
		"WithObserver: the observer is nil": lifecycle.WithObserver(nil),
		"WithSignalSource: the channel":     lifecycle.WithSignalSource(nil),
		"WithSignals: signal 1 is nil":      lifecycle.WithSignals(nil),
		"WithCleanError: the function":      lifecycle.WithCleanError(nil),
	} {
		t.Run("RUN-8: "+want, func(t *testing.T) {
			err := lifecycle.Run(func(context.Context) error { t.Error("main was called"); return nil }, opt)
			if err == nil || !strings.HasPrefix(err.Error(), "lifecycle: ") || !strings.Contains(err.Error(), want) {
				t.Errorf("Run returned %v", err)
			}
		})
	}
	t.Run("RUN-8: several", func(t *testing.T) {
		err := lifecycle.Run(func(context.Context) error { t.Error("main was called"); return nil }, nil, lifecycle.WithDrainTimeout(0))
		for _, want := range []string{"option 1 is nil", "WithDrainTimeout: 0s"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Run returned %v, want %q in it", err, want)
			}
		}
	})
	t.Run("RUN-8: nil main", func(t *testing.T) {
		if err := lifecycle.Run(nil); err == nil || !strings.Contains(err.Error(), "main is nil") {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestRunsDoNotDisturbEachOther(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(outer context.Context) error {
			lifecycle.OnShutdown(outer, func() error { w.note("outer hook"); return nil })
			err := w.run(func(inner context.Context) error {
				lifecycle.OnShutdown(inner, func() error { w.note("inner hook"); return nil })
				sleep(1)
				return errBoom
			}, lifecycle.WithContext(outer))
			if err != errBoom || outer.Err() != nil {
				t.Errorf("RUN-9: inner run returned %v; outer context: %v", err, outer.Err())
			}
			w.note("inner over")
			sleep(1)
			return nil
		})
		if err != nil {
			t.Errorf("outer run returned %v", err)
		}
		w.expect("1s inner hook", "1s inner over", "2s outer hook")
	})
}

func TestParentCancelledBeforeRun(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		parent, cancel := context.WithCancel(context.WithValue(context.Background(), worldKey{}, "value"))
		cancel()
		calls := 0
		err := w.run(func(ctx context.Context) error {
			calls++
			if ctx.Err() == nil || ctx.Value(worldKey{}) != "value" {
				t.Errorf("RUN-12: context %v", ctx)
			}
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			return ctx.Err()
		}, lifecycle.WithContext(parent), lifecycle.WithDrainDelay(time.Second))
		if err != nil || calls != 1 {
			t.Errorf("RUN-12: Run returned %v after %d calls of main", err, calls)
		}
		w.expect("0s hook")
		w.expectPath("0s stop_requested draining", "0s drained hooks", "0s hooks_finished stopped")
	})
}

type worldKey struct{}

func TestContextDoesNotHaveTheParentsDeadline(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		parent, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := w.run(func(ctx context.Context) error {
			if _, ok := ctx.Deadline(); ok {
				t.Error("RUN-2: the context has the parent's deadline")
			}
			<-ctx.Done()
			w.note("cancelled by %v", context.Cause(ctx))
			return context.Cause(ctx)
		}, lifecycle.WithContext(parent))
		if err != nil {
			t.Errorf("Run returned %v", err)
		}
		w.expect("1s cancelled by context deadline exceeded")
	})
}
