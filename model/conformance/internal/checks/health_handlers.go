package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Replaced checks HEALTH-13: the second check of a name replaces the first.
func Replaced(c *Checker) {
	c.mayBeOf("HEALTH-2")
	c.bubble(func() {
		bad := errors.New("the reason")
		for _, results := range [][]error{{nil, bad, nil}, {bad, nil, bad}} {
			h := c.health()
			for _, result := range results { // each after the one before was asked
				h.AddCheck("db", func() error { return result })
				want := "ok"
				if result != nil {
					want = result.Error()
				}
				for range 2 {
					r := play.Ask(h.Readiness, http.MethodGet)
					c.expect(r.Checks["db"] == want, "a check that was asked is replaced by one that says %q, and the body is %s", want, r.Body)
				}
			}
		}
		h := c.health()
		h.AddCheck("Db", func() error { return nil })
		h.AddCheck("DB", func() error { return nil })
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expect(len(r.Checks) == 2, `checks are added under the names "Db" and "DB", and the body is %s`, r.Body)
		h = c.health()
		var first, second atomic.Int64
		h.AddCheck("db", func() error { first.Add(1); return errors.New("the first") })
		h.AddCheck("db", func() error { second.Add(1); return nil })
		r = play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("after a check was replaced", r, http.StatusOK, "ok")
		c.expect(first.Load() == 0 && second.Load() == 1 && len(r.Checks) == 1,
			"after a check was replaced, it is run %d times, want 0, and its replacement %d times, want 1; checks are %v", first.Load(), second.Load(), r.Checks)
	})
}

// NilCheck checks HEALTH-13: a nil function.
func NilCheck(c *Checker) {
	c.mayBeOf("HEALTH-2")
	add := map[string]func(h subject.HealthFuncs, name string){
		"AddCheck(nil)": func(h subject.HealthFuncs, name string) { h.AddCheck(name, nil) },
	}
	if c.offered[subject.NeedAddCheckContext] {
		add["AddCheckContext(nil)"] = func(h subject.HealthFuncs, name string) { h.AddCheckContext(name, nil, subject.CheckSettings{}) }
	}
	c.bubble(func() {
		for what, add := range add {
			for _, name := range []string{"nothing", "good"} {
				h := c.health()
				h.AddCheck("good", func() error { return nil })
				h.AddCheck("other", func() error { return nil })
				add(h, name)
				r := play.Ask(h.Readiness, http.MethodGet)
				c.expectReply("after "+what, r, http.StatusServiceUnavailable, "degraded")
				text := r.Checks[name]
				c.expect(text != "" && text != "ok" && r.Checks["other"] == "ok", "after %s under the name %q, where there was a check \"good\", checks are %v", what, name, r.Checks)
			}
		}
	})
}

// Removed checks HEALTH-13: a check is removed, and so is what is not there.
func Removed(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var runs atomic.Int64
		h.AddCheck("bad", func() error { runs.Add(1); return errors.New("the reason") })
		h.AddCheck("good", func() error { return nil })
		h.RemoveCheck("unknown")
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("after the removal of what is not there", r, http.StatusServiceUnavailable, "degraded")
		c.expect(len(r.Checks) == 2 && runs.Load() == 1, "after the removal of a check that does not exist, checks are %v, want both", r.Checks)
		h.RemoveCheck("bad")
		r = play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("after the removal of the check that fails", r, http.StatusOK, "ok")
		c.expect(len(r.Checks) == 1 && r.Checks["good"] == "ok", "after the removal of one of two checks, checks are %v, want the other", r.Checks)
		c.expect(runs.Load() == 1, "a check that was removed is run")
		h.RemoveCheck("bad")
		h.RemoveCheck("good")
		r = play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("after the removal of all checks", r, http.StatusOK, "ok")
		c.expect(len(r.Checks) == 0, "after the removal of all checks, checks are %v, want none", r.Checks)
		h.AddCheck("bad", func() error { return errors.New("again") })
		r = play.Ask(h.Readiness, http.MethodGet)
		c.expect(r.Checks["bad"] == "again" && len(r.Checks) == 1, "after a check was added again, checks are %v, want it alone", r.Checks)
	})
}

