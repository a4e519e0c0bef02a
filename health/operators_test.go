package health_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

func down(context.Context) error { return errors.New("down") }

func fine(context.Context) error { return nil }

// HEALTH-17
func TestAnyGroupsRunTheirOwnChecksAndThoseOfNone(t *testing.T) {
	names := rapid.SampledFrom([]string{"a", "b", "c", "", "é\xff"})
	rapid.Check(t, func(t *rapid.T) {
		h := newHandler()
		groups := map[string][]string{}
		var ran sync.Map
		for i := range rapid.IntRange(0, 70).Draw(t, "checks") {
			name := fmt.Sprintf("%02d", i)
			groups[name] = rapid.SliceOfN(names, 0, 3).Draw(t, "groups")
			var opts []health.CheckOption
			if rapid.Bool().Draw(t, "one by one") {
				for _, g := range groups[name] {
					opts = append(opts, health.Group(g))
				}
			} else {
				opts = append(opts, health.Group(groups[name]...))
			}
			h.AddCheckContext(name, func(context.Context) error { ran.Store(name, true); return nil }, opts...)
		}
		asked := rapid.SliceOfN(rapid.OneOf(names, rapid.Just("unknown")), 0, 4).Draw(t, "asked")
		want := map[string]string{}
		for name, of := range groups {
			if len(of) == 0 || slices.ContainsFunc(of, func(g string) bool { return slices.Contains(asked, g) }) {
				want[name] = "ok"
			}
		}
		endpoint, over := h.ReadinessOf(asked...), slices.Clone(asked)
		clear(asked) // the slice is the caller's
		var w recorder
		w.serve(endpoint, context.Background())
		response, ready := h.CheckOf(context.Background(), over...)
		if w.code != 200 || !ready || !maps.Equal(response.Checks, want) {
			t.Fatalf("asked for %q: %d, %v\n got %v\nwant %v", over, w.code, ready, response.Checks, want)
		}
		for name := range want {
			if !strings.Contains(string(w.body), `"`+name+`":"ok"`) {
				t.Fatalf("no %s in %s", name, w.body)
			}
		}
		ran.Range(func(name, _ any) bool {
			if want[name.(string)] == "" {
				t.Fatalf("%s was run for %q", name, over)
			}
			return true
		})
		if all, _ := h.Check(context.Background()); len(all.Checks) != len(groups) {
			t.Fatalf("readiness runs %d of %d", len(all.Checks), len(groups))
		}
	})
}

// HEALTH-17: a check that is in several groups is one check, one run at a time.
func TestAFailingGroupFailsOnlyThoseWhoAskForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, runs := newHandler(), atomic.Int64{}
		h.AddCheckContext("search", down, health.Group("search"))
		h.AddCheckContext("db", fine, health.Group("db"))
		h.AddCheckContext("both", func(context.Context) error { runs.Add(1); time.Sleep(10 * ms); return nil }, health.Group("search", "db"))
		h.AddCheck("disk", pass)
		var probes sync.WaitGroup
		for endpoint, want := range map[*http.HandlerFunc]int{ptr(h.ReadinessOf("search")): 503, ptr(h.ReadinessOf("db")): 200, ptr(h.ReadinessOf()): 200, ptr(h.Readiness()): 503} {
			probes.Go(func() {
				if a := ask(t, *endpoint); a.code != want || a.body.Checks["disk"] != "ok" {
					t.Errorf("want %d, got %d %s", want, a.code, a.raw)
				}
			})
		}
		probes.Wait()
		if runs.Load() != 1 {
			t.Errorf("%d runs of one check", runs.Load())
		}
		h.SetNotReady("maintenance")
		ask(t, h.ReadinessOf("db")).expect(t, 503, "not_ready")
	})
}

func ptr[T any](v T) *T { return &v }

