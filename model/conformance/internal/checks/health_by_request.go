package checks

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// asRequest is the context of a request that carries the run of ctx, and is
// not cancelled with it.
func asRequest(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// FollowsRequest checks HEALTH-4: the run in the request's context.
func FollowsRequest(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var runs atomic.Int64
		h.AddCheck("counts", func() error { runs.Add(1); return nil })
		parent, stop := context.WithCancel(context.Background())
		defer stop()
		_ = c.run(func(ctx context.Context) error {
			busy := c.Impl.DrainGroup(ctx) // keeps it draining
			busy.Add(1)
			defer busy.Done()
			time.Sleep(slack) // main has been launched
			c.expectState("a request with the context of a run", play.AskWith(asRequest(ctx), h.Readiness, http.MethodGet), model.Running)
			stop()
			play.Wait(ctx.Done(), time.Hour)
			h.SetReady(true)
			c.expectState("a request with the context of a run that drains", play.AskWith(asRequest(ctx), h.Readiness, http.MethodGet), model.Draining)
			return nil
		}, subject.Settings{Parent: parent})
		c.expect(runs.Load() == 1, "the check was run %d times, want once: not while the run drains", runs.Load())
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("a request of no run", r, http.StatusOK, "ok")
		c.expect(r.State == "", "a request without a run gets the state %q", r.State)
	})
}

// UnderWayByRequest checks HEALTH-5 for a run that only the request's context carries.
func UnderWayByRequest(c *Checker) {
	for _, groups := range []bool{false, true} {
		if groups && !c.offered[subject.NeedGroups] {
			continue
		}
		c.bubble(func() {
			h := c.health()
			h.AddCheckContext("slow", sleeper(time.Second), subject.CheckSettings{})
			_ = c.run(func(ctx context.Context) error {
				time.Sleep(slack) // main has been launched
				handler := h.Readiness
				if groups {
					handler = h.ReadinessOf("read")
				}
				ask := func() play.Reply { return play.AskWith(asRequest(ctx), handler, http.MethodGet) }
				right := ask().State == string(model.Running) // else another clause says so
				c.Impl.DrainGroup(ctx).Go(func() {
					r := ask()
					if late := ask(); right && late.State == string(model.Draining) && late.Code != http.StatusOK {
						c.expectState("a run in the request's context begins to drain while its probe waits", r, model.Draining)
					}
				})
				time.Sleep(500 * time.Millisecond)
				return nil
			}, subject.Settings{})
		})
	}
}

// StartupByRequest checks HEALTH-15: start-up of the run in the request's context.
func StartupByRequest(c *Checker) {
	if !c.manualStartWorks() {
		return
	}
	for _, skip := range []bool{false, true} {
		c.bubble(func() {
			h := c.health()
			c.followedInEveryState(skip, func(ctx context.Context, state model.State) {
				want := http.StatusOK
				if state == model.Starting {
					want = http.StatusServiceUnavailable
				}
				got := play.AskWith(asRequest(ctx), h.Startup, http.MethodGet).Code
				c.expect(got == want, "start-up of the run in the request's context is %d in %s, want %d: the run skips running: %t", got, state, want, skip)
			})
		})
	}
}
