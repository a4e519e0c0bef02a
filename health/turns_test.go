package health_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
)

// The turn of what is queued comes, whichever alarms are left over from runs before
// (HEALTH-10).
func TestQueuedCheckStartsAtItsLatestStartTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, start, first := health.New("t", "1", quiet()), time.Now(), true
		for i := range 64 {
			h.AddCheckContext(fmt.Sprintf("a%02d", i), func(context.Context) error { time.Sleep(min(99, 10+time.Duration(i)*99) * ms); return nil }, health.Group("a"))
		}
		h.AddCheckContext("h1", func(context.Context) error { // its alarm of the first run is left
			if !first {
				time.Sleep(150 * ms)
			}
			first = false
			return nil
		}, health.Group("a", "c"), health.Timeout(200*ms))
		h.AddCheckContext("h2", func(context.Context) error {
			if began := time.Since(start); began != 52*ms {
				t.Errorf("h2 began after %v, want 52ms, which is its turn", began)
			}
			return nil
		}, health.Group("b"), health.Timeout(200*ms)) // asked for at 2 ms, the first of 2: 2 + 50 + 0
		h.AddCheckContext("h3", func(context.Context) error { return nil }, health.Group("b"), health.Timeout(200*ms))
		h.CheckOf(t.Context(), "c")
		time.Sleep(ms)
		go h.CheckOf(t.Context(), "a")
		time.Sleep(ms)
		h.CheckOf(t.Context(), "b")
		time.Sleep(time.Second)
	})
}

// A check that is removed before its run has begun is not called (HEALTH-13).
func TestRemovedCheckThatHasNotStartedIsNotCalled(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	h, removed := health.New("t", "1", quiet()), false
	h.AddCheck("a", func() error { h.RemoveCheck("b"); removed = true; return nil })
	h.AddCheck("b", func() error {
		if removed {
			t.Error("called after RemoveCheck has returned")
		}
		return nil
	})
	h.Check(context.Background())
}
