package lifecycle_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// misbehavingError is an error whose methods call bad.
type misbehavingError struct{ bad func() }

func (*misbehavingError) Error() string          { return "bad" }
func (e *misbehavingError) Unwrap() []error      { e.bad(); return nil }
func (e *misbehavingError) Is(target error) bool { e.bad(); return false }

// failingMains are mains by whose run an error of the user's comes to the library.
func failingMains() map[string]func(ctx context.Context, err error) error {
	return map[string]func(ctx context.Context, err error) error{
		"main": func(_ context.Context, err error) error { return err },
		"a task": func(ctx context.Context, err error) error {
			lifecycle.Go(ctx, func(context.Context) error { return err })
			<-ctx.Done()
			return nil
		},
		"a hook": func(ctx context.Context, err error) error {
			lifecycle.OnShutdown(ctx, func() error { return err })
			return nil
		},
		"main, in a panic":   func(_ context.Context, err error) error { panic(err) },
		"main, after a stop": func(ctx context.Context, err error) error { lifecycle.Stop(ctx, nil); return err },
		"Stop":               func(ctx context.Context, err error) error { lifecycle.Stop(ctx, err); return nil },
	}
}

// Whatever an error of the user's does when it is looked at, it is reported, and
// Run goes on (STATE-2, RUN-6, HOOK-2).
func TestErrorsWithMisbehavingMethods(t *testing.T) {
	for name, bad := range map[string]func(ctx context.Context){
		"panic":       func(context.Context) { panic("boom") },
		"call Goexit": func(context.Context) { runtime.Goexit() },
		"call Stop":   func(ctx context.Context) { lifecycle.Stop(ctx, nil) },
	} {
		for where, main := range failingMains() {
			t.Run("errors that "+name+", of "+where, func(t *testing.T) {
				inVirtualTime(t, func(w *world) {
					err := w.run(func(ctx context.Context) error {
						lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
						return main(ctx, &misbehavingError{func() { bad(ctx) }})
					})
					if err == nil || !strings.Contains(err.Error(), "bad") {
						t.Errorf("Run returned %v", err)
					}
					w.expect("0s hook")
				})
			})
		}
	}
}

func TestCleanErrorFunctionsThatCallGoexit(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(context.Context) error { return errBoom }, lifecycle.WithCleanError(func(error) bool { runtime.Goexit(); return true }))
		if err != errBoom {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestExitCodeOfAnErrorThatPanics(t *testing.T) {
	for _, err := range []error{(*lifecycle.HookError)(nil), &misbehavingError{func() { panic("boom") }}} {
		if got := lifecycle.ExitCode(err); got != 1 {
			t.Errorf("RUN-14: %d, want 1", got)
		}
	}
}

// customContext is a parent context of the user's own making.
type customContext struct {
	context.Context
	err func() error
}

func (s customContext) Err() error { return s.err() }

func TestMisbehavingParentContextDoesNotBlockRun(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		parent, cancel := context.WithCancel(context.Background())
		cancelled := false
		err := w.run(func(ctx context.Context) error {
			time.AfterFunc(time.Second, func() { cancelled = true; cancel() })
			time.AfterFunc(2*time.Second, func() { lifecycle.Stop(ctx, nil) })
			<-ctx.Done()
			w.note("cancelled")
			return nil
		}, lifecycle.WithContext(customContext{parent, func() error {
			if cancelled {
				panic("boom")
			}
			return nil
		}}))
		if err != nil {
			t.Errorf("Run returned %v", err)
		}
		w.expect("1s cancelled")
	})
}

// A service sets its default logger in main, after Run was entered.
func TestDefaultLoggerIsLookedUpForEachRecord(t *testing.T) {
	book := &logRecorder{}
	restoreDefaultLog(t)
	_ = lifecycle.Run(func(ctx context.Context) error {
		slog.SetDefault(slog.New(book))
		lifecycle.OnShutdown(ctx, func() error { return errBoom })
		return nil
	}, lifecycle.WithSignals())
	if !book.has("ERROR", "hook failed", "boom") {
		t.Errorf("the log has:\n%s", book)
	}
}

// A logger may hand its records on; then its calls come from elsewhere (STATE-4).
func TestAsyncLoggerThatCallsBackDoesNotRecurseForever(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var run atomic.Pointer[context.Context]
		records := make(chan error, 10_000)
		log := &recursiveLogger{library: func(err error) { records <- err }}
		go func() {
			for range records {
				if ctx := run.Load(); ctx != nil {
					_, _ = lifecycle.Track(*ctx)
				}
			}
		}()
		_ = lifecycle.Run(func(ctx context.Context) error {
			run.Store(&ctx)
			lifecycle.OnShutdown(ctx, func() error { sleep(1); return nil })
			return nil
		}, lifecycle.WithSignalSource(w.signals), lifecycle.WithLogger(slog.New(log)))
		sleep(10)
		if n := log.calls.Load(); n > 200 {
			t.Errorf("the logger was called %d times", n)
		}
		close(records)
	})
}

