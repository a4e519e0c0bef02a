package lifecycle_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// records runs main with a JSON log and returns what was logged.
func records(t *testing.T, main func(w *world, ctx context.Context) error, opts ...lifecycle.Option) (all []map[string]any) {
	inVirtualTime(t, func(w *world) {
		var log bytes.Buffer
		handler := slog.NewJSONHandler(&log, &slog.HandlerOptions{AddSource: true, Level: slog.LevelDebug})
		_ = lifecycle.Run(func(ctx context.Context) error { return main(w, ctx) },
			append(opts, lifecycle.WithSignalSource(w.signals), lifecycle.WithLogger(slog.New(handler)))...)
		sleep(60) // what would not end in time ends
		for _, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
			var record map[string]any
			if err := json.Unmarshal([]byte(line), &record); err != nil {
				t.Fatal(err)
			}
			all = append(all, record)
		}
	})
	return all
}

// find returns the record of the transition to state.
func find(t *testing.T, all []map[string]any, state string) map[string]any {
	for _, r := range all {
		if r["to"] == state {
			return r
		}
	}
	t.Fatalf("no transition to %s in %v", state, all)
	return nil
}

func sourceOf(record map[string]any) string {
	source, _ := record["source"].(map[string]any)
	return fmt.Sprintf("%v:%v", source["file"], source["line"])
}

func TestLogOfAStop(t *testing.T) {
	var stopped string
	all := records(t, func(w *world, ctx context.Context) error {
		lifecycle.DrainGroup(ctx) // at zero
		lifecycle.DrainGroup(ctx).Go(func() { <-ctx.Done() })
		lifecycle.Go(ctx, func(ctx context.Context) error { <-ctx.Done(); return nil })
		sleep(1.5)
		stopped = here(1)
		lifecycle.Stop(ctx, nil)
		return nil
	})
	draining := find(t, all, "draining")
	for key, want := range map[string]string{
		"from": "running", "event": "stop_requested", "elapsed": "1.5s", "at_most": "15s", "at": stopped,
		"waits_for": "main, 1 drain group, 1 task", // as it was before the cancel ended it
	} {
		if got := draining[key]; got != want {
			t.Errorf("LOG-1: %s is %v, want %s", key, got, want)
		}
	}
	if got := sourceOf(draining); got != stopped {
		t.Errorf("LOG-1: the source is %s, want %s", got, stopped)
	}
	for _, r := range all {
		if got := sourceOf(r); !strings.Contains(got, "log_test.go:") {
			t.Errorf("LOG-1: the source of %v is %s, want the call of Run or what it is about", r["msg"], got)
		}
		for key, value := range r {
			if _, number := value.(float64); number && key != "hooks" {
				t.Errorf("LOG-1: %s is the bare number %v in %v", key, value, r["msg"])
			}
		}
		if r["hint"] != nil {
			t.Errorf("LOG-2: no interrupt, but %v says %v", r["msg"], r["hint"])
		}
	}
}

func TestLogNamesTheCauseOfAStop(t *testing.T) {
	var task string
	all := records(t, func(w *world, ctx context.Context) error {
		task = here(1)
		lifecycle.Go(ctx, func(context.Context) error { return errBoom })
		<-ctx.Done()
		return nil
	})
	if draining := find(t, all, "draining"); draining["at"] != task || !strings.Contains(fmt.Sprint(draining["cause"]), "boom") {
		t.Errorf("LOG-1: %v, want the task's error, at %s", draining, task)
	}
}

func TestARecordAboutACallHasThatAsItsSourceAndATime(t *testing.T) {
	stay := func(context.Context) error { sleep(30); return nil }
	all := records(t, func(w *world, ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error {
			lifecycle.Track(ctx) // which is refused
			return stay(ctx)
		})
		go lifecycle.ServeFunc(ctx, func() error { return stay(ctx) }, stay, nil)
		lifecycle.Go(ctx, stay)
		sleep(1)
		return nil
	}, lifecycle.WithDrainTimeout(4*time.Second), lifecycle.WithShutdownTimeout(3*time.Second))
	about := 0
	for _, r := range all {
		if r["time"] == nil {
			t.Errorf("LOG-1: %v has no time", r)
		}
		if at := r["at"]; at != nil {
			about++
			if got := sourceOf(r); got != at {
				t.Errorf("LOG-1: %v is about %v, and its source is %s", r["msg"], at, got)
			}
		}
	}
	if about < 2 {
		t.Errorf("%d records are about a call, want the one of Track and the one of ServeFunc: %v", about, all)
	}
	for state, want := range map[string]string{"hooks": "drain timeout", "stopped": "shutdown timeout"} {
		if cause := fmt.Sprint(find(t, all, state)["cause"]); !strings.Contains(cause, want) {
			t.Errorf("LOG-1: the cause of %s is %s, want the %s", state, cause, want)
		}
	}
}

