package promhealth_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/promhealth"
)

func pass(context.Context) error { return nil }

func fail(context.Context) error { return errors.New("down") }

func TestHandlerAloneExportsOnlyReadiness(t *testing.T) {
	c := promhealth.New(newHandler())
	if got := scrape(t, c).text; got != "health_ready 1\n" {
		t.Errorf("want one sample, got\n%s", got)
	}
}

// HEALTH-2, HEALTH-3, HEALTH-15
func TestScrapeMatchesTheProbe(t *testing.T) {
	h := newHandler()
	c := promhealth.New(h)
	h.AddCheckContext("db", pass)
	h.AddCheckContext("cache", fail, health.Optional())
	scrape(t, c).expect("health_ready 1", `health_check_passing{check="db"} 1`, `health_check_passing{check="cache"} 0`)
	h.AddCheckContext("db", fail)
	scrape(t, c).expect("health_ready 0", `health_check_passing{check="db"} 0`)
	h.AddCheckContext("db", func(context.Context) error { return errors.New("ok") })
	scrape(t, c).expect("health_ready 0", `health_check_passing{check="db"} 0`)
	h.SetReady(false)
	e := scrape(t, c)
	e.expect("health_ready 0")
	e.expectNone("health_check_passing")
}

// HEALTH-4
func TestScrapeExportsTheStateAsAStateSet(t *testing.T) {
	h, machine := newHandler(), fsm.New()
	c := promhealth.New(h)
	h.Follow(fsm.NewContext(context.Background(), machine))
	expect := func(in, ready string) {
		t.Helper()
		e := scrape(t, c)
		for _, s := range fsm.States() {
			e.expect(`lifecycle_state{state="` + s.String() + `"} ` + map[bool]string{true: "1", false: "0"}[s.String() == in])
		}
		e.expect("health_ready " + ready)
		e.expectNone("lifecycle_drain", "lifecycle_hooks") // nothing was observed
	}
	expect("starting", "0")
	for _, e := range []fsm.Event{fsm.Started, fsm.StopRequested, fsm.Drained, fsm.HooksFinished} {
		step, err := machine.Fire(e)
		if err != nil {
			t.Fatal(err)
		}
		expect(step.To.String(), map[bool]string{true: "1", false: "0"}[e == fsm.Started])
	}
}

func TestConcurrentScrapesShareRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		c := promhealth.New(h)
		h.AddCheckContext("db", c.Timed("db", func(context.Context) error { time.Sleep(time.Millisecond); return nil }))
		var scrapes sync.WaitGroup
		for range 100 {
			scrapes.Go(func() { gather(t, c).expect("health_ready 1") })
		}
		scrapes.Wait()
		gather(t, c).expect(`health_check_duration_seconds_count{check="db"} 2`)
	})
}

func TestEveryMetricIsWhatPromlintExpects(t *testing.T) {
	h := newHandler()
	c := promhealth.New(h)
	h.AddCheckContext("db", c.Timed("db", pass))
	c.Observe(step(fsm.Starting, fsm.Started, fsm.Running, time.Now()))
	problems, err := testutil.CollectAndLint(c)
	if err != nil || len(problems) != 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if n := testutil.CollectAndCount(c); n != 5+2+1+1+1 {
		t.Errorf("%d samples", n)
	}
}

func TestTwoCollectorsDifferByTheirLabels(t *testing.T) {
	registry := prometheus.NewRegistry()
	for _, name := range []string{"a", "b"} {
		labelled := prometheus.WrapRegistererWith(prometheus.Labels{"service": name}, registry)
		if err := prometheus.WrapRegistererWithPrefix("mist_", labelled).Register(promhealth.New(newHandler())); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := testutil.GatherAndCount(registry, "mist_health_ready"); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// HEALTH-11, HEALTH-15: what a scrape does not wait for does not pass, whatever is
// known of it from before.
func TestCheckWithoutAResultDoesNotPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		var takes atomic.Int64
		c := promhealth.New(h, promhealth.WithTimeout(time.Second))
		slow := func(context.Context) error { time.Sleep(time.Duration(takes.Load())); return nil }
		h.AddCheckContext("blip", slow, health.FailAfter(3))
		h.AddCheckContext("cache", slow, health.Optional())
		h.AddCheckContext("db", slow)
		expect := func(bits string) {
			t.Helper()
			time.Sleep(time.Minute)
			got := ""
			reg := prometheus.NewPedanticRegistry()
			reg.MustRegister(c)
			families, err := reg.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range families {
				for _, m := range f.GetMetric() {
					got += strconv.Itoa(int(m.GetGauge().GetValue()))
				}
			}
			if got != bits {
				t.Errorf("want passing and ready %s, got %s", bits, got)
			}
		}
		expect("1111")
		takes.Store(int64(2 * time.Second))
		expect("0000")
		takes.Store(0)
		expect("1111")
		h.AddCheckContext("cache", func(context.Context) error { time.Sleep(2 * time.Second); return nil }, health.Optional())
		expect("1011")
		time.Sleep(time.Minute)
	})
}
