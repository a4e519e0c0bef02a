package checks

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

func (c *Checker) health() subject.HealthFuncs { return c.Impl.Health("the tool", "1.2.3") }

// expectReply demands a code and a status, and a body that is JSON and says
// whose it is.
func (c *Checker) expectReply(what string, r play.Reply, code int, status string) {
	c.expect(r.Code == code && r.Status == status, "%s: %d %q, want %d %q; the body is %s", what, r.Code, r.Status, code, status, r.Body)
	c.expect(r.Invalid == nil, "%s: the body is not JSON: %v: %s", what, r.Invalid, r.Body)
}

// LivenessBody checks HEALTH-1: the body of liveness, for GET and HEAD.
func LivenessBody(c *Checker) {
	h, ran := c.health(), false
	h.AddCheck("a check", func() error { ran = true; return errors.New("fails") })
	c.expectReply("GET", play.Ask(h.Liveness, http.MethodGet), http.StatusOK, "ok")
	h.SetReady(false)
	r := play.Ask(h.Liveness, http.MethodGet)
	c.expectReply("GET after SetReady(false)", r, http.StatusOK, "ok")
	c.expect(r.Tool == "the tool" && r.Version == "1.2.3" && r.Uptime != "", "the body is %s", r.Body)
	c.expect(play.Ask(h.Liveness, http.MethodHead).Code == http.StatusOK, "HEAD is not answered 200")
	gone, leave := context.WithCancel(context.Background())
	leave()
	c.expectReply("GET by a client that has gone", play.AskWith(gone, h.Liveness, http.MethodGet), http.StatusOK, "ok")
	c.expect(!ran && len(r.Checks) == 0, "liveness runs a check")
	c.bubble(func() {
		h, runs := c.health(), new(atomic.Int64)
		h.AddCheck("a check", func() error { runs.Add(1); return nil })
		for n := range 300 {
			play.Ask(h.Liveness, []string{http.MethodGet, http.MethodHead}[n%2])
		}
		time.Sleep(time.Second) // for those that run on goroutines of their own
		c.expect(runs.Load() == 0, "liveness is asked for 300 times, and runs a check %d times", runs.Load())
	})
}

// hung is a check that hangs until the end of a direct check.
func hung() (check func() error, release func()) {
	end := make(chan struct{})
	return func() error { <-end; return nil }, func() { close(end) }
}

// LivenessBesideHungCheck checks HEALTH-1. It has many probes wait for a check, which hangs
// itself, or whose error does when it is asked for its text. It runs in real time: a lock
// would stop virtual time for good.
func LivenessBesideHungCheck(c *Checker) {
	c.retried(func() (failure string) { return c.livenessBeside(func(hang func() error) error { return hang() }) })
	if c.Failure() == "" {
		c.retried(func() (failure string) {
			return c.livenessBeside(func(hang func() error) error { return hungError{hang} })
		})
	}
}

// hungError hangs when it is asked for its text.
type hungError struct{ hang func() error }

// Error hangs.
func (e hungError) Error() string { _ = e.hang(); return "hung" }

// livenessBeside asks for liveness while many probes wait for a check, of which hang does not
// return.
func (c *Checker) livenessBeside(check func(hang func() error) error) (failure string) {
	h := c.health()
	hang, release := hung()
	var asking, probes sync.WaitGroup
	defer probes.Wait()
	defer release()
	began := make(chan struct{}, 1)
	h.AddCheck("hung", func() error {
		return check(func() error {
			select {
			case began <- struct{}{}:
			default:
			}
			return hang()
		})
	})
	asking.Add(1000)
	for range 1000 {
		probes.Go(func() {
			asking.Done()
			play.Ask(h.Readiness, http.MethodGet)
		})
	}
	<-began
	asking.Wait()
	answered := make(chan play.Reply, 1)
	go func() { answered <- play.Ask(h.Liveness, http.MethodGet) }()
	select {
	case r := <-answered:
		c.expectReply("beside a hung check", r, http.StatusOK, "ok")
	case <-time.After(2 * time.Second): // before the check's timeout is over
		return "liveness waits for a check"
	}
	return ""
}

// ReadinessBody checks HEALTH-2: the body of readiness.
func ReadinessBody(c *Checker) {
	c.bubble(func() {
		h := c.health()
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("without checks", r, http.StatusOK, "ok")
		c.expect(!lists(r), "without checks, the body has them: %s", r.Body)
		h.AddCheck("good", func() error { return nil })
		h.AddCheck("bad", func() error { return errors.New("the reason") })
		r = play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("with a failing check", r, http.StatusServiceUnavailable, "degraded")
		c.expect(r.Checks["good"] == "ok" && r.Checks["bad"] == "the reason" && len(r.Checks) == 2, "checks are %v", r.Checks)
	})
}

// WildContexts checks HEALTH-8: checks that take a context.
func WildContexts(c *Checker) {
	c.bubble(func() {
		h := c.health()
		checks := map[string]func(context.Context) error{
			"panics":          func(context.Context) error { panic("on purpose") },
			"panics with nil": func(context.Context) error { panic(nil) },
			"exits":           func(context.Context) error { runtime.Goexit(); return nil },
			"has no text":     func(context.Context) error { return panickingError{} },
			"says much":       func(context.Context) error { panic(strings.Repeat("x", 40_000)) },
			"good":            func(context.Context) error { return nil },
		}
		for name, check := range checks {
			h.AddCheckContext(name, check, subject.CheckSettings{})
		}
		for range 2 { // the second finds what the first left behind
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Status == "degraded" && len(r.Checks) == len(checks), "with checks that panic and exit, the body is %s", r.Body)
			c.expect(len(r.Checks["says much"]) <= 1100, "a check panics with a text of 40,000 bytes, and %d are shown", len(r.Checks["says much"]))
			for name, text := range r.Checks {
				c.expect((text == "ok") == (name == "good"), "the check %q says %q", name, text)
			}
		}
	})
}

// NilPanics checks HEALTH-8: a check that panics with nil in a program that has kept
// what panic(nil) was before Go 1.21, which recover does not show.
func NilPanics(c *Checker) {
	was := os.Getenv("GODEBUG")
	defer os.Setenv("GODEBUG", was)
	os.Setenv("GODEBUG", strings.TrimPrefix(was+",panicnil=1", ","))
	c.bubble(func() {
		h := c.health()
		h.AddCheck("bad", func() error { panic(nil) })
		h.AddCheck("good", func() error { return nil })
		if h.AddCheckContext != nil {
			h.AddCheckContext("bad too", func(context.Context) error { panic(nil) }, subject.CheckSettings{})
		}
		r := play.Ask(h.Readiness, http.MethodGet)
		for name, text := range r.Checks {
			c.expect((text == "ok") == (name == "good"), "with GODEBUG=panicnil=1, and checks that panic with nil, the check %q says %q", name, text)
		}
		c.expect(r.Status == "degraded", "with GODEBUG=panicnil=1, and checks that panic with nil, the body is %s", r.Body)
	})
}
