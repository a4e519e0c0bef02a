package health

import (
	"context"
	"log/slog"
	"sync"
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

// HEALTH-9: a check that hangs keeps nothing of the probes that gave it up, in
// whichever order they did.
func TestAHungCheckKeepsNoProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, release := New("tool", "1", WithLogger(slog.New(slog.DiscardHandler))), make(chan struct{})
		h.AddCheck("hung", func() error { <-release; return nil })
		var probes sync.WaitGroup
		for i := range 100 {
			ctx, leave := context.WithTimeout(t.Context(), time.Duration(1+i*37%100)*time.Millisecond)
			defer leave()
			probes.Go(func() { h.Check(ctx) })
		}
		probes.Wait()
		hung := (*h.checks.Load())[0]
		if hung.phase != running || !hung.waiting.empty() {
			t.Errorf("phase %v, waiting: %v", hung.phase, !hung.waiting.empty())
		}
		close(release)
	})
}

func TestAListGivesBackWhatItHeld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l list[int]
		var want []*node[int]
		for i := range rapid.IntRange(0, 50).Draw(t, "steps") {
			if len(want) == 0 || rapid.Bool().Draw(t, "push") {
				n := &node[int]{value: i}
				l.push(n)
				want = append(want, n)
			} else {
				at := rapid.IntRange(0, len(want)-1).Draw(t, "at")
				l.remove(want[at])
				want = append(want[:at:at], want[at+1:]...)
			}
			var back *node[int]
			n := l.first
			for _, w := range want {
				if n != w || n.prev != back {
					t.Fatalf("out of order at %d", w.value)
				}
				back, n = n, n.next
			}
			if n != nil || l.last != back || l.empty() != (len(want) == 0) {
				t.Fatal("the end is wrong")
			}
		}
	})
}
