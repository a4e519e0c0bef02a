package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/lifecycle"
)

// funcs is a server by functions that writes down what is called.
type funcs struct {
	*world
	requests sync.WaitGroup
	stopped  chan struct{} // closed by shutdown
	closed   chan struct{} // closed by closeNow
}

func newFuncs(w *world) *funcs {
	return &funcs{world: w, stopped: make(chan struct{}), closed: make(chan struct{})}
}

// request is one that has been accepted, and is answered after so many seconds
// unless it is cut.
func (f *funcs) request(seconds float64) {
	f.requests.Go(func() {
		select {
		case <-time.After(time.Duration(seconds * float64(time.Second))):
			f.note("answered")
		case <-f.closed:
			f.note("cut")
		}
	})
}

func (f *funcs) serve() error {
	f.note("serve")
	<-f.stopped
	f.requests.Wait()
	return http.ErrServerClosed
}

func (f *funcs) shutdown(ctx context.Context) error {
	f.note("shutdown")
	close(f.stopped)
	idle := make(chan struct{})
	go func() { defer close(idle); f.requests.Wait() }()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (f *funcs) closeNow() error {
	f.note("close")
	close(f.closed)
	return nil
}

// TestServeFunc is HTTP-8.
func TestServeFunc(t *testing.T) {
	for name, tc := range map[string]struct {
		request float64
		signals []float64
		opts    []lifecycle.Option
		want    error
		happens []string
	}{
		"without a request the stop is at once": {
			signals: []float64{3},
			happens: []string{"0s serve", "3s shutdown", "3s returned <nil>", "3s hook"},
		},
		"a request is answered before the hook": {
			request: 10, signals: []float64{3},
			happens: []string{"0s serve", "3s shutdown", "10s answered", "10s returned <nil>", "10s hook"},
		},
		"shutdown waits for the drain delay": {
			request: 10, signals: []float64{3}, opts: []lifecycle.Option{lifecycle.WithDrainDelay(5 * time.Second)},
			happens: []string{"0s serve", "8s shutdown", "10s answered", "10s returned <nil>", "10s hook"},
		},
		"a request is cut at the drain timeout, before the hook": {
			request: 100, signals: []float64{3}, want: lifecycle.ErrDrainTimeout,
			happens: []string{"0s serve", "3s shutdown", "18s close", "18s cut", "18s returned <nil>", "18s hook"},
		},
		"or when a signal forces it": {
			request: 100, signals: []float64{3, 4}, want: lifecycle.ErrForced,
			happens: []string{"0s serve", "3s shutdown", "4s close", "4s cut", "4s returned <nil>", "4s hook"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				f, place := newFuncs(w), ""
				for _, at := range tc.signals {
					time.AfterFunc(time.Duration(at*float64(time.Second)), func() { w.signals <- os.Interrupt })
				}
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
					if tc.request > 0 {
						f.request(tc.request)
					}
					place = here(1)
					err := lifecycle.ServeFunc(ctx, f.serve, f.shutdown, f.closeNow)
					w.note("returned %v", err)
					return err
				}, tc.opts...)
				if !errors.Is(err, tc.want) || tc.want != nil && !strings.Contains(err.Error(), "task begun at "+place) {
					t.Errorf("Run returned %v, want %v of the call at %s", err, tc.want, place)
				}
				w.expect(tc.happens...)
			})
		})
	}
}

func TestAServerByFunctionsThatDoesNotEndIsNotWaitedForLong(t *testing.T) {
	hangs := func() error { time.Sleep(time.Hour); return nil }
	hangsToo := func(context.Context) error { return hangs() }
	ends := func() error { return nil }
	heeds := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, tc := range map[string]struct {
		shutdownTimeout time.Duration
		serve           func() error // once the service is stopping
		shutdown        func(context.Context) error
		closeNow        func() error
		hook            string
		abandoned       bool
	}{
		"HTTP-8: closeNow is nil, and serve goes on":   {10 * time.Second, hangs, heeds, nil, "16.1s hook", true},
		"HTTP-8: closeNow does nothing":                {10 * time.Second, hangs, heeds, ends, "16.1s hook", true},
		"HTTP-2: a tenth of the shutdown timeout":      {500 * time.Millisecond, hangs, heeds, ends, "16.05s hook", true},
		"HTTP-8: closeNow hangs":                       {10 * time.Second, ends, heeds, hangs, "16.1s hook", true},
		"HTTP-8: shutdown hangs":                       {10 * time.Second, ends, hangsToo, ends, "16.1s hook", true},
		"HTTP-8: all three hang":                       {10 * time.Second, hangs, hangsToo, hangs, "16.1s hook", true},
		"HTTP-8: shutdown ends with its context":       {10 * time.Second, ends, heeds, nil, "16s hook", false},
		"HTTP-8: closeNow is waited for if it is slow": {10 * time.Second, ends, heeds, func() error { sleep(0.05); return nil }, "16.05s hook", false},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				place := ""
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
					time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
					place = here(1)
					return lifecycle.ServeFunc(ctx, func() error { <-ctx.Done(); return tc.serve() }, tc.shutdown, tc.closeNow)
				}, lifecycle.WithShutdownTimeout(tc.shutdownTimeout))
				if !errors.Is(err, lifecycle.ErrDrainTimeout) || errors.Is(err, lifecycle.ErrMainRunning) || !strings.Contains(err.Error(), place) {
					t.Errorf("Run returned %v, of the call at %s", err, place)
				}
				w.expect(tc.hook)
				if w.log.has("WARN", "a server has not ended", place) != tc.abandoned {
					t.Errorf("abandoned: %v; the log:\n%s", tc.abandoned, w.log)
				}
				time.Sleep(2 * time.Hour) // what was abandoned ends some day
			})
		})
	}
}

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
	"on a goroutine whose result nobody takes": func(ctx context.Context, serve func() error) error {
		go func() { _ = serve() }()
		<-ctx.Done()
		return context.Cause(ctx)
	},
}