func TestARecordAboutAGoStatementHasTheCallOfRunAsItsSource(t *testing.T) {
	all := records(t, func(w *world, ctx context.Context) error {
		go lifecycle.Stop(ctx, errBoom)
		<-ctx.Done()
		return nil
	})
	if got, want := sourceOf(find(t, all, "draining")), sourceOf(find(t, all, "running")); got != want {
		t.Errorf("LOG-1: the source is %s, want the call of Run, %s", got, want)
	}
}

func TestTheLogNamesTheCauseOfAParentThatIsCancelledAlready(t *testing.T) {
	parent, cancel := context.WithCancelCause(context.Background())
	cancel(errBoom)
	all := records(t, func(w *world, ctx context.Context) error { return nil }, lifecycle.WithContext(parent))
	if cause := fmt.Sprint(find(t, all, "draining")["cause"]); !strings.Contains(cause, "boom") {
		t.Errorf("LOG-1: the cause is %s, want the parent's", cause)
	}
}

func TestInterruptLogsThatAnotherEndsThePhase(t *testing.T) {
	for sig, want := range map[os.Signal]bool{os.Interrupt: true, syscall.SIGTERM: false} {
		all := records(t, func(w *world, ctx context.Context) error {
			w.signals <- sig
			<-ctx.Done()
			return nil
		})
		for _, state := range []string{"draining", "hooks"} {
			if got := find(t, all, state)["hint"] != nil; got != want {
				t.Errorf("LOG-2: after %v, %s has a hint: %v", sig, state, got)
			}
		}
		if hint := find(t, all, "stopped")["hint"]; hint != nil {
			t.Errorf("LOG-2: after %v nothing is left to end, and the log says %v", sig, hint)
		}
	}
}

func TestLongStartIsLogged(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_ = w.run(func(ctx context.Context) error {
			for _, at := range []time.Duration{54, 66, 114, 126, 234, 246, 1800} {
				time.Sleep(at*time.Second - time.Since(w.began))
				w.note("%d", strings.Count(w.log.String(), "still starting"))
			}
			lifecycle.MarkStarted(ctx)
			sleep(3600)
			w.note("%d", strings.Count(w.log.String(), "still starting"))
			return nil
		}, lifecycle.WithManualStart())
		w.expect("54s 0", "1m6s 1", "1m54s 1", "2m6s 2", "3m54s 2", "4m6s 3", "30m0s 5", "1h30m0s 5") // LOG-2
		w.expectLog("WARN", "MarkStarted", "elapsed=4m0s")
	})
}

// DRAIN-4: early, while there is still time to do something about it.
func TestSlowMainIsLoggedBeforeHooksRun(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_ = w.run(func(ctx context.Context) error {
			lifecycle.Stop(ctx, nil)
			sleep(0.9)
			w.expectNoLog("WARN")
			sleep(0.2)
			w.expectLog("WARN", "hooks run without it", "grace_left=4s")
			sleep(4)
			w.expectLog("WARN", "no longer waited for", "grace=5s")
			return nil
		})
	})
}

// DRAIN-4: it may be waiting for the work, which has all of the drain timeout.
func TestNoWarningAboutMainDuringTrackedWork(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_ = w.run(func(ctx context.Context) error {
			lifecycle.Go(ctx, func(context.Context) error { sleep(10); return nil })
			lifecycle.Stop(ctx, nil)
			sleep(10)
			return nil
		})
		w.expectNoLog("WARN")
	})
}

// DRAIN-3: an Add from zero during the run's Wait can panic.
func TestGroupsAtZeroAreLogged(t *testing.T) {
	for name, tc := range map[string]struct{ idle, mainOut, want bool }{
		"main is out":    {true, true, true},
		"main is back":   {true, false, false},
		"no such groups": {false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				var idle string
				_ = w.run(func(ctx context.Context) error {
					if tc.idle {
						idle = here(1)
						lifecycle.DrainGroup(ctx)
					}
					lifecycle.DrainGroup(ctx).Go(func() { sleep(2) })
					if tc.mainOut {
						lifecycle.Stop(ctx, nil)
						sleep(1)
					}
					return nil
				})
				if got := w.log.has("INFO", "at zero", "Track", "groups="+idle); got != tc.want {
					t.Errorf("hinted: %v; the log:\n%s", got, w.log)
				}
			})
		})
	}
}