// HEALTH-18
func TestAProbeInTheSecondHalfOfCacheForIsAnsweredAndRefreshes(t *testing.T) {
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
func TestARefreshThatHangsFailsAtItsDeadline(t *testing.T) {
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
func TestFailAfterCountsRunsAndListsThemBefore(t *testing.T) {
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
func TestFailAfterCountsARunOnceHoweverManyGetIt(t *testing.T) {
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

// HEALTH-19
func TestSetNotReadySaysWhyUntilSetReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, runs := newHandler(health.WithoutDetails()), 0
		h.AddCheck("db", func() error { runs++; return nil })
		expect := func(code int, reason string) {
			t.Helper()
			a := ask(t, h.Readiness())
			r, _ := h.Check(context.Background())
			if a.code != code || a.body.Reason != reason || r.Reason != reason || strings.Contains(a.raw, `"reason"`) != (reason != "") {
				t.Errorf("want %d %q, got %d %s and %+v", code, reason, a.code, a.raw, r)
			}
			if a := ask(t, h.ReadinessOf("x")); a.code != code || a.body.Reason != reason {
				t.Errorf("of a group: %s", a.raw)
			}
			for _, other := range []http.Handler{h.Liveness(), h.Startup()} {
				if a := ask(t, other); a.code != 200 || a.body.Reason != "" {
					t.Errorf("%s", a.raw)
				}
			}
		}
		h.SetNotReady("warming\n\"up\"")
		expect(503, "warming\n\"up\"")
		want := `{"status":"not_ready","reason":"warming\n\"up\"","tool":"matchspec","version":"1.4.0","uptime":"0s"}`
		if a := ask(t, h.Readiness()); a.raw != want {
			t.Errorf("\n got %s\nwant %s", a.raw, want)
		}
		h.SetNotReady(strings.Repeat("é", 1000) + "\xff")
		expect(503, strings.Repeat("é", 510)+"…")
		h.SetNotReady("")
		expect(503, "")
		h.SetNotReady("again")
		h.SetReady(false)
		expect(503, "")
		h.SetNotReady("again")
		h.Follow(fsm.NewContext(context.Background(), machineIn(t, fsm.Running)))
		expect(503, "again")
		if runs != 0 {
			t.Errorf("%d runs", runs)
		}
		h.SetReady(true)
		expect(200, "")
	})
}

// HEALTH-15: start-up is over for good, whichever lifecycle is followed then.
func TestStartupStaysOverWhenAnotherLifecycleIsFollowed(t *testing.T) {
	starting := fsm.NewContext(context.Background(), fsm.New())
	for _, asked := range []bool{true, false} {
		h := newHandler()
		h.Follow(starting)
		ask(t, h.Startup()).expect(t, 503, "not_ready")
		h.Follow(fsm.NewContext(context.Background(), machineIn(t, fsm.Running)))
		if asked {
			ask(t, h.Startup()).expect(t, 200, "ok")
		}
		h.Follow(starting)
		if a := ask(t, h.Startup()).expect(t, 200, "ok"); a.body.State != "starting" {
			t.Errorf("%s", a.raw)
		}
	}
	h := newHandler() // one that follows the request's
	askContext(t, starting, h.Startup()).expect(t, 503, "not_ready")
	askContext(t, fsm.NewContext(context.Background(), machineIn(t, fsm.Draining)), h.Startup()).expect(t, 200, "ok")
	askContext(t, starting, h.Startup()).expect(t, 200, "ok")
}

// HEALTH-15: an optional check never decides, not by being slow either.
func TestASlowOptionalCheckDelaysTheAnswerByAHundredMilliseconds(t *testing.T) {
	for name, tc := range map[string]struct {
		required, optional, want time.Duration
		text                     string
	}{
		"alone":                      {-1, time.Hour, 100 * ms, "still running"},
		"alone, and quick":           {-1, 60 * ms, 60 * ms, "ok"},
		"beside a slow one":          {500 * ms, time.Hour, 600 * ms, "still running"},
		"beside a slow one, in time": {500 * ms, 590 * ms, 590 * ms, "ok"},
		"first":                      {500 * ms, 200 * ms, 500 * ms, "ok"},
		"out of its time":            {1950 * ms, time.Hour, 2000 * ms, "timed out after 2s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHandler()
				if tc.required >= 0 {
					h.AddCheck("db", func() error { time.Sleep(tc.required); return nil })
				}
				h.AddCheckContext("cache", func(ctx context.Context) error { time.Sleep(tc.optional); return nil },
					health.Optional(), health.Timeout(2*time.Second))
				start := time.Now()
				ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "cache", tc.text)
				if took := time.Since(start); took != tc.want {
					t.Errorf("took %v, want %v", took, tc.want)
				}
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

// HEALTH-13: a probe under way does not wait for what is replaced or removed,
// and leaves it out; and nothing is logged of it any more.
func TestAProbeUnderWayLeavesOutWhatIsReplacedOrRemoved(t *testing.T) {
	for name, change := range map[string]func(h *health.Handler){
		"replaced":              func(h *health.Handler) { h.AddCheck("db", pass) },
		"removed":               func(h *health.Handler) { h.RemoveCheck("db") },
		"removed and added":     func(h *health.Handler) { h.RemoveCheck("db"); h.AddCheck("db", pass) },
		"replaced by a failing": func(h *health.Handler) { h.AddCheckContext("db", down) },
	} {
		for _, takes := range []time.Duration{5 * ms, 500 * ms, time.Hour} {
			t.Run(fmt.Sprint(name, ", of ", takes), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var j journal
					h := health.New("tool", "1", j.option())
					h.AddCheck("db", func() error { time.Sleep(takes); return errors.New("old") })
					h.AddCheck("other", func() error { time.Sleep(20 * ms); return nil })
					time.AfterFunc(10*ms, func() { change(h) })
					start := time.Now()
					a := ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "other", "ok")
					if took := time.Since(start); took != 20*ms || len(a.body.Checks) != 1 {
						t.Errorf("took %v: %s", took, a.raw)
					}
					synctest.Wait()
					lines := j.lines(t)
					if takes == 5*ms && len(lines) != 1 || takes > 10*ms && len(lines) != 0 {
						t.Errorf("logged %q", lines)
					}
					time.Sleep(2 * time.Hour)
					synctest.Wait()
					if lines := j.lines(t); len(lines) != 0 {
						t.Errorf("later logged %q", lines)
					}
				})
			})
		}
	}
}