type uncomparable struct{ text []string }

func (uncomparable) Error() string { return "uncomparable" }

func TestAServeThatReturnsBeforeAStopRequestsOne(t *testing.T) {
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
					synctest.Wait()
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
		"HTTP-8: an error without a pointer": {uncomparable{}, false},
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
				if tc.text != "" && strings.Count(err.Error(), "task begun at "+place+": "+tc.text) != 1 {
					t.Errorf("Run returned %v, want once %q of the call at %s", err, tc.text, place)
				}
				if strings.Contains(name, "panic") {
					w.expectLog("ERROR", "panicked", "serve_func_test.go")
				}
			})
		})
	}
}

// A Goexit of main is not the one of serve that it was given the error of.
func TestTwoGoexitsAreTwo(t *testing.T) {
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

// Nothing but the end of the server says that the hook may begin.
func TestTheHookBeginsAsSoonAsTheServerIsCut(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		time.AfterFunc(time.Second, func() { w.signals <- syscall.SIGTERM })
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			cut := make(chan struct{})
			go func() {
				_ = lifecycle.ServeFunc(ctx, func() error { <-cut; return nil }, func(context.Context) error { <-cut; return nil },
					func() error { sleep(0.03125); close(cut); return nil })
			}()
			<-ctx.Done()
			return nil
		})
		if !errors.Is(err, lifecycle.ErrDrainTimeout) {
			t.Error(err)
		}
		w.expect("16.03125s hook")
	})
}

// Two servers that fail: main can only return one of the errors, or both.
func TestTwoServersByFunctions(t *testing.T) {
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

func TestServeFuncEndsWithTheRunWhateverItsContext(t *testing.T) {
	for name, derive := range map[string]func(context.Context) context.Context{
		"main's":             func(ctx context.Context) context.Context { return ctx },
		"without its cancel": context.WithoutCancel,
		"a work context":     lifecycle.WorkContext,
	} {
		t.Run("HTTP-8: "+name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				f := newFuncs(w)
				time.AfterFunc(time.Second, func() { w.signals <- syscall.SIGTERM })
				err := w.run(func(ctx context.Context) error {
					return lifecycle.ServeFunc(derive(ctx), f.serve, f.shutdown, f.closeNow)
				})
				if err != nil {
					t.Error(err)
				}
				w.expect("0s serve", "1s shutdown")
			})
		})
	}
	t.Run("one that ends before the run ends the server alone", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			f := newFuncs(w)
			err := w.run(func(ctx context.Context) error {
				sooner, cancel := context.WithCancelCause(ctx)
				time.AfterFunc(time.Second, func() { cancel(errBoom) })
				if err := lifecycle.ServeFunc(sooner, func() error { _ = f.serve(); return context.Cause(sooner) }, f.shutdown, nil); err != nil {
					t.Error(err)
				}
				if ctx.Err() != nil {
					t.Error("the service is stopped")
				}
				sleep(1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			w.expect("0s serve", "1s shutdown")
			w.expectPath("0s started running", "2s main_exited draining", "2s drained hooks", "2s hooks_finished stopped")
		})
	})
	t.Run("the context of shutdown has its values", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			type key struct{}
			err := w.run(func(ctx context.Context) error {
				time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
				return lifecycle.ServeFunc(context.WithValue(ctx, key{}, "value"), func() error { <-ctx.Done(); return nil }, func(ctx context.Context) error {
					if ctx.Value(key{}) != "value" || ctx.Err() != nil {
						t.Error(ctx.Value(key{}), ctx.Err())
					}
					return nil
				}, nil)
			})
			if err != nil {
				t.Error(err)
			}
		})
	})
}

