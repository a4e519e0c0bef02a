package lifecycle_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

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
			happens: []string{"0s serve", "3s shutdown", "3s hook"},
		},
		"a request is answered before the hook": {
			request: 10, signals: []float64{3},
			happens: []string{"0s serve", "3s shutdown", "10s answered", "10s hook"},
		},
		"shutdown waits for the drain delay": {
			request: 10, signals: []float64{3}, opts: []lifecycle.Option{lifecycle.WithDrainDelay(5 * time.Second)},
			happens: []string{"0s serve", "8s shutdown", "10s answered", "10s hook"},
		},
		"a request is cut at the drain timeout, before the hook": {
			request: 100, signals: []float64{3}, want: lifecycle.ErrDrainTimeout,
			happens: []string{"0s serve", "3s shutdown", "18s close", "18s cut", "18s hook"},
		},
		"or when a signal forces it": {
			request: 100, signals: []float64{3, 4}, want: lifecycle.ErrForced,
			happens: []string{"0s serve", "3s shutdown", "4s close", "4s cut", "4s hook"},
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
					if err != nil {
						t.Errorf("ServeFunc returned %v", err)
					}
					return err
				}, tc.opts...)
				if !errors.Is(err, tc.want) || tc.want != nil && !strings.Contains(err.Error(), "task started at "+place) {
					t.Errorf("Run returned %v, want %v of the call at %s", err, tc.want, place)
				}
				w.expect(tc.happens...)
			})
		})
	}
}

func TestServeFuncThatDoesNotReturnIsAbandoned(t *testing.T) {
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
				if w.log.has("WARN", "server did not stop", place) != tc.abandoned {
					t.Errorf("abandoned: %v; the log:\n%s", tc.abandoned, w.log)
				}
				time.Sleep(2 * time.Hour) // what was abandoned ends some day
			})
		})
	}
}

// Nothing but the end of the server says that the hook may begin.
func TestHookBeginsOnceTheServerIsCut(t *testing.T) {
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

func TestServeFuncInvalidArguments(t *testing.T) {
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
			w.expectLog("ERROR", "server refused after Draining", "serve_func_test.go:")
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
