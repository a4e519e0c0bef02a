package health_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/internal/goroutines"
)

// gauge counts what is under way, and the most that ever was.
type gauge struct{ now, most, total atomic.Int64 }

func (g *gauge) enter() {
	g.total.Add(1)
	n := g.now.Add(1)
	for most := g.most.Load(); n > most && !g.most.CompareAndSwap(most, n); most = g.most.Load() {
	}
}

func (g *gauge) leave() { g.now.Add(-1) }

// HEALTH-10
func TestManyChecksAreBoundedAndInTime(t *testing.T) {
	for _, tc := range []struct {
		checks     int
		takes      time.Duration
		most       int64
		begin, end time.Duration // when the answer comes
	}{
		{1, 10 * ms, 1, 10 * ms, 10 * ms},
		{10, 10 * ms, 10, 10 * ms, 10 * ms},
		{64, 10 * ms, 64, 10 * ms, 10 * ms},
		{65, 10 * ms, 64, 20 * ms, 20 * ms},
		{1000, 10 * ms, 64, 160 * ms, 160 * ms},
		// 64 at a time would take 1.575 s, which is more than half the timeout.
		{4000, 25 * ms, 200, time.Second, 1526 * ms},
		// Each takes longer than its patience: the next 64 begin after 100 ms.
		{200, 250 * ms, 192, 400 * ms, 550 * ms},
	} {
		t.Run(fmt.Sprintf("%d of %v", tc.checks, tc.takes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, g := newHandler(), new(gauge)
				for i := range tc.checks {
					h.AddCheck(fmt.Sprintf("%05d", i), func() error {
						g.enter()
						defer g.leave()
						time.Sleep(tc.takes)
						return nil
					})
				}
				for range 2 {
					start := time.Now()
					a := ask(t, h.Readiness()).expect(t, 200, "ok")
					took := time.Since(start)
					if len(a.body.Checks) != tc.checks || took < tc.begin || took > tc.end {
						t.Errorf("%d checks in %v, want %v to %v", len(a.body.Checks), took, tc.begin, tc.end)
					}
				}
				if g.most.Load() > tc.most || g.total.Load() != int64(2*tc.checks) {
					t.Errorf("%d at once, want at most %d; %d runs", g.most.Load(), tc.most, g.total.Load())
				}
			})
		})
	}
}

// HEALTH-10: a check that waits for its turn costs no goroutine.
func TestAThousandChecksDoNotStartAThousandGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, before, most := newHandler(), goroutines.Count(), atomic.Int64{}
		for i := range 1000 {
			h.AddCheck(fmt.Sprint(i), func() error {
				most.Store(max(most.Load(), int64(goroutines.Count()-before)))
				time.Sleep(10 * ms)
				return nil
			})
		}
		ask(t, h.Readiness()).expect(t, 200, "ok")
		// Those that end are still there while those that follow begin.
		if n := most.Load(); n > 2*64+10 {
			t.Errorf("%d goroutines at once", n)
		}
	})
}

// HEALTH-10: the bound is the handler's, not each probe's.
func TestManyConcurrentProbesAreBoundedLikeOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, g := newHandler(), new(gauge)
		for i := range 500 {
			h.AddCheck(fmt.Sprint(i), func() error {
				g.enter()
				defer g.leave()
				time.Sleep(10 * ms)
				return nil
			})
		}
		var probes sync.WaitGroup
		for i := range 100 {
			probes.Go(func() {
				time.Sleep(time.Duration(i) * ms)
				ask(t, h.Readiness()).expect(t, 200, "ok")
			})
		}
		probes.Wait()
		if g.most.Load() > 64 {
			t.Errorf("%d runs at once", g.most.Load())
		}
	})
}

// HEALTH-10: hung checks do not keep the others from their turn, in the first
// probe or in a later one, not even those whose timeout is shorter than the
// patience with the hung.
func TestHungChecksDoNotStarveTheOthers(t *testing.T) {
	for _, tc := range []struct {
		hung   int
		within time.Duration // the quick checks begin in the first probe
	}{{63, 0}, {64, 100 * ms}, {200, 300 * ms}, {2000, 1500 * ms}} {
		t.Run(fmt.Sprint(tc.hung, " hung"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, release := newHandler(), make(chan struct{})
				for i := range tc.hung {
					h.AddCheck(fmt.Sprintf("hung %d", i), func() error { <-release; return nil })
				}
				var start time.Time
				var began time.Duration
				h.AddCheck("quick", func() error { began = time.Since(start); return nil })
				var ranAt time.Duration
				h.AddCheckContext("short", func(context.Context) error {
					ranAt = time.Since(start)
					time.Sleep(10 * ms)
					return nil
				}, health.Timeout(30*ms))
				for i := range 3 {
					start = time.Now()
					a := ask(t, h.Readiness()).expect(t, 503, "degraded").
						expectCheck(t, "quick", "ok").expectCheck(t, "short", "ok").
						expectCheck(t, "hung 0", "timed out after 3s")
					// The hung are known to be by the second probe; the first takes as long as they may.
					if took := time.Since(start); len(a.body.Checks) != tc.hung+2 || i == 0 && took != 3*time.Second || i > 0 && took != 10*ms {
						t.Errorf("%d checks in %v", len(a.body.Checks), took)
					}
					if i == 0 && (began > tc.within || ranAt > 15*ms) || i > 0 && began+ranAt != 0 {
						t.Errorf("probe %d: quick began after %v, short after %v", i, began, ranAt)
					}
				}
				close(release)
				synctest.Wait()
				ask(t, h.Readiness()).expect(t, 200, "ok")
			})
		})
	}
}

// HEALTH-9, HEALTH-10: a run that was asked for is run, whether or not those
// who asked still listen when its turn comes; and its timeout counts from then.
func TestQueuedRunRunsAfterItsClientsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, release, runs := newHandler(), make(chan struct{}), atomic.Int64{}
		for i := range 64 {
			h.AddCheck(fmt.Sprintf("a %d", i), func() error { time.Sleep(50 * ms); return nil })
		}
		h.AddCheck("last", func() error { runs.Add(1); <-release; return nil })
		ctx, leave := context.WithTimeout(context.Background(), 20*ms)
		defer leave()
		askContext(t, ctx, h.Readiness()).expectCheck(t, "last", "not waited for: context deadline exceeded")
		time.Sleep(time.Second)
		start := time.Now()
		ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "last", "timed out after 3s")
		if took := time.Since(start); runs.Load() != 1 || took != 3*time.Second-1020*ms {
			t.Errorf("%d runs, the answer took %v", runs.Load(), took)
		}
		close(release)
	})
}

// HEALTH-13: a check that is removed while it is in the queue is not run.
func TestCheckRemovedFromTheQueueIsNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		for i := range 64 {
			h.AddCheck(fmt.Sprintf("a %d", i), func() error { time.Sleep(50 * ms); return nil })
		}
		for i := range 3 {
			h.AddCheck(fmt.Sprintf("b %d", i), func() error { t.Error("it is run"); return nil })
		}
		time.AfterFunc(20*ms, func() {
			h.RemoveCheck("b 0")
			h.AddCheck("b 1", pass)
			h.RemoveCheck("b 2")
		})
		if a := ask(t, h.Readiness()).expect(t, 200, "ok"); len(a.body.Checks) != 64 {
			t.Errorf("%d checks", len(a.body.Checks))
		}
		ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "b 1", "ok")
	})
}