func TestServeFuncRefuses(t *testing.T) {
	serve, shutdown := func() error { t.Error("serve is called"); return nil }, func(context.Context) error { t.Error("shutdown is called"); return nil }
	t.Run("HTTP-8: functions that are nil", func(t *testing.T) {
		err := lifecycle.Run(func(ctx context.Context) error {
			if err := lifecycle.ServeFunc(ctx, nil, shutdown, nil); err == nil || err.Error() != "lifecycle: ServeFunc: serve is nil" {
				t.Error(err)
			}
			if err := lifecycle.ServeFunc(ctx, serve, nil, nil); err == nil || err.Error() != "lifecycle: ServeFunc: shutdown is nil" {
				t.Error(err)
			}
			return nil
		}, lifecycle.WithSignals())
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("HOOK-9: a context that does not come from Run", func(t *testing.T) {
		log := defaultLog(t)
		var none context.Context
		for _, ctx := range []context.Context{context.Background(), none} {
			if err := lifecycle.ServeFunc(ctx, serve, shutdown, nil); err == nil || !strings.Contains(err.Error(), "does not come from Run") {
				t.Error(err)
			}
		}
		if !log.has("ERROR", "ServeFunc: the context does not come from Run", "serve_func_test.go:") {
			t.Errorf("the log:\n%s", log)
		}
	})
	t.Run("DRAIN-3: after Draining", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			err := w.run(func(ctx context.Context) error {
				lifecycle.OnShutdown(ctx, func() error { return lifecycle.ServeFunc(ctx, serve, shutdown, nil) })
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			w.expectLog("ERROR", "server after Draining is refused", "serve_func_test.go:")
		})
	})
	t.Run("HTTP-8: a server that would be stopped at once is not begun", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			parent, cancel := context.WithCancel(context.Background())
			cancel()
			err := w.run(func(ctx context.Context) error { return lifecycle.ServeFunc(ctx, serve, shutdown, nil) }, lifecycle.WithContext(parent))
			if err != nil {
				t.Error(err)
			}
		})
	})
}

// Whatever the functions do and when, the hook begins when all three have
// returned, or after the cut and its patience; nothing is lost or there twice.
func TestServeFuncAtRandom(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// Each duration has a low bit of its own, so that no two sums are equal.
		draw := func(name string, bit int) time.Duration {
			ms := rapid.OneOf(rapid.Just(0), rapid.IntRange(1, 200), rapid.IntRange(1, 30_000)).Draw(rt, name)
			return time.Duration(ms)*time.Millisecond + 1<<bit
		}
		stop, early := draw("stop", 0), draw("serve's early end", 1)
		serving, stopping, closing := draw("serve", 2), draw("shutdown", 3), draw("closeNow", 4)
		drain, shut := draw("drain timeout", 5), draw("shutdown timeout", 6)
		fails := rapid.Bool().Draw(rt, "fails")
		isEarly := early < stop
		cancel := min(stop, early)

		// What has to come of it.
		cut := cancel + drain
		ended := max(cancel, cancel+stopping)
		if !isEarly {
			ended = max(ended, cancel+serving)
		}
		isCut := ended > cut
		if isCut {
			ended = max(ended, cut+closing)
		}
		hookAt := ended
		if patience := min(100*time.Millisecond, shut/10); isCut {
			hookAt = min(ended, cut+patience)
		}

		rapid.SyncTest(rt, func(rt *rapid.T) {
			began := time.Now()
			var hook time.Duration
			var closed atomic.Int64
			err := lifecycle.Run(func(ctx context.Context) error {
				lifecycle.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
				time.AfterFunc(stop, func() { lifecycle.Stop(ctx, nil) })
				return lifecycle.ServeFunc(ctx, func() error {
					select {
					case <-time.After(early):
					case <-ctx.Done():
						time.Sleep(serving)
					}
					if fails {
						return errBoom
					}
					return nil
				}, func(context.Context) error { time.Sleep(stopping); return nil }, func() error {
					closed.Store(int64(time.Since(began)))
					time.Sleep(closing)
					return nil
				})
			}, lifecycle.WithSignals(), lifecycle.WithDrainTimeout(drain), lifecycle.WithShutdownTimeout(shut), lifecycle.WithReturnGrace(0))
			if hook != hookAt {
				rt.Errorf("the hook began at %v, want %v", hook, hookAt)
			}
			if isCut != errors.Is(err, lifecycle.ErrDrainTimeout) || isCut != (time.Duration(closed.Load()) == cut) || !isCut && closed.Load() != 0 {
				rt.Errorf("cut %v: Run returned %v, closeNow was called at %v", isCut, err, time.Duration(closed.Load()))
			}
			known := isEarly || cancel+serving < hookAt // else serve was abandoned
			if n := leaves(err, errBoom); known && n != map[bool]int{true: 1}[fails] {
				rt.Errorf("serve fails %v, %d times in %v", fails, n, err)
			}
			time.Sleep(2 * time.Minute) // what was abandoned
			synctest.Wait()
		})
	})
}
