package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

var errBoom = errors.New("boom")

func TestRunReturnsWhatMainEndedWith(t *testing.T) {
	for name, tc := range map[string]struct {
		main func(context.Context) error
		want func(error) bool
	}{
		"RUN-6: nil is nil":                         {func(context.Context) error { return nil }, func(err error) bool { return err == nil }},
		"RUN-6: the only error keeps its identity":  {func(context.Context) error { return errBoom }, func(err error) bool { return err == errBoom }},
		"RUN-5: Goexit is an error":                 {func(context.Context) error { runtime.Goexit(); return nil }, func(err error) bool { return err == lifecycle.ErrGoexit }},
		"RUN-4: a panic is an error with its value": {func(context.Context) error { panic("boom") }, isPanic("boom")},
		"RUN-4: a panicked error is unwrapped":      {func(context.Context) error { panic(errBoom) }, func(err error) bool { return errors.Is(err, errBoom) }},
		"RUN-4: a nil panic is an error too": {func(context.Context) error { panic(nil) }, func(err error) bool {
			var nilPanic *runtime.PanicNilError
			return errors.As(err, &nilPanic)
		}},
		"RUN-7: before a stop, context.Canceled is an error": {func(context.Context) error { return context.Canceled }, func(err error) bool { return err == context.Canceled }},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
					sleep(1)
					return tc.main(ctx)
				})
				if !tc.want(err) {
					t.Errorf("Run returned %v", err)
				}
				w.expect("1s hook") // RUN-3
				w.expectPath("0s started running", "1s main_exited draining", "1s drained hooks", "1s hooks_finished stopped")
			})
		})
	}
}

func isPanic(value any) func(error) bool {
	return func(err error) bool {
		var p *lifecycle.PanicError
		return errors.As(err, &p) && p.Value == value &&
			strings.Contains(p.Place, "run_test.go:") && strings.Contains(string(p.Stack), "run_test.go")
	}
}

func TestAPanicOfTheRuntimesOwnIsPlacedWhereItHappened(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(context.Context) error {
			var none []int
			return fmt.Errorf("%d", none[len(os.Args)])
		})
		var p *lifecycle.PanicError
		if !errors.As(err, &p) || !strings.Contains(p.Place, "run_test.go:") {
			t.Errorf("Run returned %v", err)
		}
		var re runtime.Error
		if !errors.As(err, &re) {
			t.Errorf("the runtime's error is not found in %v", err)
		}
		w.expectLog("ERROR", "main panicked", "stack=")
	})
}

func TestTheContextIsCancelledWithTheCauseOfTheStop(t *testing.T) {
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
				w.expectLog("DEBUG", "main ended clean", "main: ")
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

func TestAnErrorOfMainAfterAStopIsAnErrorUnlessEveryLeafIsClean(t *testing.T) {
	for name, tc := range map[string]struct {
		err   error
		clean bool
	}{
		"RUN-7: http.ErrServerClosed":         {http.ErrServerClosed, true},
		"RUN-7: context.Canceled, wrapped":    {fmt.Errorf("x: %w", context.Canceled), true},
		"RUN-7: both joined":                  {errors.Join(http.ErrServerClosed, context.Canceled), true},
		"RUN-7: one leaf that is not":         {errors.Join(http.ErrServerClosed, io.EOF), false},
		"RUN-7: a deadline is not":            {context.DeadlineExceeded, false},
		"RUN-7: an error that panics":         {panickyError{}, false},
		"RUN-7: an error with nothing joined": {emptyJoin{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					lifecycle.Stop(ctx, nil)
					return tc.err
				})
				if (err == nil) != tc.clean || err != nil && err != tc.err {
					t.Errorf("Run returned %#v", err)
				}
			})
		})
	}
}

type panickyError struct{}

func (panickyError) Error() string { return "panicky" }
func (panickyError) Unwrap() error { panic("no") }

type emptyJoin struct{}

func (emptyJoin) Error() string   { return "nothing" }
func (emptyJoin) Unwrap() []error { return nil }

func TestErrorsAreJoinedInOrder(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		release := make(chan struct{})
		defer close(release)
		named := func(name string) error { return errors.New(name) }
		var group *sync.WaitGroup
		defer func() { group.Done() }()
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { <-release; return nil })
			lifecycle.OnShutdown(ctx, func() error { return named("hook 1") })
			lifecycle.OnShutdown(ctx, func() error { return named("hook 2") })
			group = lifecycle.DrainGroup(ctx)
			group.Add(1)
			lifecycle.Stop(ctx, nil)
			lifecycle.Go(ctx, func(context.Context) error { sleep(2); return named("task late") })
			lifecycle.Go(ctx, func(context.Context) error { sleep(1); return named("task early") })
			<-ctx.Done()
			sleep(3)
			lifecycle.Stop(ctx, named("stop"))
			return named("main")
		})
		tree, ok := err.(interface{ Unwrap() []error })
		if !ok {
			t.Fatalf("RUN-6: not a tree: %v", err)
		}
		for i, part := range []string{"main", "stop", "task early", "task late", "drain group made", "hook 2", "hook 1", "still running after 10s"} {
			if i >= len(tree.Unwrap()) || !strings.Contains(tree.Unwrap()[i].Error(), part) {
				t.Errorf("RUN-6: error %d should have %q: %v", i, part, err)
			}
		}
	})
}

