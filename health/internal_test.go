package health

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// HEALTH-7: uptime is printed as time.Duration prints it.
func TestUptimeIsWrittenAsADurationPrintsItself(t *testing.T) {
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
func TestTheSchedulerKeepsNothingOfRunsThatEnded(t *testing.T) {
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
		if len(s.alarms) != 0 || s.queued() || s.count != 0 || s.set != 0 {
			t.Errorf("%d alarms, %d queued, %d count, timer at %v", len(s.alarms), len(s.queues[0])+len(s.queues[1]), s.count, s.set)
		}
		for _, c := range checks {
			if c.run != nil || c.phase != idle || c.counted || c.alarm != 0 {
				t.Fatalf("check %s: run %v, phase %v, counted %v, alarm %v", c.name, c.run, c.phase, c.counted, c.alarm)
			}
		}
	})
}