// HEALTH-16: a replacement inherits that the check is failing; removal ends it
// in silence.
func TestAReplacementInheritsThatTheCheckIsFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h := health.New("tool", "1", j.option())
		expect := func(code int, lines ...string) {
			t.Helper()
			if a := ask(t, h.Readiness()); a.code != code {
				t.Errorf("want %d: %s", code, a.raw)
			}
			synctest.Wait()
			if got := j.lines(t); !slices.Equal(got, lines) {
				t.Errorf("want %q\n got %q", lines, got)
			}
		}
		h.AddCheckContext("db", down)
		expect(503, "WARN health: check fails db down")
		h.AddCheck("db", pass)
		expect(200, "INFO health: check passes again db")
		h.AddCheckContext("db", down)
		expect(503, "WARN health: check fails db down")
		h.AddCheckContext("db", down, health.FailAfter(5))
		expect(503) // it was failing, and has not passed since
		h.AddCheckContext("db", func(context.Context) error { return errors.New("other") })
		expect(503, "WARN health: check fails with another error db other")
		h.RemoveCheck("db")
		expect(200)
		h.AddCheck("db", pass)
		expect(200)
		h.AddCheckContext("db", down)
		expect(503, "WARN health: check fails db down")
	})
}

// HEALTH-16: another text is logged at once, and then once a minute at most.
func TestAnotherTextIsLoggedOnceAMinuteAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h, start := health.New("tool", "1", j.option()), time.Now()
		h.AddCheck("db", func() error { return errors.New(time.Since(start).String()) })
		for range 180 {
			ask(t, h.Readiness()).expect(t, 503, "degraded")
			time.Sleep(time.Second)
		}
		synctest.Wait()
		want := []string{
			"WARN health: check fails db 0s", "WARN health: check fails with another error db 1s",
			"WARN health: check fails with another error db 1m1s", "WARN health: check fails with another error db 2m1s",
		}
		if got := j.lines(t); !slices.Equal(got, want) {
			t.Errorf("want %q\n got %q", want, got)
		}
	})
}

// HEALTH-16: an observer hears what readiness shows, and may do what it likes.
func TestAnObserverMayDoItsWorstAndHearsWhatReadinessShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var heard []health.Change
		var h *health.Handler
		start, release := time.Now(), make(chan struct{})
		defer close(release)
		h = newHandler(health.WithoutDetails(),
			health.WithObserver(func(health.Change) { panic("observer") }),
			health.WithObserver(func(c health.Change) {
				_, _ = h.Check(context.Background()) // calls back
				h.AddCheck("more", pass)
				mu.Lock()
				defer mu.Unlock()
				heard = append(heard, c)
			}),
			health.WithObserver(func(health.Change) { <-release }))
		var result error
		h.AddCheck("a\xff", func() error { return result })
		for _, next := range []error{errors.New("secret"), nil, errors.New("secret")} {
			time.Sleep(time.Second)
			result = next
			ask(t, h.Readiness())
			synctest.Wait()
		}
		mu.Lock()
		defer mu.Unlock()
		if len(heard) != 3 {
			t.Fatalf("%v", heard)
		}
		for i, c := range heard {
			failed := c.Err != nil && c.Err.Error() == "failed"
			if c.Check != "a\xff" || failed != (i != 1) || c.Err == nil != (i == 1) || c.At.Sub(start) != time.Duration(i+1)*time.Second {
				t.Errorf("change %d: %q, %v at %v", i, c.Check, c.Err, c.At.Sub(start))
			}
		}
	})
}

