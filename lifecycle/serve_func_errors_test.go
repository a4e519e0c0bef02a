package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// leaves counts how often target is in the tree of err.
func leaves(err, target error) (n int) {
	if err == target {
		return 1
	}
	switch x := err.(type) {
	case interface{ Unwrap() []error }:
		for _, e := range x.Unwrap() {
			n += leaves(e, target)
		}
	case interface{ Unwrap() error }:
		n += leaves(x.Unwrap(), target)
	}
	return n
}

// How ServeFunc may be called. Each returns what main does.
var callers = map[string]func(ctx context.Context, serve func() error) error{
	"as main": func(ctx context.Context, serve func() error) error { return serve() },
	"as main, which wraps its error": func(ctx context.Context, serve func() error) error {
		if err := serve(); err != nil {
			return fmt.Errorf("serving: %w", err)
		}
		return nil
	},
	"as a task": func(ctx context.Context, serve func() error) error {
		lifecycle.Go(ctx, func(context.Context) error { return serve() })
		<-ctx.Done()
		return ctx.Err()
	},
	"on a goroutine whose result is ignored": func(ctx context.Context, serve func() error) error {
		go func() { _ = serve() }()
		<-ctx.Done()
		return context.Cause(ctx)
	},
}

type uncomparable []string

func (uncomparable) Error() string { return "uncomparable" }

func TestServeReturningBeforeAStopRequestsOne(t *testing.T) {
	for name, tc := range map[string]struct {
		serve func() error
		want  error // nil: a clean stop
		count bool  // want is in the result as it is, and can be counted
	}{
		"nil":                             {func() error { return nil }, nil, false},
		"an error":                        {func() error { return errBoom }, errBoom, true},
		"what is clean only after a stop": {func() error { return http.ErrServerClosed }, http.ErrServerClosed, true},
		"a panic":                         {func() error { panic(errBoom) }, errBoom, true},
		"Goexit":                          {func() error { runtime.Goexit(); return nil }, lifecycle.ErrGoexit, true},
	} {
		for how, call := range callers {
			t.Run(name+" "+how, func(t *testing.T) {
				inVirtualTime(t, func(w *world) {
					var place string
					var cause, returned error
					err := w.run(func(ctx context.Context) error {
						context.AfterFunc(ctx, func() { cause = context.Cause(ctx) })
						return call(ctx, func() error {
							place = here(1)
							returned = lifecycle.ServeFunc(ctx, func() error { sleep(3); return tc.serve() },
								func(ctx context.Context) error { w.note("shutdown"); return nil }, nil)
							return returned
						})
					}, lifecycle.WithDrainDelay(time.Second))
					w.expect("4s shutdown") // at the cancel
					w.expectPath("0s started running", "3s stop_requested draining", "4s drained hooks", "4s hooks_finished stopped")
					if tc.want == nil {
						if err != nil || returned != nil || cause != context.Canceled {
							t.Errorf("Run returned %v, ServeFunc %v, the cause is %v", err, returned, cause)
						}
						return
					}
					var task *lifecycle.TaskError
					if !errors.As(cause, &task) || task.Place != place || !errors.Is(task, tc.want) || !errors.Is(returned, tc.want) {
						t.Errorf("the cause is %v, of the call at %s; ServeFunc returned %v", cause, place, returned)
					}
					if n := leaves(err, tc.want); n != 1 || err != error(task) {
						t.Errorf("%d times in Run's result %v", n, err)
					}
				})
			})
		}
	}
}

func TestWhatServeReturnsAfterAStop(t *testing.T) {
	errClean := errors.New("the server was stopped")
	for name, tc := range map[string]struct {
		err   error
		clean bool
	}{
		"RUN-7: http.ErrServerClosed":        {http.ErrServerClosed, true},
		"RUN-7: what the user calls clean":   {fmt.Errorf("serve: %w", errClean), true},
		"RUN-7: nil":                         {nil, true},
		"HTTP-8: an error":                   {errBoom, false},
		"HTTP-8: an error without a pointer": {uncomparable{"text"}, false},
	} {
		for how, call := range callers {
			t.Run(name+" "+how, func(t *testing.T) {
				inVirtualTime(t, func(w *world) {
					var returned error
					time.AfterFunc(time.Second, func() { w.signals <- syscall.SIGTERM })
					err := w.run(func(ctx context.Context) error {
						return call(ctx, func() error {
							returned = lifecycle.ServeFunc(ctx, func() error { <-ctx.Done(); sleep(1); return tc.err },
								func(context.Context) error { return nil }, nil)
							return returned
						})
					}, lifecycle.WithCleanError(func(err error) bool { return err == errClean }))
					synctest.Wait()
					if tc.clean {
						if err != nil || returned != nil {
							t.Errorf("Run returned %v, ServeFunc %v", err, returned)
						}
						return
					}
					var task *lifecycle.TaskError
					if !errors.As(err, &task) || fmt.Sprint(task.Err) != fmt.Sprint(tc.err) || !strings.Contains(fmt.Sprint(returned), fmt.Sprint(tc.err)) {
						t.Errorf("Run returned %v, ServeFunc %v", err, returned)
					}
					if err != error(task) {
						t.Errorf("more than once in Run's result: %v", err)
					}
				})
			})
		}
	}
}

