package conformance

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"runtime"
	"time"
)

func (c *checker) health() HealthFuncs { return c.impl.Health("the tool", "1.2.3") }

// expectReply demands a code and a status, and a body that is JSON and says
// whose it is.
func (c *checker) expectReply(what string, r reply, code int, status string) {
	c.expect(r.code == code && r.Status == status, "%s: %d %q, want %d %q; the body is %s", what, r.code, r.Status, code, status, r.body)
	c.expect(r.invalid == nil, "%s: the body is not JSON: %v: %s", what, r.invalid, r.body)
}

func checkLivenessBody(c *checker) {
	h, ran := c.health(), false
	h.AddCheck("a check", func() error { ran = true; return errors.New("fails") })
	c.expectReply("GET", ask(h.Liveness, http.MethodGet), http.StatusOK, "ok")
	h.SetReady(false)
	r := ask(h.Liveness, http.MethodGet)
	c.expectReply("GET after SetReady(false)", r, http.StatusOK, "ok")
	c.expect(r.Tool == "the tool" && r.Version == "1.2.3" && r.Uptime != "", "the body is %s", r.body)
	c.expect(ask(h.Liveness, http.MethodHead).code == http.StatusOK, "HEAD is not answered 200")
	c.expect(!ran && r.Checks == nil, "liveness runs a check")
}

// hung is a check that hangs until the end of a direct check.
func hung() (check func() error, release func()) {
	end := make(chan struct{})
	return func() error { <-end; return nil }, func() { close(end) }
}

// checkLivenessBesideHungCheck runs in real time: a lock would stop virtual
// time for good.
func checkLivenessBesideHungCheck(c *checker) {
	h := c.health()
	check, release := hung()
	defer release()
	began := make(chan struct{}, 1)
	h.AddCheck("hung", func() error { began <- struct{}{}; return check() })
	go ask(h.Readiness, http.MethodGet)
	<-began
	answered := make(chan reply, 1)
	go func() { answered <- ask(h.Liveness, http.MethodGet) }()
	select {
	case r := <-answered:
		c.expectReply("beside a hung check", r, http.StatusOK, "ok")
	case <-time.After(2 * time.Second):
		c.errorf("liveness waits for a check")
	}
}

func checkReadinessBody(c *checker) {
	c.bubble(func() {
		h := c.health()
		r := ask(h.Readiness, http.MethodGet)
		c.expectReply("without checks", r, http.StatusOK, "ok")
		c.expect(!bytes.Contains(r.body, []byte(`"checks"`)), "without checks, the body has them: %s", r.body)
		h.AddCheck("good", func() error { return nil })
		h.AddCheck("bad", func() error { return errors.New("the reason") })
		r = ask(h.Readiness, http.MethodGet)
		c.expectReply("with a failing check", r, http.StatusServiceUnavailable, "degraded")
		c.expect(r.Checks["good"] == "ok" && r.Checks["bad"] == "the reason" && len(r.Checks) == 2, "checks are %v", r.Checks)
	})
}

// panickingError is an error whose text cannot be had.
type panickingError struct{}

// Error panics.
func (panickingError) Error() string { panic("in Error") }

func checkPanickingError(c *checker) {
	c.bubble(func() {
		h := c.health()
		h.AddCheck("bad", func() error { return panickingError{} })
		h.AddCheck("exits", func() error { runtime.Goexit(); return nil })
		h.AddCheck("good", func() error { return nil })
		r := ask(h.Readiness, http.MethodGet)
		c.expect(r.invalid == nil, "the body is not JSON: %s", r.body)
		c.expect(r.Checks["good"] == "ok" && r.Checks["bad"] != "ok" && len(r.Checks) == 3, "checks are %v", r.Checks)
	})
}

func checkWildContexts(c *checker) {
	c.bubble(func() {
		h := c.health()
		checks := map[string]func(context.Context) error{
			"panics":          func(context.Context) error { panic("on purpose") },
			"panics with nil": func(context.Context) error { panic(nil) },
			"exits":           func(context.Context) error { runtime.Goexit(); return nil },
			"has no text":     func(context.Context) error { return panickingError{} },
			"good":            func(context.Context) error { return nil },
		}
		for name, check := range checks {
			h.AddCheckContext(name, check, CheckSettings{})
		}
		for range 2 { // the second finds what the first left behind
			r := ask(h.Readiness, http.MethodGet)
			c.expect(r.Status == "degraded" && len(r.Checks) == len(checks), "with checks that panic and exit, the body is %s", r.body)
			for name, text := range r.Checks {
				c.expect((text == "ok") == (name == "good"), "the check %q says %q", name, text)
			}
		}
	})
}
