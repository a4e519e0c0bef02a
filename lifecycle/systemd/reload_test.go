package systemd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestReloadIsBetweenReloadingAndReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		var calls []string
		wait := u.start(func(ctx context.Context) error {
			OnReload(ctx, func(context.Context) error { calls = append(calls, "first"); time.Sleep(time.Second); return nil })
			OnReload(ctx, func(context.Context) error { calls = append(calls, "second"); return nil })
			return untilStop(ctx)
		})
		u.expect("0s READY=1 STATUS=running (started)")
		u.hangup()
		u.hangup() // during the reload
		u.hangup()
		time.Sleep(10 * time.Second)
		u.expect(
			"0s RELOADING=1 MONOTONIC_USEC=now STATUS=reloading", "1s READY=1 STATUS=running (reloaded)",
			"1s RELOADING=1 MONOTONIC_USEC=now STATUS=reloading", "2s READY=1 STATUS=running (reloaded)")
		if want := []string{"first", "second", "first", "second"}; !slices.Equal(calls, want) {
			t.Errorf("calls %v, want %v", calls, want)
		}
		lifecycle.Stop(u.ctx, nil)
		if err := wait(); err != nil {
			t.Error(err)
		}
		if u.kill() {
			t.Error("SIGHUP is still taken after Run has returned")
		}
	})
}

func TestReloadWhileStartingWaitsForRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		wait := u.start(func(ctx context.Context) error {
			OnReload(ctx, func(context.Context) error { return nil })
			return untilStop(ctx)
		}, lifecycle.WithManualStart())
		u.hangup()
		time.Sleep(500 * time.Millisecond)
		u.expect()
		lifecycle.MarkStarted(u.ctx)
		u.expect("500ms READY=1 STATUS=running (started)",
			"500ms RELOADING=1 MONOTONIC_USEC=now STATUS=reloading", "500ms READY=1 STATUS=running (reloaded)")
		lifecycle.Stop(u.ctx, nil)
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestNoReadyAfterAStopDuringAReload(t *testing.T) {
	log := captureLog(t)
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		var ended, hook time.Duration
		reloads, hookPlace := 0, ""
		wait := u.start(func(ctx context.Context) error {
			hookPlace = nextLine()
			lifecycle.OnShutdown(ctx, func() error { hook = time.Since(u.began); time.Sleep(time.Second); return nil })
			OnReload(ctx, func(ctx context.Context) error {
				reloads++
				<-ctx.Done()
				time.Sleep(2 * time.Second)
				ended = time.Since(u.began)
				return ctx.Err()
			})
			return untilStop(ctx)
		})
		u.hangup()
		time.Sleep(time.Second)
		lifecycle.Stop(u.ctx, nil)
		u.hangup() // while Draining: it is ignored
		if err := wait(); err != nil {
			t.Error(err)
		}
		if reloads != 1 || ended != 3*time.Second || hook != ended {
			t.Errorf("%d reloads, the last ended after %v, the hook ran after %v", reloads, ended, hook)
		}
		u.expect("0s READY=1 STATUS=running (started)", "0s RELOADING=1 MONOTONIC_USEC=now STATUS=reloading",
			"1s STOPPING=1 STATUS=draining (stop_requested): waits for 1 tracked unit; at most 15s EXTEND_TIMEOUT_USEC=20000000",
			"3s STATUS=hooks (drained): runs 1 hook, first the one registered at "+hookPlace+"; at most 10s EXTEND_TIMEOUT_USEC=15000000",
			"4s STATUS=stopped (hooks_finished)")
	})
	if text := log.String(); strings.Contains(text, "level=ERROR") || !strings.Contains(text, "SIGHUP ignored") {
		t.Errorf("log:\n%s", text)
	}
}

func TestSignalWhileStoppingIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		wait := u.start(func(ctx context.Context) error {
			OnReload(ctx, func(context.Context) error { t.Error("a reload while Draining"); return nil })
			lifecycle.OnShutdown(ctx, func() error { u.hangup(); return nil })
			return untilStop(ctx)
		}, lifecycle.WithDrainDelay(time.Second))
		lifecycle.Stop(u.ctx, nil)
		u.hangup()
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
}

// A reload that does not return is cut as all work in flight is, and Run does
// not wait for it.
func TestHangingReloadDoesNotBlockRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		release := make(chan struct{})
		wait := u.start(func(ctx context.Context) error {
			OnReload(ctx, func(context.Context) error { <-release; return nil })
			return untilStop(ctx)
		}, lifecycle.WithDrainTimeout(time.Second))
		u.hangup()
		lifecycle.Stop(u.ctx, nil)
		err := wait()
		if took := time.Since(u.began); took != time.Second || err == nil || !strings.Contains(err.Error(), "1 tracked unit") {
			t.Errorf("Run returned %v after %v", err, took)
		}
		close(release)
	})
}

