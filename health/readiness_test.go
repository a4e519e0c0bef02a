package health_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

// HEALTH-2
func TestReadinessRunsAndListsEveryCheck(t *testing.T) {
	down := func() error { return errors.New("connection refused") }
	for name, tc := range map[string]struct {
		checks map[string]health.CheckFunc
		code   int
		body   string // between the status and the end, at uptime 0s
	}{
		"no check at all": {nil, 200,
			`{"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"0s"}`},
		"one that passes": {map[string]health.CheckFunc{"db": pass}, 200,
			`{"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"0s","checks":{"db":"ok"}}`},
		"one that fails": {map[string]health.CheckFunc{"db": down}, 503,
			`{"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"0s","checks":{"db":"connection refused"}}`},
		"some of each, keys sorted": {map[string]health.CheckFunc{"c": pass, "a": pass, "b": down}, 503,
			`{"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"0s","checks":{"a":"ok","b":"connection refused","c":"ok"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHandler()
				for name, fn := range tc.checks {
					h.AddCheck(name, fn)
				}
				if got := ask(t, h.Readiness()); got.code != tc.code || got.raw != tc.body {
					t.Errorf("\n got %d %s\nwant %d %s", got.code, got.raw, tc.code, tc.body)
				}
			})
		})
	}
}

// HEALTH-3
func TestSetReadyFalseRunsNoCheck(t *testing.T) {
	h, runs := newHandler(), 0
	h.AddCheck("db", func() error { runs++; return nil })
	h.SetReady(false)
	if a := ask(t, h.Readiness()).expect(t, 503, "not_ready"); a.body.Checks != nil || runs != 0 {
		t.Errorf("%d runs, %s", runs, a.raw)
	}
	h.SetReady(true)
	ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "db", "ok")
}

// HEALTH-4
func TestReadinessFollowsEveryStateOfTheLifecycle(t *testing.T) {
	for name, follow := range map[string]func(*health.Handler, context.Context) context.Context{
		"given to Follow": func(h *health.Handler, ctx context.Context) context.Context {
			h.Follow(ctx)
			return context.Background()
		},
		"in the request's context": func(_ *health.Handler, ctx context.Context) context.Context { return ctx },
		"given to Follow, with another in the request's context": func(h *health.Handler, ctx context.Context) context.Context {
			h.Follow(ctx)
			return fsm.NewContext(context.Background(), fsm.New())
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, state := range fsm.States() {
				h, runs := newHandler(), 0
				h.AddCheck("db", func() error { runs++; return nil })
				ctx := follow(h, fsm.NewContext(context.Background(), machineIn(t, state)))
				h.SetReady(true)
				a := askContext(t, ctx, h.Readiness())
				if state == fsm.Running {
					a.expect(t, 200, "ok").expectCheck(t, "db", "ok")
				} else if a.expect(t, 503, "not_ready"); runs != 0 || a.body.Checks != nil {
					t.Errorf("%v: %d runs, %s", state, runs, a.raw)
				}
				if a.body.State != state.String() {
					t.Errorf("%v: state is %q", state, a.body.State)
				}
				askContext(t, ctx, h.Liveness()).expect(t, 200, "ok")
				h.SetReady(false)
				askContext(t, ctx, h.Readiness()).expect(t, 503, "not_ready")
			}
		})
	}
}

// HEALTH-15: a startup probe is 503 until Running, and 200 ever after.
func TestStartupSucceedsFromRunningOn(t *testing.T) {
	h, m := newHandler(), fsm.New()
	h.AddCheck("db", func() error { t.Error("startup ran a check"); return nil })
	ask(t, h.Startup()).expect(t, 200, "ok") // follows nothing
	h.Follow(fsm.NewContext(context.Background(), m))
	h.SetReady(false)
	ask(t, h.Readiness()).expect(t, 503, "not_ready")
	if a := ask(t, h.Startup()).expect(t, 503, "not_ready"); a.body.State != "starting" {
		t.Errorf("state is %q", a.body.State)
	}
	for _, e := range path[fsm.Stopped] {
		fire(t, m, e)
		if a := ask(t, h.Startup()).expect(t, 200, "ok"); a.body.State != m.State().String() {
			t.Errorf("state is %q in %v", a.body.State, m.State())
		}
	}
}

// HEALTH-5
func TestProbeInProgressSeesTheLatestState(t *testing.T) {
	for name, tc := range map[string]struct {
		change       func(*health.Handler, *fsm.Machine)
		code         int
		status, stat string
	}{
		"draining begins": {func(_ *health.Handler, m *fsm.Machine) { m.Fire(fsm.StopRequested) }, 503, "not_ready", "draining"},
		"SetReady(false)": {func(h *health.Handler, _ *fsm.Machine) { h.SetReady(false) }, 503, "not_ready", "running"},
		"not ready for a while": {func(h *health.Handler, _ *fsm.Machine) {
			h.SetReady(false)
			time.Sleep(time.Millisecond)
			h.SetReady(true)
		}, 200, "ok", "running"},
		"another life is followed": {func(h *health.Handler, _ *fsm.Machine) {
			h.Follow(fsm.NewContext(context.Background(), fsm.New()))
		}, 503, "not_ready", "starting"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, m := newHandler(), machineIn(t, fsm.Running)
				h.Follow(fsm.NewContext(context.Background(), m))
				h.AddCheck("db", func() error { time.Sleep(10 * time.Millisecond); return nil })
				go func() {
					time.Sleep(5 * time.Millisecond)
					tc.change(h, m)
				}()
				a := ask(t, h.Readiness()).expect(t, tc.code, tc.status).expectCheck(t, "db", "ok")
				if a.body.State != tc.stat {
					t.Errorf("state is %q, want %q", a.body.State, tc.stat)
				}
			})
		})
	}
}

// HEALTH-11
func TestDisconnectedClientDoesNotFailTheCheckForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, runs := newHandler(), 0
		h.AddCheckContext("db", func(ctx context.Context) error {
			runs++
			select {
			case <-time.After(10 * time.Millisecond):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		type key struct{}
		ctx, leave := context.WithTimeout(context.WithValue(context.Background(), key{}, 1), 5*time.Millisecond)
		defer leave()
		left := make(chan struct{})
		go func() {
			defer close(left)
			start := time.Now()
			askContext(t, ctx, h.Readiness()).expectCheck(t, "db", "not waited for: context deadline exceeded")
			if took := time.Since(start); took != 5*time.Millisecond {
				t.Errorf("the client that left kept its probe for %v", took)
			}
		}()
		time.Sleep(time.Millisecond)
		ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "db", "ok")
		<-left
		if runs != 1 {
			t.Errorf("%d runs, want 1", runs)
		}
	})
}

func TestCheckReturnsTheReadinessAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, m := newHandler(), machineIn(t, fsm.Running)
		ctx := fsm.NewContext(context.Background(), m)
		h.AddCheck("db", pass)
		h.AddCheck("a\xffb", pass)
		compare := func(want bool) {
			t.Helper()
			r, ready := h.Check(ctx)
			a := askContext(t, ctx, h.Readiness())
			if ready != want || (a.code == http.StatusOK) != want || !equal(r, a.body) {
				t.Errorf("want ready %v\nCheck     %v %+v\nReadiness %d %+v", want, ready, r, a.code, a.body)
			}
		}
		compare(true)
		h.AddCheck("db", func() error { return errors.New("down") })
		compare(false)
		h.RemoveCheck("db")
		compare(true)
		fire(t, m, fsm.StopRequested)
		compare(false)
		//lint:ignore SA1012 what a nil context does is the test
		if r, ready := h.Check(nil); !ready || r.State != "" {
			t.Errorf("a nil context: %v %+v", ready, r)
		}
	})
}
