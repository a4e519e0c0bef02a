package health_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
)

// HEALTH-18
func TestRefreshAheadInTheSecondHalfOfCacheFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, runs := newHandler(), 0
		h.AddCheckContext("db", func(context.Context) error {
			runs++
			n := runs
			time.Sleep(200 * ms)
			return fmt.Errorf("run %d", n)
		}, health.RefreshAhead(), health.CacheFor(time.Second))
		for i, step := range []struct {
			after, takes time.Duration
			text         string
			runs         int
		}{
			{0, 200 * ms, "run 1", 1},
			{499 * ms, 0, "run 1", 1},
			{ms, 0, "run 1", 2},        // the second half begins, and a run
			{100 * ms, 0, "run 1", 2},  // which is under way
			{101 * ms, 0, "run 2", 2},  // and over
			{498 * ms, 0, "run 2", 2},  // the first half ends
			{500 * ms, 0, "run 2", 3},  // just in time
			{ms, 199 * ms, "run 3", 3}, // too late: a probe waits now, as without the option
			{time.Hour, 200 * ms, "run 4", 4},
		} {
			time.Sleep(step.after)
			start := time.Now()
			ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "db", step.text)
			synctest.Wait()
			if took := time.Since(start); took != step.takes || runs != step.runs {
				t.Errorf("step %d: took %v, %d runs", i, took, runs)
			}
		}
		time.Sleep(time.Second)
	})
}

// HEALTH-18, HEALTH-9: a refresh that hangs is a failure at its deadline, for
// every probe that comes then.
func TestHungRefreshFailsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, hang := newHandler(), atomic.Bool{}
		h.AddCheckContext("db", func(context.Context) error {
			if hang.Load() {
				time.Sleep(time.Minute)
			}
			return nil
		}, health.CacheFor(4*time.Second), health.RefreshAhead())
		ask(t, h.Readiness()).expect(t, 200, "ok")
		hang.Store(true)
		time.Sleep(3 * time.Second)
		ask(t, h.Readiness()).expect(t, 200, "ok") // begins a run
		time.Sleep(time.Second)
		start := time.Now()
		ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "db", "timed out after 3s")
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v, want what is left of the run's timeout", took)
		}
		time.Sleep(time.Minute)
	})
}

// HEALTH-18
func TestFailAfterListsToleratedFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h := health.New("tool", "1", j.option())
		var result error
		h.AddCheckContext("db", func(context.Context) error { return result }, health.FailAfter(3))
		probe := func(err error, ready bool, lines ...string) {
			t.Helper()
			result = err
			a := ask(t, h.Readiness())
			text := "ok"
			if err != nil {
				text = err.Error()
			}
			if (a.code == 200) != ready {
				t.Errorf("%v: %s", err, a.raw)
			}
			a.expectCheck(t, "db", text)
			synctest.Wait()
			if got := j.lines(t); !slices.Equal(got, lines) {
				t.Errorf("%v: want %q, got %q", err, lines, got)
			}
		}
		e := errors.New("down")
		probe(e, true)
		probe(e, true)
		probe(nil, true)
		probe(e, true)
		probe(e, true)
		probe(e, false, "WARN health: check fails db down")
		probe(e, false)
		probe(nil, true, "INFO health: check passes again db")
		probe(e, true)
	})
}

// HEALTH-18: probes that share a run count it once, and so do those that get a
// cached result.
func TestFailAfterCountsASharedRunOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		h.AddCheckContext("db", func(context.Context) error { time.Sleep(ms); return errors.New("down") },
			health.FailAfter(2), health.CacheFor(time.Second))
		var probes sync.WaitGroup
		for range 50 {
			probes.Go(func() { ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "db", "down") })
		}
		probes.Wait()
		ask(t, h.Readiness()).expect(t, 200, "ok")
		time.Sleep(time.Second)
		ask(t, h.Readiness()).expect(t, 503, "degraded")
	})
}
