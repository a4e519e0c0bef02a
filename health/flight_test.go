package health_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
)

const ms = time.Millisecond

// started counts the goroutines that the package has started and that have not
// ended.
func started() int {
	buf := make([]byte, 1<<20)
	stacks := string(buf[:runtime.Stack(buf, true)])
	return strings.Count(stacks, "\ncreated by github.com/greynewell/mist-go/health.(")
}

// HEALTH-9, HEALTH-10: a hung check under 10,000 probes is one run on one
// goroutine; each probe is answered when the run's timeout is over, or at once
// after that, the other checks stay right, and when the check is released the
// next probe is right.
func TestHungCheckUsesOneGoroutineForTenThousandProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, release := newHandler(), make(chan struct{})
		var runs, under atomic.Int32
		h.AddCheck("hung", func() error {
			runs.Add(1)
			under.Add(1)
			defer under.Add(-1)
			<-release
			return errors.New("of the old run")
		})
		h.AddCheck("other", pass)
		var probes sync.WaitGroup
		for i := range 10_000 {
			probes.Go(func() {
				time.Sleep(time.Duration(i) * ms) // far longer than the timeout in all
				start := time.Now()
				ask(t, h.Readiness()).expect(t, 503, "degraded").
					expectCheck(t, "hung", "timed out after 3s").expectCheck(t, "other", "ok")
				if took, want := time.Since(start), max(0, 3*time.Second-time.Duration(i)*ms); took != want {
					t.Errorf("probe %d took %v, want %v", i, took, want)
				}
			})
		}
		probes.Wait()
		synctest.Wait()
		if n := started(); n != 1 || runs.Load() != 1 || under.Load() != 1 {
			t.Errorf("%d goroutines, %d runs, %d under way", n, runs.Load(), under.Load())
		}
		h.AddCheck("other", pass)
		close(release)
		synctest.Wait()
		if under.Load() != 0 {
			t.Error("the run is still under way")
		}
		release = make(chan struct{})
		close(release)
		ask(t, h.Readiness()).expectCheck(t, "hung", "of the old run") // its own, a second one
		if runs.Load() != 2 {
			t.Errorf("%d runs, want 2", runs.Load())
		}
	})
}

// HEALTH-9
func TestProbeAfterAHungCheckReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		var hang atomic.Bool
		release := make(chan struct{})
		h.AddCheck("db", func() error {
			if hang.Load() {
				<-release
				return errors.New("stale")
			}
			return nil
		})
		ask(t, h.Readiness()).expect(t, 200, "ok")
		hang.Store(true)
		ask(t, h.Readiness()).expectCheck(t, "db", "timed out after 3s")
		hang.Store(false)
		ask(t, h.Readiness()).expectCheck(t, "db", "timed out after 3s") // still the same run
		close(release)
		synctest.Wait()
		ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "db", "ok")
	})
}

// HEALTH-9
func TestAThousandProbesAtOnceAreOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		var runs atomic.Int32
		h.AddCheck("db", func() error { runs.Add(1); time.Sleep(10 * ms); return nil })
		start := time.Now()
		var probes sync.WaitGroup
		for range 1000 {
			probes.Go(func() { ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "db", "ok") })
		}
		probes.Wait()
		if took := time.Since(start); runs.Load() != 1 || took != 10*ms {
			t.Errorf("%d runs in %v", runs.Load(), took)
		}
	})
}

// HEALTH-9: no probe gets the result of a run that ended before it arrived, and every run
// is of the one check, never two at a time.
func TestNoProbeGetsAnEarlierResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, epoch := newHandler(), time.Now()
		var under, runs atomic.Int32
		h.AddCheck("db", func() error {
			if under.Add(1) != 1 {
				t.Error("two runs at a time")
			}
			defer under.Add(-1)
			runs.Add(1)
			time.Sleep(10 * ms)
			return errors.New(time.Since(epoch).String()) // when it ended
		})
		var probes sync.WaitGroup
		for i := range 1000 {
			probes.Go(func() {
				time.Sleep(time.Duration(i) * 700 * time.Microsecond)
				began := time.Since(epoch)
				text := ask(t, h.Readiness()).body.Checks["db"]
				ended, err := time.ParseDuration(text)
				if err != nil || ended < began || ended > began+10*ms {
					t.Errorf("a probe at %v got the result of a run that ended at %q", began, text)
				}
			})
		}
		probes.Wait()
		if n := runs.Load(); n < 60 || n > 71 { // 700 ms of back-to-back runs of 10 ms
			t.Errorf("%d runs", n)
		}
	})
}

