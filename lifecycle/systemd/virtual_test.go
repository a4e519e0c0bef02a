package systemd

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// unit is a service in virtual time, with what systemd would hear of it.
type unit struct {
	*service
	*testing.T
	began time.Time
	err   error // of sending

	mu       sync.Mutex
	messages []string
	hangups  chan<- os.Signal
}

// newUnit must be called in a bubble.
func newUnit(t *testing.T) *unit {
	u := &unit{service: newService(), T: t, began: time.Now()}
	u.notifier = newNotifier(u.service, "/run/notify")
	u.notifier.send = func(message string) error {
		u.mu.Lock()
		defer u.mu.Unlock()
		message = regexp.MustCompile(`MONOTONIC_USEC=\d+`).ReplaceAllString(message, "MONOTONIC_USEC=now")
		message = strings.Replace(message, "waits for main, ", "waits for ", 1) // main may be back by then, or not
		u.messages = append(u.messages, fmt.Sprintf("%v %s", time.Since(u.began), strings.ReplaceAll(message, "\n", " ")))
		return u.err
	}
	u.reloads.subscribe = func(c chan<- os.Signal) func() {
		u.subscribe(c)
		return func() { u.subscribe(nil) }
	}
	return u
}

// start runs main, and returns what waits for Run's result.
func (u *unit) start(main func(context.Context) error, opts ...lifecycle.Option) (wait func() error) {
	ended := make(chan error, 1)
	go func() { ended <- u.run(main, append(opts, lifecycle.WithSignals())) }()
	synctest.Wait()
	return func() error { return <-ended }
}

func (u *unit) subscribe(c chan<- os.Signal) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.hangups = c
}

// kill is what package signal does when a SIGHUP comes. It reports whether
// somebody is subscribed to it.
func (u *unit) kill() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	select {
	case u.hangups <- syscall.SIGHUP:
	default:
	}
	return u.hangups != nil
}

// hangup is kill, and waits until nothing goes on any more.
func (u *unit) hangup() {
	u.kill()
	synctest.Wait()
}

// expect compares the messages that came since it was called last.
func (u *unit) expect(want ...string) {
	u.Helper()
	synctest.Wait()
	u.mu.Lock()
	defer u.mu.Unlock()
	if !slices.Equal(u.messages, want) {
		u.Errorf("messages:\n%s\nwant:\n%s", strings.Join(u.messages, "\n"), strings.Join(want, "\n"))
	}
	u.messages = nil
}

func untilStop(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func TestAStartThatTakesLongAsksForTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		wait := u.start(untilStop, lifecycle.WithManualStart())
		u.expect()
		time.Sleep(13 * time.Second)
		u.expect(
			"1s STATUS=starting for 1s EXTEND_TIMEOUT_USEC=30000000",
			"6s STATUS=starting for 6s EXTEND_TIMEOUT_USEC=30000000",
			"11s STATUS=starting for 11s EXTEND_TIMEOUT_USEC=30000000")
		lifecycle.MarkStarted(u.ctx)
		time.Sleep(time.Hour)
		u.expect("13s READY=1 STATUS=running (started)")
		lifecycle.Stop(u.ctx, nil)
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestAStopWhileStartingAsksForTheTimeOfItsPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		wait := u.start(func(ctx context.Context) error {
			lifecycle.Go(ctx, func(context.Context) error { time.Sleep(12 * time.Second); return nil })
			return untilStop(ctx)
		}, lifecycle.WithManualStart())
		time.Sleep(3 * time.Second)
		lifecycle.Stop(u.ctx, nil)
		if err := wait(); err != nil {
			t.Error(err)
		}
		u.expect(
			"1s STATUS=starting for 1s EXTEND_TIMEOUT_USEC=30000000",
			"3s STOPPING=1 STATUS=draining (stop_requested): waits for 1 task; at most 15s EXTEND_TIMEOUT_USEC=20000000",
			"12s STATUS=hooks (drained)", "12s STATUS=stopped (hooks_finished)")
	})
}

func TestTheWatchdogIsServedAtHalfItsTimeUntilStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		u.watchdog = 10 * time.Second
		wait := u.start(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { time.Sleep(8 * time.Second); return nil })
			lifecycle.Go(ctx, func(context.Context) error { time.Sleep(20 * time.Second); return nil })
			return untilStop(ctx)
		})
		time.Sleep(12 * time.Second)
		lifecycle.Stop(u.ctx, nil)
		if err := wait(); err != nil {
			t.Error(err)
		}
		pings := 0
		for i, message := range u.messages {
			if strings.HasSuffix(message, " WATCHDOG=1") {
				if want := fmt.Sprintf("%v WATCHDOG=1", time.Duration(pings)*5*time.Second); message != want {
					t.Errorf("message %d: %s, want %s", i, message, want)
				}
				pings++
			}
		}
		if pings != 6 || !strings.Contains(u.messages[len(u.messages)-1], "STATUS=stopped") {
			t.Errorf("messages:\n%s", strings.Join(u.messages, "\n"))
		}
	})
}