// HEALTH-16: ten thousand that hang are ten thousand lines.
func TestEachOfTenThousandHungChecksIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h, release := health.New("tool", "1", j.option()), make(chan struct{})
		for i := range 10_000 {
			h.AddCheck(fmt.Sprint(i), func() error { <-release; return nil })
		}
		for range 5 { // the prober hangs up long before
			ctx, hangUp := context.WithTimeout(context.Background(), time.Second)
			h.Check(ctx)
			hangUp()
		}
		synctest.Wait()
		if lines := j.lines(t); len(lines) != 10_000 {
			t.Errorf("%d lines", len(lines))
		}
		close(release)
	})
}

// HEALTH-10: AddCheck costs no more for there being many.
func TestTenThousandChecksAreAddedAtOnce(t *testing.T) {
	h := newHandler()
	allocs := testing.AllocsPerRun(1, func() {
		for i := range 10_000 {
			h.AddCheck(fmt.Sprint(i), pass)
		}
	})
	if allocs > 100_000 {
		t.Errorf("%v allocations", allocs)
	}
	if r, ready := h.Check(context.Background()); !ready || len(r.Checks) != 10_000 {
		t.Errorf("ready %v, %d checks", ready, len(r.Checks))
	}
}

func TestChecksTellsWhatIsKnownAndRunsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, start := newHandler(), time.Now()
		var result error
		runs := 0
		h.AddCheckContext("b", func(context.Context) error { runs++; time.Sleep(10 * ms); return result },
			health.Group("x"), health.Optional(), health.FailAfter(2))
		h.AddCheck("a", func() error { time.Sleep(5 * time.Second); return nil })
		expect := func(want ...health.CheckStatus) {
			t.Helper()
			if got := fmt.Sprint(h.Checks()); got != fmt.Sprint(want) {
				t.Errorf("after %v\n got %s\nwant %v", time.Since(start), got, want)
			}
		}
		b := health.CheckStatus{Name: "b", Groups: []string{"x"}, Optional: true, Timeout: 3 * time.Second}
		a := health.CheckStatus{Name: "a", Timeout: 3 * time.Second}
		expect(a, b)
		result = errors.New("down")
		go h.Check(context.Background())
		time.Sleep(time.Second)
		b.Text, b.Since, b.Took = "down", start.Add(10*ms), 10*ms
		a.Running = start
		expect(a, b)
		time.Sleep(3 * time.Second)
		a.Text, a.Failing, a.Since = "timed out after 3s", true, start.Add(3*time.Second)
		expect(a, b)
		time.Sleep(2 * time.Second)
		a.Running, a.Took = time.Time{}, 5*time.Second
		expect(a, b)
		ctx, leave := context.WithTimeout(context.Background(), time.Second)
		defer leave()
		h.Check(ctx)
		a.Running = start.Add(6 * time.Second)
		b.Failing, b.Since = true, start.Add(6010*ms)
		expect(a, b)
		if runs != 2 {
			t.Errorf("%d runs", runs)
		}
		h.RemoveCheck("a")
		expect(b)
		time.Sleep(time.Minute)
	})
}

func TestChangedIsClosedAtWhatMayChangeTheAnswer(t *testing.T) {
	h, m := newHandler(), fsm.New()
	closed := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	ctx := fsm.NewContext(context.Background(), m)
	for i, change := range []func(){
		func() { h.SetReady(false) }, func() { h.SetNotReady("x") }, func() { h.SetReady(true) }, func() { h.SetReady(true) },
		func() { h.Follow(ctx) },
	} {
		set, state := h.Changed(context.Background())
		if closed(set) || state != nil {
			t.Errorf("change %d: closed before: %v, %v", i, closed(set), state)
		}
		change()
		if next, _ := h.Changed(context.Background()); !closed(set) || closed(next) {
			t.Errorf("change %d: closed %v, the next %v", i, closed(set), closed(next))
		}
	}
	for _, e := range path[fsm.Stopped] {
		_, followed := h.Changed(nil) //lint:ignore SA1012 the test
		_, carried := newHandler().Changed(ctx)
		if closed(followed) || closed(carried) {
			t.Errorf("before %v", e)
		}
		fire(t, m, e)
		if !closed(followed) || !closed(carried) {
			t.Errorf("after %v: %v, %v", e, closed(followed), closed(carried))
		}
	}
	if _, state := h.Changed(ctx); state != nil {
		t.Error("Stopped is left by nothing")
	}
}
