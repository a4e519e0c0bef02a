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

// ToleratedTimeouts checks HEALTH-16. It has a check with FailAfter exceed its timeout
// again and again, pass, and exceed it again.
func ToleratedTimeouts(c *Checker) {
	for _, n := range []int{2, 3, 9} {
		c.bubble(func() {
			w, lines, calls := c.observedHealth(), 0, 0
			var slow atomic.Bool
			w.AddCheckContext("db-primary", func(context.Context) error {
				if slow.Load() {
					time.Sleep(1500 * time.Millisecond)
				}
				return nil
			}, subject.CheckSettings{Timeout: time.Second, FailAfter: n})
			probe := func(what string, atLeast, atMost, moreCalls int) {
				play.Ask(w.Readiness, http.MethodGet)
				calls += moreCalls
				time.Sleep(soon) // log and observer need not be done when the probe is
				what = fmt.Sprintf("FailAfter(%d): %s", n, what)
				more := len(w.linesAbout("db-primary")) - lines
				lines += more
				c.expect(more >= atLeast && more <= atMost, "%s: %d more lines are logged, want %d to %d; the log:\n%s", what, more, atLeast, atMost, &w.log)
				c.expect(!c.offered[subject.NeedHealthObserver] || len(w.seen()) == calls, "%s: the observer has %d calls, want %d", what, len(w.seen()), calls)
				time.Sleep(time.Second) // the run ends
			}
			slow.Store(true)
			probe("the first timeout, which is tolerated", 1, 1, 0)
			for i := 2; i < n; i++ {
				probe(fmt.Sprintf("timeout %d, which is tolerated", i), 0, 1, 0) // whether each is logged is open
			}
			probe("the timeout that fails the check", 1, 1, 1)
			probe("one more", 0, 0, 0)
			slow.Store(false)
			probe("a pass", 1, 1, 1)
			slow.Store(true)
			probe("the first tolerated timeout after a pass", 1, 1, 0)
			slow.Store(false)
			probe("a pass of a check that has not failed", 0, 0, 0)
			slow.Store(true)
			probe("the first tolerated timeout after that", 1, 1, 0)
		})
	}
}

// HangAfterAnotherText checks HEALTH-16. It has a check fail with several texts within a
// minute, and then hang.
func HangAfterAnotherText(c *Checker) {
	for _, texts := range []int{1, 2, 7, 300} {
		c.bubble(func() {
			w, runs := c.observedHealth(), 0
			check, release := hung()
			w.AddCheckContext("db-primary", func(context.Context) error {
				if runs++; runs > texts {
					return check()
				}
				return fmt.Errorf("refused %d", runs)
			}, subject.CheckSettings{Timeout: time.Second})
			for range texts {
				play.Ask(w.Readiness, http.MethodGet)
			}
			time.Sleep(soon)
			before := len(w.linesAbout("db-primary"))
			play.Ask(w.Readiness, http.MethodGet)
			time.Sleep(slack)
			lines := w.linesAbout("db-primary")
			c.expect(len(lines) == before+1, "a check hangs after %d texts within a minute: by its timeout %d lines are logged about that, want 1; the log:\n%s", texts, len(lines)-before, &w.log)
			c.expect(len(lines) <= before || !strings.Contains(lines[before], "refused"), "a check hangs after %d texts within a minute: the line that is logged by its timeout is about an earlier run: %s", texts, lines[len(lines)-1])
			release()
			time.Sleep(slack)
		})
	}
}

// HurriedAmongHung checks HEALTH-10: hundreds of checks that hang, with a short timeout or
// a long one, before quick ones in the queue.
func HurriedAmongHung(c *Checker) {
	for _, n := range []int{64, 300, 1000} {
		c.hurriedAmongHung(n, 100*time.Millisecond)
	}
	c.hurriedAmongHung(300, time.Minute)
}

