package systemd

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func TestSlowStartAsksForTime(t *testing.T) {
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

func TestStopWhileStartingAsksForTheTimeOfItsPhase(t *testing.T) {
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

func TestWatchdogIsPingedTwicePerIntervalUntilStopped(t *testing.T) {
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

func TestNoPingWhenTheLoopHangs(t *testing.T) {
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

func TestRepeatedFailuresAreLoggedOnce(t *testing.T) {
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
	if text := log.String(); strings.Count(text, "message not sent") != 2 {
		t.Errorf("log:\n%s", text)
	}
}

func TestWatchdogInterval(t *testing.T) {
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