// HEALTH-9: the answer comes when the last check has ended or timed out, each
// check by its own timeout.
func TestEachCheckHasItsOwnTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(health.WithCheckTimeout(500 * ms))
		add := func(name string, takes time.Duration, opts ...health.CheckOption) {
			h.AddCheckContext(name, func(context.Context) error { time.Sleep(takes); return nil }, opts...)
		}
		add("a", 300*ms, health.Timeout(100*ms))
		add("b", 200*ms)
		add("c", 900*ms)
		add("d", 600*ms, health.Timeout(700*ms))
		add("e", 499*ms)
		start := time.Now()
		ask(t, h.Readiness()).expect(t, 503, "degraded").
			expectCheck(t, "a", "timed out after 100ms").expectCheck(t, "b", "ok").
			expectCheck(t, "c", "timed out after 500ms").expectCheck(t, "d", "ok").expectCheck(t, "e", "ok")
		if took := time.Since(start); took != 600*ms {
			t.Errorf("took %v", took)
		}
		time.Sleep(time.Second)
	})
}

// HEALTH-9, HEALTH-10: the timeout is the run's, so a probe that joins it late,
// or comes when it is over, hears what the first heard.
func TestProbersNeverDisagreeAboutARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		h.AddCheck("db", func() error { time.Sleep(4 * time.Second); return nil })
		for range 10 { // probers with a period of 5 s, of which the second is late
			var probes sync.WaitGroup
			start := time.Now()
			for came, answered := range map[time.Duration]time.Duration{0: 3 * time.Second, 2 * time.Second: 3 * time.Second, 3500 * ms: 3500 * ms} {
				probes.Go(func() {
					time.Sleep(came)
					ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "db", "timed out after 3s")
					if took := time.Since(start); took != answered {
						t.Errorf("the probe that came after %v was answered after %v, want %v", came, took, answered)
					}
				})
			}
			probes.Wait()
			time.Sleep(5*time.Second - time.Since(start))
		}
	})
}

// HEALTH-9: one prober that asks again before a run is over hears the same.
func TestProberSeesOneResultPerRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(health.WithCheckTimeout(300 * ms))
		h.AddCheck("db", func() error { time.Sleep(400*ms + 1); return nil })
		var probes sync.WaitGroup
		for i := range 20 {
			probes.Go(func() {
				time.Sleep(time.Duration(i) * 200 * ms)
				ask(t, h.Readiness()).expect(t, 503, "degraded")
			})
		}
		probes.Wait()
		time.Sleep(time.Second)
	})
}

// HEALTH-9: the context of a run ends at the check's timeout, and a check that
// obeys it is free for the next probe.
func TestContextOfARunEndsAtTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, runs := newHandler(), 0
		h.AddCheckContext("db", func(ctx context.Context) error {
			runs++
			start := time.Now()
			<-ctx.Done()
			if took := time.Since(start); took != 250*ms {
				t.Errorf("the context ended after %v", took)
			}
			return errors.New("dial 10.0.0.1")
		}, health.Timeout(250*ms))
		for range 3 {
			ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "db", "timed out after 250ms") // whichever of them is first
			synctest.Wait()
		}
		if runs != 3 {
			t.Errorf("%d runs, want 3", runs)
		}
	})
}

// HEALTH-9: CacheFor.
func TestCachedResultAnswersWithoutARun(t *testing.T) {
	for name, result := range map[string]error{"passed": nil, "failed": errors.New("down")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, runs := newHandler(), 0
				h.AddCheckContext("db", func(context.Context) error {
					runs++
					time.Sleep(10 * ms)
					return result
				}, health.CacheFor(time.Second))
				for _, step := range []struct {
					after time.Duration
					runs  int
				}{{0, 1}, {0, 1}, {time.Second - 1, 1}, {1, 2}, {500 * ms, 2}, {500 * ms, 3}, {time.Hour, 4}} {
					time.Sleep(step.after)
					a := ask(t, h.Readiness())
					if runs != step.runs || (a.code == 200) != (result == nil) {
						t.Errorf("%v later: %d runs, want %d; %s", step.after, runs, step.runs, a.raw)
					}
				}
			})
		})
	}
}

// HEALTH-15
func TestOptionalCheckIsListedButDoesNotAffectReadiness(t *testing.T) {
	h := newHandler()
	h.AddCheckContext("cache", func(context.Context) error { return errors.New("cold") }, health.Optional())
	h.AddCheck("db", pass)
	ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "cache", "cold").expectCheck(t, "db", "ok")
	h.AddCheck("db", func() error { return errors.New("down") })
	ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "cache", "cold").expectCheck(t, "db", "down")
}
