package checks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// followedInEveryState calls f in each state of a run, and after it. With skip the run
// never gets to running. The caller's handlers follow ctx or not.
func (c *Checker) followedInEveryState(skip bool, f func(ctx context.Context, state model.State)) {
	var followed context.Context
	_ = c.run(func(ctx context.Context) error {
		followed = ctx
		f(ctx, model.Starting)
		if !skip {
			c.Impl.MarkStarted(ctx)
			f(ctx, model.Running)
		}
		c.Impl.DrainGroup(ctx).Go(func() {
			play.Wait(ctx.Done(), time.Hour)
			time.Sleep(time.Second)
			f(ctx, model.Draining)
		})
		c.Impl.OnShutdown(ctx, func() error { f(ctx, model.Hooks); return nil })
		return nil
	}, subject.Settings{ManualStart: true})
	f(followed, model.Stopped)
}

// manualStartWorks reports whether a run with a manual start gets to running, as health
// sees it, and leaves nothing behind. If not, that is for RUN-13 and RUN-10 to say.
func (c *Checker) manualStartWorks() (works bool) {
	_, died := c.inBubble(func() {
		_ = c.run(func(ctx context.Context) error {
			h := c.health()
			h.Follow(ctx)
			before := play.Ask(h.Readiness, http.MethodGet).State
			c.Impl.MarkStarted(ctx)
			works = before == string(model.Running) || play.Ask(h.Readiness, http.MethodGet).State != before
			return nil
		}, subject.Settings{ManualStart: true})
	})
	return works && died == ""
}

// AliveInEveryState checks HEALTH-1: liveness in every state, and after the run.
func AliveInEveryState(c *Checker) {
	if !c.manualStartWorks() {
		return
	}
	c.bubble(func() {
		h := c.health()
		h.AddCheck("bad", func() error { return errors.New("the reason") })
		c.followedInEveryState(false, func(ctx context.Context, state model.State) {
			h.Follow(ctx)
			for _, ready := range []bool{false, true} {
				h.SetReady(ready)
				c.expectReply("liveness in "+string(state), play.Ask(h.Liveness, http.MethodGet), http.StatusOK, "ok")
				c.expect(play.Ask(h.Liveness, http.MethodHead).Code == http.StatusOK, "liveness in %s: HEAD is not answered 200", state)
			}
		})
	})
}

// StartupInEveryState checks HEALTH-15: start-up through a run that gets to running, and
// through one that does not, with checks that pass and fail.
func StartupInEveryState(c *Checker) {
	if !c.manualStartWorks() {
		return
	}
	for _, skip := range []bool{false, true} {
		c.bubble(func() {
			h := c.health()
			var result error
			h.AddCheck("db", func() error { return result })
			c.followedInEveryState(skip, func(ctx context.Context, state model.State) {
				h.Follow(ctx)
				want := http.StatusOK
				if state == model.Starting {
					want = http.StatusServiceUnavailable
				}
				for _, result = range []error{errors.New("the reason"), nil} {
					for _, ready := range []bool{false, true} {
						h.SetReady(ready)
						play.Ask(h.Readiness, http.MethodGet)
						got := play.Ask(h.Startup, http.MethodGet).Code
						c.expect(got == want, "start-up in %s is %d, want %d: the run skips running: %t; SetReady(%t); a check returns %v", state, got, want, skip, ready, result)
					}
				}
			})
		})
	}
}

// StartupOfNoRun checks HEALTH-15: of a handler that follows nothing start-up is 200 or
// 503, whatever readiness is.
func StartupOfNoRun(c *Checker) {
	c.bubble(func() {
		h := c.health()
		first := play.Ask(h.Startup, http.MethodGet)
		c.expect(first.Code == http.StatusOK || first.Code == http.StatusServiceUnavailable, "start-up without a run is %d, want 200 or 503", first.Code)
		h.AddCheck("bad", func() error { return errors.New("the reason") })
		for _, ready := range []bool{false, true} {
			h.SetReady(ready)
			play.Ask(h.Readiness, http.MethodGet)
			code := play.Ask(h.Startup, http.MethodGet).Code
			c.expect(code == first.Code, "start-up without a run is %d, and %d after SetReady(%t), with a check that fails", first.Code, code, ready)
		}
	})
}