func TestMainThatNeverComesBackDoesNotKeepRun(t *testing.T) {
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

func TestBadArgumentsAreNamedAndMainIsNotCalled(t *testing.T) {
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
	} {
		t.Run("RUN-8: "+want, func(t *testing.T) {
			err := lifecycle.Run(func(context.Context) error { t.Error("main was called"); return nil }, opt)
			if err == nil || !strings.HasPrefix(err.Error(), "lifecycle: ") || !strings.Contains(err.Error(), want) {
				t.Errorf("Run returned %v", err)
			}
		})
	}
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

func TestAParentThatIsCancelledBeforeRun(t *testing.T) {
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

func TestTheParentsDeadlineIsNotTheContexts(t *testing.T) {
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

func TestManualStart(t *testing.T) {
	t.Run("RUN-13: the state is Starting until MarkStarted", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			err := w.run(func(ctx context.Context) error {
				sleep(1)
				lifecycle.MarkStarted(ctx)
				src, _ := fsm.FromContext(ctx)
				if src.State() != fsm.Running {
					t.Errorf("MarkStarted returned in state %v", src.State())
				}
				lifecycle.MarkStarted(ctx)
				sleep(1)
				return nil
			}, lifecycle.WithManualStart())
			if err != nil {
				t.Error(err)
			}
			w.expectPath("1s started running", "2s main_exited draining", "2s drained hooks", "2s hooks_finished stopped")
		})
	})
	t.Run("RUN-13: a stop before that goes straight to Draining", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			err := w.run(func(ctx context.Context) error {
				lifecycle.Stop(ctx, nil)
				lifecycle.MarkStarted(ctx)
				sleep(1)
				return nil
			}, lifecycle.WithManualStart())
			if err != nil {
				t.Error(err)
			}
			w.expectPath("0s stop_requested draining", "1s drained hooks", "1s hooks_finished stopped")
		})
	})
}

func TestStatesAreVisibleInTime(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var src fsm.Source
		err := w.run(func(ctx context.Context) error {
			src, _ = fsm.FromContext(ctx)
			if _, drives := src.(interface {
				Fire(fsm.Event) (fsm.Step, error)
			}); drives {
				t.Error("STATE-3: the context carries a machine that can be fired")
			}
			w.note("main in %v", src.State())
			context.AfterFunc(ctx, func() { w.note("cancelled in %v", src.State()) })
			lifecycle.OnShutdown(ctx, func() error { w.note("hook in %v", src.State()); return nil })
			lifecycle.Stop(ctx, nil)
			sleep(1)
			return nil
		})
		w.note("returned in %v, %v", src.State(), err)
		w.expect("0s main in running", "0s cancelled in draining", "1s hook in hooks", "1s returned in stopped, <nil>")
	})
}

func TestObserversBlockNothing(t *testing.T) {
	for name, observe := range map[string]func(w *world, ctx context.Context){
		"slow":                         func(*world, context.Context) { sleep(0.02) },
		"panics":                       func(*world, context.Context) { panic("observer") },
		"calls Goexit":                 func(*world, context.Context) { runtime.Goexit() },
		"calls back into the library":  func(_ *world, ctx context.Context) { lifecycle.Stop(ctx, nil); lifecycle.MarkStarted(ctx) },
		"never comes back until later": func(*world, context.Context) { sleep(60) },
	} {
		t.Run("STATE-4: an observer that "+name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				var ctx context.Context
				err := w.run(func(c context.Context) error {
					ctx = c
					sleep(1)
					return nil
				}, lifecycle.WithManualStart(), lifecycle.WithObserver(func(s fsm.Step) {
					w.note("%v", s.To)
					observe(w, ctx)
				}))
				if err != nil {
					t.Error(err)
				}
				w.expectPath("1s main_exited draining", "1s drained hooks", "1s hooks_finished stopped")
				if took := time.Since(w.began); took > 1100*time.Millisecond {
					t.Errorf("Run returned after %v", took)
				}
				sleep(300)
				w.mu.Lock()
				defer w.mu.Unlock()
				if len(w.notes) != 3 {
					t.Errorf("the observer saw %q", w.notes)
				}
			})
		})
	}
}
