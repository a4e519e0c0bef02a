package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ProbersAgree checks HEALTH-9. It has three probers ask for a check that always takes
// longer than its timeout, one as the run begins, one late, and one when its timeout is
// over, again and again.
func ProbersAgree(c *Checker) {
	c.bubble(func() {
		h := c.health()
		h.AddCheckContext("slow", sleeper(4*time.Second), subject.CheckSettings{Timeout: 3 * time.Second})
		for round := range 3 {
			began, answered := time.Now(), make(chan struct{})
			for came, want := range map[time.Duration]time.Duration{0: 3 * time.Second, 2 * time.Second: 3 * time.Second, 3500 * time.Millisecond: 3500 * time.Millisecond} {
				go func() {
					time.Sleep(came)
					what := fmt.Sprintf("round %d: a probe %v after the run began", round+1, came)
					r := play.Ask(h.Readiness, http.MethodGet)
					c.expect(r.Status == "degraded" && r.Checks["slow"] != "ok", "%s: %q, want degraded; the body is %s", what, r.Status, r.Body)
					c.expect(about(time.Since(began), want), "%s is answered after %v, want %v", what, time.Since(began), want)
					answered <- struct{}{}
				}()
			}
			for range 3 {
				<-answered
			}
			time.Sleep(6*time.Second - time.Since(began))
		}
	})
}

// OwnTimeouts checks HEALTH-9: checks of several timeouts, none of which counts for
// another.
func OwnTimeouts(c *Checker) {
	c.bubble(func() {
		h := c.health()
		check, release := hung()
		h.AddCheckContext("a, the shortest, hangs", func(context.Context) error { return check() }, subject.CheckSettings{Timeout: 100 * time.Millisecond})
		h.AddCheckContext("b, in time", sleeper(700*time.Millisecond), subject.CheckSettings{Timeout: time.Second})
		h.AddCheckContext("c, too late", sleeper(900*time.Millisecond), subject.CheckSettings{Timeout: 500 * time.Millisecond})
		h.AddCheckContext("d, in time by default", sleeper(2*time.Second), subject.CheckSettings{})
		began := time.Now()
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expect(about(time.Since(began), 2*time.Second), "the answer takes %v, want 2s, which the longest check takes", time.Since(began))
		for name, text := range r.Checks {
			c.expect((text == "ok") == strings.Contains(name, "in time"), "among checks with different timeouts, %q says %q", name, text)
		}
		c.expect(len(r.Checks) == 4, "of four checks with different timeouts, %v are listed", r.Checks)
		release()
		time.Sleep(time.Second)
	})
}

// ManyHung checks HEALTH-10: checks that hang, far more than may run at once, beside quick
// ones.
func ManyHung(c *Checker) {
	c.bubble(func() {
		h := c.health()
		check, release := hung()
		for i := range 1000 {
			h.AddCheckContext(fmt.Sprint("hung ", i), func(context.Context) error { return check() }, subject.CheckSettings{})
		}
		for i := range 100 {
			h.AddCheckContext(fmt.Sprint("quick ", i), sleeper(time.Duration(i%3)*time.Millisecond), subject.CheckSettings{})
		}
		for probe := range 3 {
			began := time.Now()
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(time.Since(began) <= 3*time.Second+slack, "probe %d: beside a thousand hung checks, the answer takes %v", probe+1, time.Since(began))
			wrong := 0
			for name, text := range r.Checks {
				if (text == "ok") != strings.HasPrefix(name, "quick") {
					wrong++
				}
			}
			c.expect(wrong == 0 && len(r.Checks) == 1100, "probe %d: beside a thousand hung checks, %d of %d are wrong", probe+1, wrong, len(r.Checks))
		}
		release()
		time.Sleep(time.Second)
	})
}

