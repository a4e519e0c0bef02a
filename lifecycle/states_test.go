package lifecycle_test

import (
	"context"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

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

func TestStatesAreVisibleBeforeTheirEffects(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var src fsm.Source
		err := w.run(func(ctx context.Context) error {
			src, _ = fsm.FromContext(ctx)
			if _, drives := reflect.TypeOf(src).MethodByName("Fire"); drives {
				t.Errorf("STATE-3: the context carries a %T, which can be fired", src)
			}
			w.note("main in %v", src.State())
			for _, state := range []fsm.State{fsm.Draining, fsm.Hooks} {
				go func() { <-src.Reached(state); w.note("%v reached", state) }()
			}
			context.AfterFunc(ctx, func() { w.note("cancelled in %v", src.State()) })
			lifecycle.OnShutdown(ctx, func() error { w.note("hook in %v", src.State()); return nil })
			lifecycle.Stop(ctx, nil)
			sleep(1)
			return nil
		})
		w.note("returned in %v, %v", src.State(), err)
		w.expectUnordered("0s main in running", "0s cancelled in draining", "0s draining reached", "1s hook in hooks", "1s hooks reached", "1s returned in stopped, <nil>")
	})
}

func TestObserversDelayNothing(t *testing.T) {
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

// Run waits 100 ms in all for observers, the log, and servers with UntilStopped.
func TestRunWaitsAMomentForWhatIsSlow(t *testing.T) {
	slowTo := func(seconds float64) lifecycle.Option {
		return lifecycle.WithObserver(func(fsm.Step) { sleep(seconds) })
	}
	for name, tc := range map[string]struct {
		opts []lifecycle.Option
		want time.Duration
	}{
		"nothing":                          {nil, 0},
		"an observer, 20 ms for each step": {[]lifecycle.Option{slowTo(0.02)}, 80 * time.Millisecond},
		"two observers":                    {[]lifecycle.Option{slowTo(0.01), slowTo(0.02)}, 80 * time.Millisecond},
		"an observer that hangs":           {[]lifecycle.Option{slowTo(10)}, 100 * time.Millisecond},
		"two that hang":                    {[]lifecycle.Option{slowTo(10), slowTo(10)}, 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				if err := w.run(func(context.Context) error { return nil }, tc.opts...); err != nil {
					t.Error(err)
				}
				if took := time.Since(w.began); took != tc.want {
					t.Errorf("Run returned after %v, want %v", took, tc.want)
				}
				if lines := strings.Count(w.log.String(), "lifecycle: "); lines != 4 {
					t.Errorf("%d lines are logged, want all four", lines)
				}
				sleep(100)
			})
		})
	}
}

func TestEveryObserverSeesEveryStep(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var opts []lifecycle.Option
		for n := range 20 {
			opts = append(opts, lifecycle.WithObserver(func(s fsm.Step) { w.note("%d: %v", n, s.To) }))
		}
		if err := w.run(func(context.Context) error { return nil }, opts...); err != nil {
			t.Error(err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.notes) != 20*4 {
			t.Errorf("20 observers saw %d steps, want 4 each: %q", len(w.notes), w.notes)
		}
	})
}