// HOOK-6: a hook that returns in time has not exceeded its timeout, however
// many others have one.
func TestHookTimeoutsOfManyHooks(t *testing.T) {
	err := lifecycle.Run(func(ctx context.Context) error {
		for range 20_000 {
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { return nil }, lifecycle.HookTimeout(time.Second))
		}
		return nil
	}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet), lifecycle.WithShutdownTimeout(time.Minute))
	if err != nil {
		t.Error(err)
	}
}

// LOG-1: a go statement leaves no trace in the goroutine that it starts.
func TestGoStatementHasNoRuntimeCallSite(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			go lifecycle.OnShutdown(ctx, func() error { return errBoom })
			sleep(1)
			go lifecycle.Stop(ctx, nil)
			<-ctx.Done()
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "registered at a go statement") {
			t.Errorf("Run returned %v", err)
		}
		w.expectLog("draining", "at=a go statement")
		w.expectNoLog("asm_")
	})
}

func TestPanicOfTheDefaultLoggerIsContained(t *testing.T) {
	restoreDefaultLog(t)
	slog.SetDefault(slog.New(panickingLogger{}))
	if _, ok := lifecycle.Track(context.Background()); ok { // HOOK-9
		t.Error("tracked")
	}
}

type panickingLogger struct{ slog.Handler }

func (panickingLogger) Enabled(context.Context, slog.Level) bool { panic("boom") }

// RUN-14
func TestSignalErrorIsJoinedOnce(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		w.signals <- os.Interrupt
		err := w.run(func(ctx context.Context) error {
			<-ctx.Done()
			lifecycle.Stop(ctx, context.Cause(ctx))
			return context.Cause(ctx)
		}, lifecycle.WithSignalError())
		var signal *lifecycle.SignalError
		if !errors.As(err, &signal) || err != error(signal) {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestSignalsThatCannotBeCaughtAreRefused(t *testing.T) {
	err := lifecycle.Run(func(context.Context) error { return nil }, lifecycle.WithSignals(os.Interrupt, os.Kill))
	if err == nil || !strings.Contains(err.Error(), "WithSignals: signal 2, killed, cannot be caught") {
		t.Errorf("RUN-8: Run returned %v", err)
	}
}

// A second and third timer that are due at once must not wait for each other.
func TestHookContextHasDeadlineAndCause(t *testing.T) {
	for name, tc := range map[string]struct {
		timeout time.Duration
		want    string
	}{
		"HOOK-5: the phase's":     {0, "10s left, then context deadline exceeded: lifecycle: shutdown timeout, at 10s"},
		"HOOK-6: its own":         {3 * time.Second, "3s left, then context deadline exceeded: lifecycle: shutdown timeout, at 3s"},
		"HOOK-5: whichever first": {30 * time.Second, "10s left, then context deadline exceeded: lifecycle: shutdown timeout, at 10s"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				_ = w.run(func(ctx context.Context) error {
					lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
						deadline, _ := ctx.Deadline()
						left := time.Until(deadline)
						<-ctx.Done()
						w.note("%v left, then %v: %v, at %v", left, ctx.Err(), context.Cause(ctx), time.Since(w.began))
						return nil
					}, lifecycle.HookTimeout(tc.timeout))
					return nil
				})
				sleep(1)
				w.mu.Lock()
				defer w.mu.Unlock()
				if len(w.notes) != 1 || !strings.HasSuffix(w.notes[0], tc.want) {
					t.Errorf("%q, want %q", w.notes, tc.want)
				}
			})
		})
	}
}

// hangingError is an error whose text does not come before release is closed.
type hangingError struct{ release <-chan struct{} }

func (e *hangingError) Error() string { <-e.release; return "a text that comes late" }

// The text of an error of the user's is not asked for where the library would have to
// wait for it (STATE-2, STATE-4).
func TestErrorsWhoseTextHangsHoldNothingUp(t *testing.T) {
	for where, main := range failingMains() {
		t.Run(where, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				release := make(chan struct{})
				bad := &hangingError{release}
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
					return main(ctx, bad)
				})
				if took := time.Since(w.began); took > 200*time.Millisecond {
					t.Errorf("Run returned after %v", took)
				}
				close(release)
				if err == nil || !strings.Contains(err.Error(), "a text that comes late") {
					t.Errorf("Run returned %v", err)
				}
				w.expect("0s hook")
				time.Sleep(time.Second) // for what is still to be written
			})
		})
	}
}