func TestErrorsOfShutdownAndCloseNowJoinTheResultOnce(t *testing.T) {
	ok := func() error { return nil }
	for name, tc := range map[string]struct {
		shutdown func() error
		closeNow func() error
		want     []error
		text     string
	}{
		"an error of shutdown":  {func() error { return errBoom }, ok, []error{errBoom}, "shutdown: boom"},
		"a panic of shutdown":   {func() error { panic(errBoom) }, ok, []error{errBoom}, "shutdown: lifecycle: panic at"},
		"Goexit of shutdown":    {func() error { runtime.Goexit(); return nil }, ok, []error{lifecycle.ErrGoexit}, "shutdown: "},
		"a clean end":           {func() error { return http.ErrServerClosed }, ok, nil, ""},
		"an error of closeNow":  {nil, func() error { return errBoom }, []error{errBoom, lifecycle.ErrDrainTimeout}, "closeNow: boom"},
		"a panic of closeNow":   {nil, func() error { panic(errBoom) }, []error{errBoom, lifecycle.ErrDrainTimeout}, "closeNow: lifecycle: panic at"},
		"Goexit of closeNow":    {nil, func() error { runtime.Goexit(); return nil }, []error{lifecycle.ErrGoexit, lifecycle.ErrDrainTimeout}, "closeNow: "},
		"a clean end of a cut":  {nil, func() error { return http.ErrServerClosed }, []error{lifecycle.ErrDrainTimeout}, ""},
		"of both, and of serve": {func() error { return errBoom }, ok, []error{errBoom}, "shutdown: boom"},
	} {
		t.Run("HTTP-8: "+name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				time.AfterFunc(time.Second, func() { w.signals <- syscall.SIGTERM })
				var place string
				var returned error
				err := w.run(func(ctx context.Context) error {
					place = here(1)
					returned = lifecycle.ServeFunc(ctx, func() error { <-ctx.Done(); return ctx.Err() }, func(ctx context.Context) error {
						if tc.shutdown == nil {
							<-ctx.Done()
							return context.Cause(ctx)
						}
						return tc.shutdown()
					}, tc.closeNow)
					return returned
				})
				if returned != nil {
					t.Errorf("ServeFunc returned %v, which is not serve's error", returned)
				}
				for _, want := range tc.want {
					if !errors.Is(err, want) {
						t.Errorf("Run returned %v, want %v in it", err, want)
					}
				}
				if _, alone := err.(*lifecycle.DrainTimeoutError); !alone && name == "a clean end of a cut" {
					t.Errorf("Run returned %v, want the drain timeout alone", err)
				}
				if len(tc.want) == 0 && err != nil {
					t.Errorf("Run returned %v", err)
				}
				if tc.text != "" && strings.Count(err.Error(), "task started at "+place+": "+tc.text) != 1 {
					t.Errorf("Run returned %v, want once %q of the call at %s", err, tc.text, place)
				}
				if strings.Contains(name, "panic") {
					w.expectLog("ERROR", "panicked", "serve_func_errors_test.go")
				}
			})
		})
	}
}

// A Goexit of main is not the one of serve that it was given the error of.
func TestTwoGoexitsAreTwoErrors(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			_ = lifecycle.ServeFunc(ctx, func() error { runtime.Goexit(); return nil }, func(context.Context) error { return nil }, nil)
			runtime.Goexit()
			return nil
		})
		if leaves(err, lifecycle.ErrGoexit) != 2 {
			t.Errorf("Run returned %v", err)
		}
	})
}

// Two servers that fail: main can only return one of the errors, or both.
func TestTwoServeFuncs(t *testing.T) {
	errOther := errors.New("other")
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			errs := make(chan error, 2)
			for _, serve := range []func() error{func() error { sleep(1); return errBoom }, func() error { sleep(1); sleep(1); return errOther }} {
				go func() { errs <- lifecycle.ServeFunc(ctx, serve, func(context.Context) error { return nil }, nil) }()
			}
			return errors.Join(<-errs, <-errs)
		})
		if leaves(err, errBoom) != 1 || leaves(err, errOther) != 1 {
			t.Errorf("Run returned %v", err)
		}
	})
}