// SetReadyTwice checks HEALTH-3: SetReady is no counter.
func SetReadyTwice(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var runs atomic.Int64
		h.AddCheck("db", func() error { runs.Add(1); return nil })
		for _, calls := range [][]bool{{false}, {true}, {true}, {false, false, false}, {true}, {true, true, true}, {false}, {true, false}, {true}} {
			for _, ready := range calls {
				h.SetReady(ready)
			}
			code, status := http.StatusServiceUnavailable, "not_ready"
			if calls[len(calls)-1] {
				code, status = http.StatusOK, "ok"
			}
			what := fmt.Sprintf("after SetReady with each of %v", calls)
			c.expectReply(what, play.Ask(h.Readiness, http.MethodGet), code, status)
			runs.Store(0)
			play.Ask(h.Readiness, http.MethodHead)
			c.expect(runs.Load() == 0 || code == http.StatusOK, "%s: HEAD runs a check", what)
		}
	})
}

// countsReady reports whether SetReady counts its calls, which is for HEALTH-3 to say.
func (c *Checker) countsReady() bool {
	h := c.health()
	for _, ready := range []bool{false, false, false, true} {
		h.SetReady(ready)
	}
	return play.Ask(h.Readiness, http.MethodGet).Code != http.StatusOK
}

// SetReadyAndFollow checks HEALTH-4: what SetReady has said holds when a run is followed,
// followed again, and running.
func SetReadyAndFollow(c *Checker) {
	if !c.manualStartWorks() {
		return
	}
	for _, when := range []string{"before Follow", "between two calls of Follow", "while starting", "never"} {
		c.bubble(func() {
			h := c.health()
			h.SetReady(false)
			if play.Ask(h.Readiness, http.MethodGet).Code == http.StatusOK {
				return // for HEALTH-3 to report
			}
			h.SetReady(true)
			off := func(now string) {
				if when == now {
					h.SetReady(false)
				}
			}
			c.followedInEveryState(false, func(ctx context.Context, state model.State) {
				if state == model.Starting {
					off("before Follow")
					h.Follow(ctx)
					off("between two calls of Follow")
					h.Follow(ctx)
					off("while starting")
				}
				r := play.Ask(h.Readiness, http.MethodGet)
				ready := when == "never" && state == model.Running
				c.expect((r.Code == http.StatusOK) == ready && (r.State == string(state) || state == model.Running), "SetReady(false) %s: in %s readiness is %d, and the body %s", when, state, r.Code, r.Body)
			})
		})
	}
}

// Nameless checks HEALTH-6: a body has tool and version though they are empty.
func Nameless(c *Checker) {
	c.bubble(func() {
		h := c.Impl.Health("", "")
		inEveryState(h, func(when string) {
			for what, endpoint := range map[string]http.Handler{"liveness": h.Liveness, "readiness": h.Readiness} {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					var body map[string]json.RawMessage
					r := play.Ask(endpoint, method)
					_ = json.Unmarshal(r.Body, &body)
					c.expect(string(body["tool"]) == `""` && string(body["version"]) == `""`, "%s %s, of an empty tool and version: the body is %s", what, when, r.Body)
				}
			}
		})
	})
}

// slowError is an error whose text takes long.
type slowError struct{ takes time.Duration }

// Error sleeps.
func (e slowError) Error() string { time.Sleep(e.takes); return "the reason" }

// SlowError checks HEALTH-9: a check returns in time, and the text of its error does not
// come.
func SlowError(c *Checker) {
	c.bubble(func() {
		for _, takes := range []time.Duration{10 * time.Millisecond, time.Minute} {
			h, began := c.health(), time.Now()
			h.AddCheckContext("slow", func(context.Context) error { return slowError{takes} }, subject.CheckSettings{Timeout: time.Second})
			h.AddCheck("good", func() error { return nil })
			r := play.Ask(h.Readiness, http.MethodGet)
			took := time.Since(began)
			c.expect(about(took, min(takes, time.Second)), "with an error whose Error takes %v, and a timeout of 1s, the answer takes %v", takes, took)
			c.expect(r.Status == "degraded" && r.Checks["good"] == "ok" && r.Checks["slow"] != "ok", "with an error whose Error takes %v, the body is %s", takes, r.Body)
			time.Sleep(2 * time.Minute)
		}
	})
}