func (c *Checker) hurriedAmongHung(n int, timeout time.Duration) {
	c.bubble(func() {
		h := c.health()
		check, release := hung()
		for i := range n {
			h.AddCheckContext(fmt.Sprintf("a hung one %4d", i), func(context.Context) error { return check() }, subject.CheckSettings{Timeout: timeout})
		}
		for i := range 20 {
			h.AddCheckContext(fmt.Sprint("quick ", i), sleeper(time.Millisecond), subject.CheckSettings{Timeout: 100 * time.Millisecond})
		}
		for probe := range 2 {
			r, late := play.Ask(h.Readiness, http.MethodGet), []string{}
			for name, text := range r.Checks {
				if strings.HasPrefix(name, "quick") && text != "ok" {
					late = append(late, name+": "+text)
				}
			}
			slices.Sort(late)
			c.expect(len(late) == 0 && len(r.Checks) == n+20, "probe %d: beside %d hung checks with a timeout of %v, %d of 20 quick ones with one of 100ms fail: %q", probe+1, n, timeout, len(late), late)
		}
		release()
		time.Sleep(time.Second)
	})
}

// SetReadyUnderWay checks HEALTH-5. It calls SetReady(false), and SetNotReady, while a probe
// waits for a check.
func SetReadyUnderWay(c *Checker) {
	c.mayBeOf("HEALTH-3", "HEALTH-6", "HEALTH-14", "HEALTH-19")
	ways := map[string]func(h subject.HealthFuncs){"SetReady(false)": func(h subject.HealthFuncs) { h.SetReady(false) }}
	if c.offered[subject.NeedSetNotReady] {
		ways["SetNotReady with a reason"] = func(h subject.HealthFuncs) { h.SetNotReady("the reason for it") }
		ways["SetNotReady without a reason"] = func(h subject.HealthFuncs) { h.SetNotReady("") }
	}
	for what, set := range ways {
		c.bubble(func() { c.setReadyUnderWay(what, set) })
	}
}

func (c *Checker) setReadyUnderWay(way string, set func(h subject.HealthFuncs)) {
	probed := func(method string, result error, inside func(h subject.HealthFuncs)) play.Reply {
		h := c.health()
		h.AddCheck("db", func() error { inside(h); return result })
		return play.Ask(h.Readiness, method)
	}
	for _, result := range []error{nil, errors.New("the reason")} {
		for what, call := range map[string]func(h subject.HealthFuncs){
			"while a probe waits for a check": func(h subject.HealthFuncs) {
				time.AfterFunc(time.Millisecond, func() { set(h) })
				time.Sleep(2 * time.Millisecond)
			},
			"inside a check": set,
		} {
			c.expectReply(fmt.Sprintf("%s %s, which says %v", way, what, result), probed(http.MethodGet, result, call), http.StatusServiceUnavailable, "not_ready")
			code := probed(http.MethodHead, result, call).Code
			c.expect(code == http.StatusServiceUnavailable, "%s %s, which says %v, of a probe by HEAD: %d, want 503", way, what, result, code)
		}
	}
	if c.offered[subject.NeedAddCheckContext] {
		h := c.health()
		h.AddCheck("db", func() error { return nil })
		h.AddCheckContext("cache", func(context.Context) error {
			time.AfterFunc(time.Millisecond, func() { set(h) })
			time.Sleep(2 * time.Millisecond)
			return nil
		}, subject.CheckSettings{Timeout: time.Minute, Optional: true})
		began := time.Now()
		r := play.Ask(h.Readiness, http.MethodGet)
		if time.Since(began) > time.Millisecond { // it need not wait (HEALTH-15)
			c.expectReply(way+" while a probe waits for an optional check", r, http.StatusServiceUnavailable, "not_ready")
		}
		time.Sleep(10 * time.Millisecond)
	}
	r := probed(http.MethodGet, nil, func(h subject.HealthFuncs) { set(h); h.SetReady(true) })
	c.expectReply(way+" and SetReady(true) while a probe waits", r, http.StatusOK, "ok")
}
