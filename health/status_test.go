package health_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

// HEALTH-19
func TestSetNotReadyShowsItsReasonUntilSetReady(t *testing.T) {
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
func TestStartupKeepsSucceedingAfterAnotherFollow(t *testing.T) {
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
func TestSlowOptionalCheckDelaysTheAnswerByAHundredMilliseconds(t *testing.T) {
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

func TestChecksReturnsStatusWithoutRunningAny(t *testing.T) {
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
		b.Text, b.Since, b.Ended, b.Took = "down", start.Add(10*ms), true, 10*ms
		a.Running = start
		expect(a, b)
		time.Sleep(3 * time.Second)
		a.Text, a.Failing, a.Since = "timed out after 3s", true, start.Add(3*time.Second)
		expect(a, b)
		time.Sleep(2 * time.Second)
		a.Running, a.Ended, a.Took = time.Time{}, true, 5*time.Second
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

func TestChangedChannels(t *testing.T) {
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
		func() { h.SetReady(false) }, func() { h.SetNotReady("x") }, func() { h.SetNotReady("y") }, func() { h.SetReady(true) },
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
	fresh := newHandler() // it follows nothing
	unset, _ := fresh.Changed(context.Background())
	fresh.SetReady(true)
	fresh.Follow(context.Background())
	if closed(unset) {
		t.Error("of a handler that follows nothing, closed by what changes nothing")
	}
	set, _ := h.Changed(context.Background())
	h.SetReady(true)
	h.Follow(ctx)
	h.Follow(context.Background()) // carries none
	if closed(set) {
		t.Error("closed by what changes nothing")
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

// HEALTH-15: Startup counts Running whichever probe saw it.
func TestStartupIsOverOnceReadinessSawRunning(t *testing.T) {
	h := newHandler()
	ctx := fsm.NewContext(context.Background(), machineIn(t, fsm.Running))
	askContext(t, ctx, h.Readiness()).expect(t, 200, "ok")
	h.Follow(fsm.NewContext(context.Background(), machineIn(t, fsm.Starting)))
	ask(t, h.Startup()).expect(t, 200, "ok")
}

// Gate runs no check, and else says what Check does. CheckEach says which fail.
func TestGateAndCheckEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, runs := newHandler(), 0
		h.AddCheck("a", pass)
		h.AddCheck("b", func() error { runs++; return errors.New("down") })
		h.AddCheckContext("c", down, health.FailAfter(2))
		h.AddCheckContext("d", func(context.Context) error { time.Sleep(time.Second); return nil }, health.Optional())
		r, open := h.Gate(t.Context())
		if !open || r.Status != "ok" || runs != 0 {
			t.Errorf("%v, %v, %d runs", r, open, runs)
		}
		r, failing, ready := h.CheckEach(context.Background())
		if ready || r.Checks["d"] != "still running" || len(failing) != 2 || !failing["b"] || !failing["d"] {
			t.Errorf("%v, %v, %v", r, failing, ready)
		}
		h.SetNotReady("x")
		r, open = h.Gate(context.Background())
		if open || r.Status != "not_ready" || r.Reason != "x" {
			t.Errorf("%v, %v", r, open)
		}
		time.Sleep(time.Second)
	})
}