func TestFailedReloadIsLoggedAndTheServiceContinues(t *testing.T) {
	for name, c := range map[string]struct {
		reload func(context.Context) error
		want   string
	}{
		"an error":              {func(context.Context) error { return fmt.Errorf("line 7:\nno such key") }, "line 7: no such key"},
		"a panic":               {func(context.Context) error { panic("boom") }, "panic: boom"},
		"a nil panic":           {func(context.Context) error { panic(nil) }, "panic: "},
		"Goexit":                {func(context.Context) error { runtimeGoexit(); return nil }, "runtime.Goexit was called"},
		"an error that panics":  {func(context.Context) error { return panicError{} }, "panic: in Error"},
		"an error, in the log":  {func(context.Context) error { return fmt.Errorf("bad") }, "bad"},
		"an error that is long": {func(context.Context) error { return fmt.Errorf("%s", strings.Repeat("x", 9000)) }, "xxxxx"},
	} {
		t.Run(name, func(t *testing.T) {
			log := captureLog(t)
			synctest.Test(t, func(t *testing.T) {
				u := newUnit(t)
				reloads := 0
				wait := u.start(func(ctx context.Context) error {
					OnReload(ctx, func(ctx context.Context) error {
						if reloads++; reloads > 1 {
							return nil
						}
						return c.reload(ctx)
					})
					return untilStop(ctx)
				})
				u.hangup()
				status := u.messages[len(u.messages)-1]
				if !strings.HasPrefix(status, "0s READY=1 STATUS=running (reload failed: ") || !strings.Contains(status, c.want) || len(status) > 1100 {
					t.Error(status)
				}
				u.messages = nil
				u.hangup()
				u.expect("0s RELOADING=1 MONOTONIC_USEC=now STATUS=reloading", "0s READY=1 STATUS=running (reloaded)")
				lifecycle.Stop(u.ctx, nil)
				if err := wait(); err != nil {
					t.Error(err)
				}
			})
			if text := log.String(); !strings.Contains(text, `level=ERROR msg="systemd: reload failed" error=`) || !strings.Contains(text, "reload_test.go:") {
				t.Errorf("log:\n%s", text)
			}
		})
	}
}

func TestReloadWithoutASocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		u.notifier = nil
		reloads := 0
		wait := u.start(func(ctx context.Context) error {
			OnReload(ctx, func(context.Context) error { reloads++; return nil })
			return untilStop(ctx)
		})
		u.hangup()
		lifecycle.Stop(u.ctx, nil)
		u.hangup()
		if err := wait(); err != nil || reloads != 1 {
			t.Error(err, reloads)
		}
		u.expect()
	})
}

// A stop that comes at any moment of a reload: no READY=1 after STOPPING=1.
func TestReloadThatRacesAStop(t *testing.T) {
	for range 500 {
		synctest.Test(t, func(t *testing.T) {
			u := newUnit(t)
			wait := u.start(func(ctx context.Context) error {
				OnReload(ctx, func(context.Context) error { return nil })
				return untilStop(ctx)
			})
			stop := make(chan struct{})
			go func() { defer close(stop); lifecycle.Stop(u.ctx, nil) }()
			u.kill()
			if err := wait(); err != nil {
				t.Error(err)
			}
			<-stop
			stopping := slices.IndexFunc(u.messages, func(m string) bool { return strings.Contains(m, "STOPPING=1") })
			for i, m := range u.messages {
				if i > stopping && (strings.Contains(m, "READY=1") || strings.Contains(m, "RELOADING=1")) {
					t.Errorf("messages:\n%s", strings.Join(u.messages, "\n"))
				}
			}
		})
	}
}

func TestOnReloadLogsMisuse(t *testing.T) {
	log := captureLog(t)
	nothing := func(context.Context) error { return nil }
	OnReload(context.Background(), nothing)
	var none, ended context.Context
	OnReload(none, nothing)
	err := Run(func(ctx context.Context) error {
		ended = ctx
		OnReload(ctx, nil)
		return nil
	}, lifecycle.WithSignals())
	if err != nil {
		t.Error(err)
	}
	OnReload(ended, nothing)
	for text, n := range map[string]int{
		"the context does not come from systemd.Run": 2, "the function is nil": 1, "the service has stopped": 1, "/systemd/reload_test.go:": 4,
	} {
		if got := strings.Count(log.String(), text); got != n {
			t.Errorf("the log says %d times %q, want %d:\n%s", got, text, n, log)
		}
	}
}
