package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func checkReplaced(c *checker) {
	c.bubble(func() {
		h := c.health()
		first := false
		h.AddCheck("db", func() error { first = true; return errors.New("the first") })
		h.AddCheck("db", func() error { return nil })
		r := ask(h.Readiness, http.MethodGet)
		c.expectReply("after a check was replaced", r, http.StatusOK, "ok")
		c.expect(!first && len(r.Checks) == 1, "the replaced check is run: %t; checks are %v", first, r.Checks)
	})
}

func checkNilCheck(c *checker) {
	c.bubble(func() {
		for what, add := range map[string]func(h HealthFuncs){
			"AddCheck(nil)":        func(h HealthFuncs) { h.AddCheck("nothing", nil) },
			"AddCheckContext(nil)": func(h HealthFuncs) { h.AddCheckContext("nothing", nil, CheckSettings{}) },
		} {
			h := c.health()
			h.AddCheck("good", func() error { return nil })
			add(h)
			r := ask(h.Readiness, http.MethodGet)
			c.expectReply("after "+what, r, http.StatusServiceUnavailable, "degraded")
			c.expect(strings.Contains(r.Checks["nothing"], "nil") && r.Checks["good"] == "ok", "after %s checks are %v", what, r.Checks)
		}
	})
}

func checkRemoved(c *checker) {
	c.bubble(func() {
		h := c.health()
		var runs atomic.Int64
		h.AddCheck("bad", func() error { runs.Add(1); return errors.New("the reason") })
		h.AddCheck("good", func() error { return nil })
		h.RemoveCheck("unknown")
		r := ask(h.Readiness, http.MethodGet)
		c.expectReply("after the removal of what is not there", r, http.StatusServiceUnavailable, "degraded")
		c.expect(len(r.Checks) == 2 && runs.Load() == 1, "after the removal of what is not there, checks are %v", r.Checks)
		h.RemoveCheck("bad")
		r = ask(h.Readiness, http.MethodGet)
		c.expectReply("after the removal of the check that fails", r, http.StatusOK, "ok")
		c.expect(len(r.Checks) == 1 && r.Checks["good"] == "ok", "after the removal of one of two, checks are %v", r.Checks)
		c.expect(runs.Load() == 1, "a check that was removed is run")
		h.RemoveCheck("bad")
		h.RemoveCheck("good")
		r = ask(h.Readiness, http.MethodGet)
		c.expectReply("after the removal of all checks", r, http.StatusOK, "ok")
		c.expect(len(r.Checks) == 0, "after the removal of all checks, they are %v", r.Checks)
		h.AddCheck("bad", func() error { return errors.New("again") })
		r = ask(h.Readiness, http.MethodGet)
		c.expect(r.Checks["bad"] == "again" && len(r.Checks) == 1, "after one was added again, checks are %v", r.Checks)
	})
}

// fromInside demands that a check comes to its end that makes a call when it is
// first run. It takes real time, for the sake of locks.
func (c *checker) fromInside(what string, h HealthFuncs, call func()) (r reply) {
	var once sync.Once
	h.AddCheck("calls back", func() error { once.Do(call); return nil })
	answered := make(chan reply, 1)
	go func() { answered <- ask(h.Readiness, http.MethodGet) }()
	select {
	case r = <-answered:
		c.expect(r.invalid == nil, "with a check that calls %s, the body is not JSON: %s", what, r.body)
	case <-time.After(2500 * time.Millisecond):
		c.errorf("a check that calls %s does not come to its end", what)
	}
	return r
}

func checkReentrant(c *checker) {
	h := c.health()
	var liveness reply
	r := c.fromInside("AddCheck, SetReady and liveness", h, func() {
		h.AddCheck("another", func() error { return nil })
		h.SetReady(true)
		liveness = ask(h.Liveness, http.MethodGet)
	})
	if c.failure() == "" {
		c.expectReply("with a check that calls back", r, http.StatusOK, "ok")
		c.expectReply("asked from inside a check", liveness, http.StatusOK, "ok")
	}
}

func checkRemoveInside(c *checker) {
	h := c.health()
	c.fromInside("RemoveCheck", h, func() { h.RemoveCheck("calls back") })
}

func checkAddContextInside(c *checker) {
	h := c.health()
	c.fromInside("AddCheckContext", h, func() {
		h.AddCheckContext("another", func(context.Context) error { return nil }, CheckSettings{})
	})
}

func checkFollowInside(c *checker) {
	h := c.health()
	_ = c.run(func(ctx context.Context) error {
		c.fromInside("Follow", h, func() { h.Follow(ctx) })
		return nil
	}, Settings{Signals: make(chan os.Signal)})
}

// checkProbesInside has a check ask what it is itself a part of. That is
// answered by its timeout, as HEALTH-9 has it; here it is answered at all.
func checkProbesInside(c *checker) {
	c.bubble(func() {
		h, asked := c.health(), make(chan time.Duration, 1)
		var once atomic.Bool
		h.AddCheckContext("asks", func(context.Context) error {
			if once.CompareAndSwap(false, true) {
				began := time.Now()
				ask(h.Startup, http.MethodGet)
				asked <- time.Since(began)
				ask(h.Readiness, http.MethodGet)
			}
			return nil
		}, CheckSettings{Timeout: time.Second})
		r := ask(h.Readiness, http.MethodGet)
		c.expect(r.invalid == nil, "with a check that asks for readiness, the body is not JSON: %s", r.body)
		took := <-asked
		c.expect(took < slack, "start-up is answered after %v from inside a check", took)
	})
}

func checkConcurrentHealth(c *checker) {
	h := c.health()
	var users sync.WaitGroup
	for i := range 8 {
		users.Go(func() {
			for j := range 50 {
				h.AddCheck(fmt.Sprint("check ", i, j%5), func() error { return nil })
				h.SetReady(j%2 == 0)
				ask(h.Liveness, http.MethodGet)
				r := ask(h.Readiness, http.MethodGet)
				c.expect(r.invalid == nil, "the body is not JSON: %s", r.body)
			}
		})
	}
	users.Wait()
	h.SetReady(true)
	r := ask(h.Readiness, http.MethodGet)
	c.expectReply("when all is over", r, http.StatusOK, "ok")
	c.expect(len(r.Checks) == 40, "%d of 40 checks are there", len(r.Checks))
}
