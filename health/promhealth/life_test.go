package promhealth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health/promhealth"
	"github.com/greynewell/mist-go/lifecycle"
)

func step(from fsm.State, on fsm.Event, to fsm.State, at time.Time) fsm.Step {
	return fsm.Step{Transition: fsm.Transition{From: from, On: on, To: to}, At: at}
}

func TestDurationsAreThoseBetweenSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := promhealth.New(newHandler())
		expect := func(state, drain, hooks string) {
			t.Helper()
			e := gather(t, c)
			e.expect(`lifecycle_state{state="`+state+`"} 1`,
				"lifecycle_drain_duration_seconds "+drain, "lifecycle_hooks_duration_seconds "+hooks)
		}
		gather(t, c).expectNone("lifecycle_")
		for range 2 { // lives, the second of which begins anew
			c.Observe(step(fsm.Starting, fsm.Started, fsm.Running, time.Now()))
			time.Sleep(time.Hour)
			expect("running", "0", "0")
			c.Observe(step(fsm.Running, fsm.StopRequested, fsm.Draining, time.Now()))
			expect("draining", "0", "0")
			time.Sleep(1500 * time.Millisecond)
			expect("draining", "1.5", "0") // so far
			hooks := time.Now()
			time.Sleep(250 * time.Millisecond) // an observer may be told late
			c.Observe(step(fsm.Draining, fsm.Drained, fsm.Hooks, hooks))
			expect("hooks", "1.5", "0.25")
			time.Sleep(250 * time.Millisecond)
			expect("hooks", "1.5", "0.5")
			c.Observe(step(fsm.Hooks, fsm.HooksFinished, fsm.Stopped, time.Now()))
			time.Sleep(time.Hour)
			expect("stopped", "1.5", "0.5")
		}
		c.Observe(step(fsm.Starting, fsm.StopRequested, fsm.Draining, time.Now()))
		expect("draining", "0", "0")
	})
}

func TestHandlersStatePrecedesTheObservedOne(t *testing.T) {
	h, machine := newHandler(), fsm.New()
	c := promhealth.New(h)
	h.Follow(fsm.NewContext(context.Background(), machine))
	taken, err := machine.Fire(fsm.Started)
	if err != nil {
		t.Fatal(err)
	}
	c.Observe(taken)
	if _, err := machine.Fire(fsm.StopRequested); err != nil { // not observed yet
		t.Fatal(err)
	}
	e := scrape(t, c)
	e.expect(`lifecycle_state{state="draining"} 1`, `lifecycle_state{state="running"} 0`)
	e.expect("lifecycle_drain_duration_seconds 0")
}

// What is shown of readiness is what /readyz answers, from the same state: of a
// handler that follows no lifecycle, but is asked over one's own server.
func TestReadinessAndStateOfAScrapeAreConsistent(t *testing.T) {
	h, machine := newHandler(), fsm.New()
	c := promhealth.New(h)
	h.AddCheckContext("db", pass)
	readyz := func() int {
		rec := httptest.NewRecorder()
		h.Readiness()(rec, httptest.NewRequestWithContext(fsm.NewContext(t.Context(), machine), http.MethodGet, "/readyz", nil))
		return rec.Code
	}
	for _, e := range []fsm.Event{fsm.Started, fsm.StopRequested, fsm.Drained, fsm.HooksFinished} {
		taken, err := machine.Fire(e)
		if err != nil {
			t.Fatal(err)
		}
		c.Observe(taken)
		ready, passing := "0", 0
		if readyz() == http.StatusOK {
			ready, passing = "1", 1
		}
		s := scrape(t, c)
		s.expect("health_ready "+ready, `lifecycle_state{state="`+taken.To.String()+`"} 1`)
		if n := strings.Count(s.text, "health_check_passing"); n != passing {
			t.Errorf("in %v, %d checks are shown, want %d, as in /readyz", taken.To, n, passing)
		}
	}
}

// A value that is no state comes from no lifecycle of this module.
func TestInvalidStateDoesNotPanic(t *testing.T) {
	c := promhealth.New(newHandler())
	c.Observe(step(fsm.Starting, fsm.Started, fsm.Stopped+1, time.Now()))
	gather(t, c).expect(`lifecycle_state{state="stopped"} 0`, "lifecycle_drain_duration_seconds 0")
}

func TestRealRunIsObservedFromStartToEnd(t *testing.T) {
	h := newHandler()
	c := promhealth.New(h)
	h.AddCheckContext("db", c.Timed("db", pass))
	err := lifecycle.Run(func(ctx context.Context) error {
		h.Follow(ctx)
		scrape(t, c).expect(`lifecycle_state{state="running"} 1`, "health_ready 1", `health_check_passing{check="db"} 1`)
		lifecycle.OnShutdown(ctx, func() error {
			scrape(t, c).expect(`lifecycle_state{state="hooks"} 1`, "health_ready 0")
			return nil
		})
		return nil
	}, lifecycle.WithSignals(), lifecycle.WithObserver(c.Observe))
	if err != nil {
		t.Error(err)
	}
	e := scrape(t, c)
	e.expect(`lifecycle_state{state="stopped"} 1`, "health_ready 0", `health_check_duration_seconds_count{check="db"} 1`)
	e.expectNone("lifecycle_hooks_duration_seconds 0\n", "health_check_passing")
}

func TestConcurrentScrapesAndSteps(t *testing.T) {
	c := promhealth.New(newHandler())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				c.Observe(step(fsm.Starting, fsm.Started, fsm.Running, time.Now()))
				c.Observe(step(fsm.Running, fsm.MainExited, fsm.Draining, time.Now()))
			}
		})
		all.Go(func() {
			for range 20 {
				e := gather(t, c)
				if ready := !strings.Contains(e.text, "_state") || strings.Contains(e.text, `{state="running"} 1`); ready != strings.Contains(e.text, "health_ready 1") {
					t.Errorf("readiness contradicts the state:\n%s", e.text)
				}
			}
		})
	}
	all.Wait()
}