// ConcurrentHealth checks HEALTH-14: calls from many goroutines, time and again. When they
// are done, all that they added is there.
func ConcurrentHealth(c *Checker) {
	h, counts := c.health(), c.countsReady()
	for round := range 50 {
		var users sync.WaitGroup
		for i := range 8 {
			users.Go(func() {
				h.AddCheck(fmt.Sprint("check ", i, round%5), func() error { return nil })
				h.SetReady((round+i)%2 == 0)
				play.Ask(h.Liveness, http.MethodGet)
				r := play.Ask(h.Readiness, http.MethodGet)
				c.expect(r.Invalid == nil, "the body is not JSON: %s", r.Body)
			})
		}
		users.Wait()
		if counts {
			continue
		}
		h.SetReady(true)
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("when all is over", r, http.StatusOK, "ok")
		want := 8 * min(round+1, 5)
		c.expect(len(r.Checks) == want, "%d of %d checks are there", len(r.Checks), want)
	}
}

// ReplacedCached checks HEALTH-13. It replaces checks whose result is cached.
func ReplacedCached(c *Checker) {
	c.bubble(func() {
		h, hour := c.health(), subject.CheckSettings{CacheFor: time.Hour}
		for n := range 6 {
			text := fmt.Sprint("number ", n+1)
			if n%2 == 1 && c.offered[subject.NeedRemoveCheck] {
				h.RemoveCheck("db")
			}
			h.AddCheckContext("db", func(context.Context) error { return errors.New(text) }, hour)
			for range 2 {
				r := play.Ask(h.Readiness, http.MethodGet)
				c.expect(r.Checks["db"] == text, "a check whose result is cached is replaced, and says %q, want %q", r.Checks["db"], text)
			}
		}
	})
}

// ReplacedWithOtherSettings checks HEALTH-13. It replaces checks that have every setting
// by ones that have none.
func ReplacedWithOtherSettings(c *Checker) {
	c.bubble(func() {
		bad := errors.New("the reason")
		for _, s := range []subject.CheckSettings{
			{Optional: true}, {CacheFor: time.Hour}, {FailAfter: 9}, {Optional: true, CacheFor: time.Hour, Groups: []string{"read"}},
		} {
			if s.FailAfter > 0 && !c.offered[subject.NeedFailAfter] {
				continue
			}
			h, runs := c.health(), 0
			for _, how := range []string{"AddCheckContext", "AddCheck"} {
				h.AddCheckContext("db", func(context.Context) error { return bad }, s)
				play.Ask(h.Readiness, http.MethodGet)
				runs = 0
				replacing := func() error { runs++; time.Sleep(10 * time.Millisecond); return bad }
				if how == "AddCheck" {
					h.AddCheck("db", replacing)
				} else {
					h.AddCheckContext("db", func(context.Context) error { return replacing() }, subject.CheckSettings{})
				}
				for range 2 {
					r := play.Ask(h.Readiness, http.MethodGet)
					c.expect(r.Status == "degraded" && r.Checks["db"] == bad.Error(), "a check with the settings %+v is replaced by %s, and the replacement fails: %s", s, how, r.Body)
				}
				c.expect(runs == 2 || c.keeps(), "a check with the settings %+v is replaced by %s, and the replacement runs %d times for two probes", s, how, runs)
				if c.offered[subject.NeedGroups] {
					r := play.Ask(h.ReadinessOf("write"), http.MethodGet)
					_, listed := r.Checks["db"]
					c.expect(listed, "a check with the settings %+v is replaced by %s by one without groups: another group lists %v", s, how, r.Checks)
				}
			}
		}
	})
}

// keeps says whether the result of a check without settings is kept, which is for
// HEALTH-9 to say.
func (c *Checker) keeps() bool {
	h, runs := c.health(), 0
	h.AddCheckContext("db", func(context.Context) error { runs++; return nil }, subject.CheckSettings{})
	for range 2 {
		play.Ask(h.Readiness, http.MethodGet)
	}
	return runs < 2
}

// ManyWild checks HEALTH-8. It has a check panic, or call Goexit, hundreds of times.
func ManyWild(c *Checker) {
	c.mayBeOf("HEALTH-2") // where a check that fails hides the one that passes
	for what, end := range map[string]func() error{
		"panics":       func() error { panic("on purpose") },
		"calls Goexit": func() error { runtime.Goexit(); return nil },
	} {
		c.bubble(func() {
			h := c.health()
			h.AddCheck("wild", end)
			h.AddCheck("good", func() error { return nil })
			for n := range 300 {
				r := play.Ask(h.Readiness, http.MethodGet)
				if r.Status != "degraded" || r.Checks["good"] != "ok" {
					c.Errorf("beside a check that %s for the %d. time, readiness is %s", what, n+1, r.Body)
					return
				}
			}
		})
	}
}