// OneOfMany checks HEALTH-2. It has one check fail among many, wherever it stands.
func OneOfMany(c *Checker) {
	c.bubble(func() {
		for _, n := range []int{1, 2, 17, 64, 65, 300, 1000} {
			for _, bad := range []int{0, n / 2, n - 1} {
				h := c.health()
				for i := range n {
					h.AddCheck(fmt.Sprintf("%04d", i), func() error {
						if i == bad {
							return errors.New("the reason")
						}
						return nil
					})
				}
				r := play.Ask(h.Readiness, http.MethodGet)
				c.expectReply(fmt.Sprintf("with %d checks, of which number %d fails", n, bad+1), r, http.StatusServiceUnavailable, "degraded")
				c.expect(len(r.Checks) == n && r.Checks[fmt.Sprintf("%04d", bad)] == "the reason", "of %d checks, %d are listed; number %d says %q",
					n, len(r.Checks), bad+1, r.Checks[fmt.Sprintf("%04d", bad)])
			}
		}
	})
}

// ReplacedAfterItsRun checks HEALTH-13. It replaces a check that has come to its end, or is
// under way, while the probe waits for another.
func ReplacedAfterItsRun(c *Checker) {
	for _, lasts := range []time.Duration{0, 30 * time.Millisecond} {
		c.bubble(func() {
			h := c.health()
			h.AddCheck("db", func() error { time.Sleep(lasts); return errors.New("the old one") })
			h.AddCheck("other", func() error { time.Sleep(50 * time.Millisecond); return nil })
			time.AfterFunc(20*time.Millisecond, func() { h.AddCheck("db", func() error { return nil }) })
			for n := range 3 {
				r := play.Ask(h.Readiness, http.MethodGet)
				c.expectReply(fmt.Sprintf("probe %d, and in the first a check that takes %v is replaced after 20ms", n+1, lasts), r, http.StatusOK, "ok")
				c.expect(r.Checks["db"] != "the old one" && r.Checks["other"] == "ok", "probe %d, and in the first a check that takes %v is replaced after 20ms, lists %v", n+1, lasts, r.Checks)
			}
			time.Sleep(lasts)
		})
	}
}

// ReplacedUnderWay checks HEALTH-13. It replaces and removes checks while a probe waits
// for them.
func ReplacedUnderWay(c *Checker) {
	for _, optional := range []bool{false, true} {
		c.replacedUnderWay(optional)
	}
}

func (c *Checker) replacedUnderWay(optional bool) {
	hanging := "a hung check"
	if optional {
		hanging = "a hung optional check"
	}
	c.bubble(func() {
		for what, edit := range map[string]func(h subject.HealthFuncs){
			"replaced":             func(h subject.HealthFuncs) { h.AddCheck("db", func() error { return nil }) },
			"replaced by a slower": func(h subject.HealthFuncs) { h.AddCheckContext("db", sleeper(time.Second), subject.CheckSettings{}) },
			"removed":              func(h subject.HealthFuncs) { h.RemoveCheck("db") },
		} {
			h := c.health()
			check, release := hung()
			var runs atomic.Int64
			h.AddCheckContext("db", func(context.Context) error { runs.Add(1); _ = check(); return errors.New("the old one") }, subject.CheckSettings{Optional: optional})
			h.AddCheckContext("other", sleeper(50*time.Millisecond), subject.CheckSettings{})
			time.AfterFunc(20*time.Millisecond, func() { edit(h) })
			began := time.Now()
			r := play.Ask(h.Readiness, http.MethodGet)
			took := time.Since(began)
			c.expectReply("a probe under way when "+hanging+" is "+what, r, http.StatusOK, "ok")
			c.expect(about(took, 50*time.Millisecond), "a probe under way when %s is %s takes %v, want 50ms", hanging, what, took)
			_, listed := r.Checks["db"]
			c.expect(!listed && r.Checks["other"] == "ok", "a probe under way when %s is %s lists %v", hanging, what, r.Checks)
			for when := range 2 {
				r = play.Ask(h.Readiness, http.MethodGet)
				c.expectReply(fmt.Sprintf("probe %d after %s was %s", when+1, hanging, what), r, http.StatusOK, "ok")
				text, listed := r.Checks["db"]
				c.expect(listed == (what != "removed") && (!listed || text == "ok"), "after %s was %s, checks are %v", hanging, what, r.Checks)
				if when == 0 {
					release() // the old run ends, and has nothing to say
					time.Sleep(10 * time.Millisecond)
				}
			}
			c.expect(runs.Load() == 1, "a check that was %s was run %d times", what, runs.Load())
		}
	})
}