// hungSource is a run whose loop hangs until it is released.
type hungSource struct {
	*fsm.Machine
	loop chan struct{}
}

func (s hungSource) Snapshot() lifecycle.Snapshot { <-s.loop; return lifecycle.Snapshot{} }

func TestALoopThatHangsIsNotAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		u.watchdog = 2 * time.Second
		source := hungSource{fsm.New(), make(chan struct{})}
		u.source = source
		close(u.known)
		ended := make(chan struct{})
		go func() { defer close(ended); u.beat() }()
		time.Sleep(time.Minute)
		u.expect()
		close(source.loop)
		time.Sleep(500 * time.Millisecond) // what was due is sent once
		synctest.Wait()
		slices.Sort(u.messages)
		u.expect("1m0s STATUS=starting for 1m0s EXTEND_TIMEOUT_USEC=30000000", "1m0s WATCHDOG=1", "1m0s WATCHDOG=1")
		for _, e := range []fsm.Event{fsm.MainExited, fsm.Drained, fsm.HooksFinished} {
			if _, err := source.Fire(e); err != nil {
				t.Error(err)
			}
		}
		<-ended
	})
}

func TestAReloadIsBetweenReloadingAndReady(t *testing.T) {
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

func TestAReloadWhileStartingWaitsForRunning(t *testing.T) {
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

func TestAStopDuringAReloadIsTheLastWord(t *testing.T) {
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
	if text := log.String(); strings.Contains(text, "level=ERROR") || !strings.Contains(text, "SIGHUP is ignored") {
		t.Errorf("log:\n%s", text)
	}
}

func TestASignalWhileStoppingIsIgnored(t *testing.T) {
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
func TestAReloadThatHangsDoesNotKeepRun(t *testing.T) {
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

func TestWhatAReloadDoesWrongIsLoggedAndTheServiceGoesOn(t *testing.T) {
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
			if text := log.String(); !strings.Contains(text, `level=ERROR msg="systemd: a reload failed" error=`) || !strings.Contains(text, "virtual_test.go:") {
				t.Errorf("log:\n%s", text)
			}
		})
	}
}

func TestWithoutASocketAReloadIsAReload(t *testing.T) {
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
func TestAReloadThatRacesAStop(t *testing.T) {
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

func TestOnReloadSaysWhatIsWrong(t *testing.T) {
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
		"the context does not come from systemd.Run": 2, "the function is nil": 1, "the service is stopped": 1, "/systemd/virtual_test.go:": 4,
	} {
		if got := strings.Count(log.String(), text); got != n {
			t.Errorf("the log says %d times %q, want %d:\n%s", got, text, n, log)
		}
	}
}

func TestWhatIsSentAgainAndAgainFailsOnceInTheLog(t *testing.T) {
	log := captureLog(t)
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		u.watchdog = time.Second
		u.err = fmt.Errorf("no buffer space")
		wait := u.start(untilStop, lifecycle.WithManualStart())
		time.Sleep(time.Minute)
		fails := func(err error) { u.mu.Lock(); defer u.mu.Unlock(); u.err = err }
		fails(nil)
		time.Sleep(time.Minute)
		fails(fmt.Errorf("no buffer space left"))
		time.Sleep(time.Minute)
		fails(nil)
		lifecycle.Stop(u.ctx, nil)
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
	if text := log.String(); strings.Count(text, "a message was not sent") != 2 {
		t.Errorf("log:\n%s", text)
	}
}

func TestWhatTheWatchdogWants(t *testing.T) {
	own := fmt.Sprint(os.Getpid())
	for _, c := range []struct {
		usec, pid string
		want      time.Duration
		warns     bool
	}{
		{"", "", 0, false},
		{"30000000", "", 30 * time.Second, false},
		{"30000000", own, 30 * time.Second, false},
		{"30000000", "1", 0, false},
		{"1", own, time.Microsecond, false},
		{"9223372036854775", own, 9223372036854775 * time.Microsecond, false},
		{"9223372036854776", own, 0, false},
		{"18446744073709552", own, 0, false}, // 384 ns, if it is multiplied without care
		{"18446744073709551615", own, 0, true},
		{"0", own, 0, true}, {"-1", own, 0, true}, {"10s", own, 0, true}, {"1", "self", 0, true},
	} {
		log := captureLog(t)
		t.Setenv("WATCHDOG_USEC", c.usec)
		t.Setenv("WATCHDOG_PID", c.pid)
		if got := watchdogInterval(); got != c.want || strings.Contains(log.String(), "level=WARN") != c.warns {
			t.Errorf("WATCHDOG_USEC=%s WATCHDOG_PID=%s: %v, want %v; log: %s", c.usec, c.pid, got, c.want, log)
		}
	}
}
