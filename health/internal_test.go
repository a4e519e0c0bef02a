package health

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// HEALTH-7: uptime is printed as time.Duration prints it.
func TestUptimeFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, 1<<63-1).Draw(t, "uptime")).Truncate(time.Second)
		if rapid.Bool().Draw(t, "short") {
			d %= 100 * time.Hour
		}
		if got := string(appendUptime(nil, int64(d/time.Second))); got != d.String() {
			t.Fatalf("got %s, want %s", got, d)
		}
	})
}

// What the scheduler keeps is bounded by the checks, however many probes come,
// and is nothing when nothing is under way and time has passed.
func TestSchedulerReleasesEndedRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("tool", "1", WithLogger(slog.New(slog.DiscardHandler)))
		for i := range 200 {
			h.AddCheckContext(fmt.Sprint(i), func(context.Context) error {
				time.Sleep(time.Duration(i) * time.Millisecond)
				return nil
			}, Timeout(time.Duration(50+i)*time.Millisecond))
		}
		for i := range 500 {
			time.Sleep(time.Duration(i%7) * 10 * time.Millisecond)
			go h.Check(t.Context())
		}
		h.runs.mu.Lock()
		if n := len(h.runs.alarms); n > 200 {
			t.Errorf("%d alarms for 200 checks", n)
		}
		h.runs.mu.Unlock()
		time.Sleep(time.Minute)
		s := &h.runs
		checks := s.all()
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.alarms) != 0 || s.queued() || s.count != 0 || s.timerAt != 0 {
			t.Errorf("%d alarms, %d queued, %d count, timer at %v", len(s.alarms), len(s.queues[0])+len(s.queues[1]), s.count, s.timerAt)
		}
		for _, c := range checks {
			if c.run != nil || c.running || c.counted || c.alarm != 0 {
				t.Fatalf("check %s: run %v, running %v, counted %v, alarm %v", c.name, c.run, c.running, c.counted, c.alarm)
			}
		}
	})
}

// A run that ended leaves no alarm for its timeout, nor does a check that was
// removed (HEALTH-13).
func TestEndedRunLeavesNoAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("tool", "1", WithLogger(slog.New(slog.DiscardHandler)), WithCheckTimeout(1000*time.Hour))
		for i := range 100 {
			h.AddCheck(fmt.Sprint(i%10), func() error { time.Sleep(101 * time.Millisecond); return nil })
			h.Check(t.Context())
		}
		h.runs.mu.Lock()
		defer h.runs.mu.Unlock()
		if n := len(h.runs.alarms); n != 0 {
			t.Errorf("%d alarms", n)
		}
	})
}

// Checks that are replaced and never looked at are not kept.
func TestReplacedChecksAreReleased(t *testing.T) {
	h := New("tool", "1")
	for i := range 10_000 {
		h.AddCheck(fmt.Sprint(i%10), nil)
	}
	if n := len(h.runs.added); n > 100 {
		t.Errorf("%d checks are kept of 10", n)
	}
	if n := len(h.runs.all()); n != 10 || !slices.IsSortedFunc(h.runs.all(), byKey) {
		t.Errorf("%d checks", n)
	}
}

// The checks are in order after each AddCheck and RemoveCheck.
func TestChecksAreAlwaysSorted(t *testing.T) {
	h := New("tool", "1")
	for i := range 1000 {
		h.AddCheck(fmt.Sprint((i*7919)%1000), nil)
		if all := h.runs.all(); len(all) != i+1 || !slices.IsSortedFunc(all, byKey) {
			t.Fatalf("after %d: %d checks", i+1, len(all))
		}
	}
	for i := range 1000 {
		h.RemoveCheck(fmt.Sprint(i))
		if all := h.runs.all(); len(all) != 999-i || !slices.IsSortedFunc(all, byKey) {
			t.Fatalf("after %d are removed: %d checks", i+1, len(all))
		}
	}
}

// BenchmarkAddAndLook is AddCheck and Checks in turn, 3,000 times.
func BenchmarkAddAndLook(b *testing.B) {
	for b.Loop() {
		h := New("tool", "1")
		for i := range 3000 {
			h.AddCheck(fmt.Sprint(i), nil)
			h.Checks()
		}
	}
}