// StartupForEver checks HEALTH-15. It follows a run that is starting after one that was
// running.
func StartupForEver(c *Checker) {
	c.bubble(func() {
		h := c.health()
		_ = c.run(func(first context.Context) error {
			h.Follow(first)
			return c.run(func(second context.Context) error {
				h.Follow(second)
				r := play.Ask(h.Startup, http.MethodGet)
				c.expect(r.Code == http.StatusServiceUnavailable, "start-up is %d for a run that is starting, when another has been starting, want 503", r.Code)
				return nil
			}, subject.Settings{ManualStart: true})
		}, subject.Settings{ManualStart: true})
	})
	c.bubble(func() {
		h := c.health()
		_ = c.run(func(first context.Context) error {
			time.Sleep(slack) // main has been launched
			reached := play.AskWith(asRequest(first), h.Startup, http.MethodGet).Code == http.StatusOK
			return c.run(func(second context.Context) error {
				h.Follow(second)
				r := play.Ask(h.Startup, http.MethodGet)
				c.expect(r.Code == http.StatusOK || !reached, "start-up is %d for a run that is starting, when it has been 200 for that of a request", r.Code)
				return nil
			}, subject.Settings{ManualStart: true})
		}, subject.Settings{})
	})
	for _, asked := range []bool{true, false} {
		c.bubble(func() {
			h := c.health()
			_ = c.run(func(first context.Context) error {
				time.Sleep(slack) // main has been launched
				h.Follow(first)
				if asked {
					c.expect(play.Ask(h.Startup, http.MethodGet).Code == http.StatusOK, "start-up of a run that is running is not 200")
				}
				return c.run(func(second context.Context) error {
					h.Follow(second)
					r := play.Ask(h.Startup, http.MethodGet)
					c.expect(r.Code == http.StatusOK, "start-up is %d for a run that is starting, when another has been running (asked before: %t)", r.Code, asked)
					return nil
				}, subject.Settings{ManualStart: true})
			}, subject.Settings{})
		})
	}
}

// HeadAfterChange checks HEALTH-6. It asks with HEAD first after each change.
func HeadAfterChange(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var result error
		h.AddCheck("a check", func() error { return result })
		for _, result = range []error{nil, errors.New("the reason"), nil, errors.New("the reason")} {
			head, get := play.Ask(h.Readiness, http.MethodHead), play.Ask(h.Readiness, http.MethodGet)
			c.expect(head.Code == get.Code, "with a check that says %v now, HEAD is %d, and GET %d", result, head.Code, get.Code)
		}
	})
}

// SharedHeaders checks HEALTH-6. It edits the header values of one answer in place.
func SharedHeaders(c *Checker) {
	c.bubble(func() {
		h := c.health()
		for range 3 {
			for _, endpoint := range []http.Handler{h.Liveness, h.Readiness} {
				r := play.Ask(endpoint, http.MethodGet)
				c.expectKind("after the values of another answer's header were edited", r)
				before := r.Header.Clone()
				for key, values := range r.Header {
					_ = append(values, "appended")
					for other := range r.Header {
						c.expect(slices.Equal(r.Header[other], before[other]), "a value that is appended to the header %s changes %s from %q to %q", key, other, before[other], r.Header[other])
					}
				}
				for _, values := range r.Header {
					for i := range values {
						values[i] = "edited"
					}
				}
			}
		}
	})
}
