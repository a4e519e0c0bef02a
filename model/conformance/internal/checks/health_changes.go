package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// HungIsLogged checks HEALTH-16. It has every prober hang up long before the timeout.
func HungIsLogged(c *Checker) {
	c.bubble(func() {
		w := c.observedHealth()
		check, release := hung()
		w.AddCheckContext("db-primary", func(context.Context) error { return check() }, subject.CheckSettings{})
		hurried := func(probes int) {
			for range probes {
				client, hangUp := context.WithTimeout(context.Background(), time.Second)
				play.AskWith(client, w.Readiness, http.MethodGet)
				hangUp()
			}
		}
		hurried(2)
		time.Sleep(2 * time.Second)
		lines := w.linesAbout("db-primary")
		c.expect(len(lines) == 1, "a check hangs for 4s, and every prober hangs up after 1s: %d lines name it, want 1; the log:\n%s", len(lines), &w.log)
		hurried(3)
		time.Sleep(10 * time.Millisecond)
		release()
		time.Sleep(10 * time.Millisecond)
		lines = w.linesAbout("db-primary")
		c.expect(len(lines) == 1, "a run that ends when its timeout is over is logged: %q", lines)
		c.expectReply("after a hung check came back", play.Ask(w.Readiness, http.MethodGet), http.StatusOK, "ok")
		time.Sleep(soon)
		c.expect(len(w.linesAbout("db-primary")) == 2, "a check that passes again is not logged once; the log:\n%s", &w.log)
	})
}

// HungIsLoggedWhateverElse checks HEALTH-16. It has a check with other settings hang: that
// is logged by its timeout, and the observer is called unless FailAfter tolerates it.
func HungIsLoggedWhateverElse(c *Checker) {
	for _, s := range c.everyCheckSettings() {
		c.bubble(func() {
			w := c.observedHealth()
			check, release := hung()
			s.Timeout = time.Second
			var hangs atomic.Bool
			w.AddCheckContext("db-primary", func(context.Context) error {
				if hangs.Load() {
					return check()
				}
				return nil
			}, s)
			play.Ask(w.Readiness, http.MethodGet) // what may be cached
			time.Sleep(1500 * time.Millisecond)
			hangs.Store(true)
			go play.Ask(w.Readiness, http.MethodGet) // with RefreshAhead no probe waits for it
			time.Sleep(time.Second + slack)
			lines, calls := w.linesAbout("db-primary"), 1
			if s.FailAfter > 1 {
				calls = 0
			}
			c.expect(len(lines) == 1, "a check with the settings %+v hangs, and when its timeout is over %d lines name it, want 1; the log:\n%s", s, len(lines), &w.log)
			time.Sleep(soon)
			c.expect(!c.offered[subject.NeedHealthObserver] || len(w.seen()) == calls, "a check with the settings %+v hangs, and the observer has %d calls, want %d", s, len(w.seen()), calls)
			release()
			time.Sleep(5 * time.Second)
		})
	}
}

// FailAfterWhateverElse checks HEALTH-16. It has a check with FailAfter, and other
// settings, fail: it begins to fail with the n-th run.
func FailAfterWhateverElse(c *Checker) {
	for _, s := range c.everyCheckSettings() {
		c.bubble(func() {
			const n = 3
			w := c.observedHealth()
			s.FailAfter, s.Timeout = n, time.Second
			w.AddCheckContext("db-primary", func(context.Context) error { return errors.New("refused") }, s)
			for run := 1; run <= n+1; run++ {
				play.Ask(w.Readiness, http.MethodGet)
				time.Sleep(3 * time.Second) // nothing is cached any more
				want := 0
				if run >= n {
					want = 1
				}
				lines := w.linesAbout("db-primary")
				c.expect(len(lines) == want, "a check with the settings %+v fails, run %d: %d lines name it, want %d; the log:\n%s", s, run, len(lines), want, &w.log)
				c.expect(!c.offered[subject.NeedHealthObserver] || len(w.seen()) == want, "a check with the settings %+v fails, run %d: the observer has %d calls, want %d", s, run, len(w.seen()), want)
			}
		})
	}
}

// everyCheckSettings are the settings of checks, alone and two at a time, as far as they
// are offered.
func (c *Checker) everyCheckSettings() (all []subject.CheckSettings) {
	for _, optional := range []bool{false, true} {
		all = append(all, subject.CheckSettings{Optional: optional}, subject.CheckSettings{Optional: optional, CacheFor: time.Second})
		if c.offered[subject.NeedGroups] {
			all = append(all, subject.CheckSettings{Optional: optional, Groups: []string{"read"}})
		}
		if c.offered[subject.NeedFailAfter] {
			all = append(all, subject.CheckSettings{Optional: optional, FailAfter: 9})
		}
		if c.offered[subject.NeedRefreshAhead] {
			all = append(all, subject.CheckSettings{Optional: optional, CacheFor: 2 * time.Second, RefreshAhead: true})
		}
	}
	return all
}

// Changes checks HEALTH-16. It goes through every sort of change, each of which is one
// line and one call.
func Changes(c *Checker) {
	c.bubble(func() {
		w, takes, result := c.observedHealth(), time.Duration(0), error(nil)
		w.AddCheckContext("db-primary", func(context.Context) error { time.Sleep(takes); return result }, subject.CheckSettings{Timeout: time.Second})
		var texts []string
		step := func(what string, more ...string) {
			play.Ask(w.Readiness, http.MethodGet)
			time.Sleep(3 * time.Second) // for what is late
			texts = append(texts, more...)
			c.expectChanges(what, w, "db-primary", texts...)
		}
		step("a check that passes")
		result = errors.New("no route to host")
		step("a check that begins to fail", "no route to host")
		step("a check that goes on failing")
		time.Sleep(time.Minute)
		result = errors.New("wrong password")
		step("a check that fails with another text", "wrong password")
		for range 30 {
			result = fmt.Errorf("it is %v", time.Now())
			play.Ask(w.Readiness, http.MethodGet)
			time.Sleep(time.Second)
		}
		lines := w.linesAbout("db-primary")
		c.expect(len(lines) <= 3, "of a check that fails with another text each second, %d lines are logged within half a minute", len(lines)-2)
		w.RemoveCheck("db-primary")
		play.Ask(w.Readiness, http.MethodGet)
		time.Sleep(2 * time.Minute) // its last text may have waited for its turn
		c.expect(len(w.linesAbout("db-primary")) == len(lines), "the removal of a failing check is logged, or its last text; the log:\n%s", &w.log)
		w.AddCheckContext("db-primary", func(context.Context) error { return nil }, subject.CheckSettings{})
		play.Ask(w.Readiness, http.MethodGet)
		time.Sleep(time.Second)
		c.expect(len(w.linesAbout("db-primary")) == len(lines), "a new check that passes is logged; the log:\n%s", &w.log)
	})
}

// RemovedAndAdded checks HEALTH-16. It has a check fail, removes it and adds another with
// its name, which fails or passes: a new check.
func RemovedAndAdded(c *Checker) {
	c.bubble(func() {
		w := c.observedHealth()
		bad := errors.New("no route to host")
		texts := []string{}
		for n, result := range []error{bad, bad, nil, bad, errors.New("wrong password"), bad} {
			w.AddCheckContext("db-primary", func(context.Context) error { return result }, subject.CheckSettings{})
			for range 2 {
				play.Ask(w.Readiness, http.MethodGet)
			}
			if result != nil {
				texts = append(texts, result.Error())
			}
			c.expectChanges(fmt.Sprintf("of a check that is removed and added again, time %d", n+1), w, "db-primary", texts...)
			w.RemoveCheck("db-primary")
		}
	})
}

// LateIsNoRecovery checks HEALTH-16. It has a failing check pass, but too late.
func LateIsNoRecovery(c *Checker) {
	c.bubble(func() {
		w := c.observedHealth()
		w.AddCheckContext("db-primary", sleeper(1500*time.Millisecond), subject.CheckSettings{Timeout: time.Second})
		for range 3 {
			play.Ask(w.Readiness, http.MethodGet)
			time.Sleep(time.Second)
		}
		lines := w.linesAbout("db-primary")
		c.expect(len(lines) == 1, "of a check that is always too late, %d lines are logged, want 1; the log:\n%s", len(lines), &w.log)
	})
}

// ReplacementInherits checks HEALTH-16. It replaces a failing check, and one whose run
// still fails.
func ReplacementInherits(c *Checker) {
	c.bubble(func() {
		w := c.observedHealth()
		w.AddCheck("db-primary", func() error { return errors.New("no route to host") })
		play.Ask(w.Readiness, http.MethodGet)
		w.AddCheck("db-primary", func() error { return nil }) // and no probe asks
		w.AddCheck("db-primary", func() error { return nil })
		play.Ask(w.Readiness, http.MethodGet)
		c.expectChanges("a failing check that is replaced, twice, by one that passes", w, "db-primary", "no route to host", "")
		if c.offered[subject.NeedFailAfter] {
			w.AddCheck("queue", func() error { return errors.New("no route to host") })
			play.Ask(w.Readiness, http.MethodGet)
			w.AddCheckContext("queue", func(context.Context) error { return errors.New("no route to host") }, subject.CheckSettings{FailAfter: 3})
			r := play.Ask(w.Readiness, http.MethodGet)
			c.expect(r.Code == http.StatusServiceUnavailable, "a failing check is replaced by one with FailAfter(3), whose first run fails, and readiness answers %d, want 503: it is failing until a run passes", r.Code)
			w.RemoveCheck("queue")
		}
		w.AddCheckContext("search-index", func(context.Context) error { return errors.New("no route to host") }, subject.CheckSettings{Optional: true})
		play.Ask(w.Readiness, http.MethodGet)
		time.Sleep(soon) // an observer may be called for one at a time
		w.AddCheck("search-index", func() error { return errors.New("no route to host") })
		play.Ask(w.Readiness, http.MethodGet)
		c.expectChanges("a failing optional check that is replaced by a required one that fails alike", w, "search-index", "no route to host")
		check, release := hung()
		w.AddCheckContext("cache-node", func(context.Context) error { _ = check(); return errors.New("the old one") }, subject.CheckSettings{})
		client, hangUp := context.WithTimeout(context.Background(), time.Second)
		play.AskWith(client, w.Readiness, http.MethodGet)
		hangUp()
		w.AddCheck("cache-node", func() error { return nil })
		time.Sleep(5 * time.Second)
		release()
		play.Ask(w.Readiness, http.MethodGet)
		c.expectChanges("a hung check that was replaced", w, "cache-node")
	})
}

// SlowObserver checks HEALTH-16: an observer that does not come back, and one that panics.
func SlowObserver(c *Checker) {
	c.bubble(func() {
		end := make(chan struct{})
		for what, observe := range map[string]func(){"hangs": func() { <-end }, "panics": func() { panic("on purpose") }} {
			h := c.Impl.HealthWith("the tool", "1.2.3", subject.HealthSettings{
				Log:     func(string, string) {},
				Observe: func(string, error, time.Time) { observe() },
			})
			result := errors.New("the reason")
			h.AddCheck("db", func() error { return result })
			began := time.Now()
			for range 3 {
				c.expectReply("with an observer that "+what, play.Ask(h.Readiness, http.MethodGet), http.StatusServiceUnavailable, "degraded")
			}
			c.expect(time.Since(began) < slack, "with an observer that %s, three probes take %v, want no time", what, time.Since(began))
		}
		close(end)
		time.Sleep(time.Second)
	})
}

// FailingObserverGetsAll checks HEALTH-16. It has an observer, or a logger, fail each time
// that it is called for a change: it gets every change all the same.
func FailingObserverGetsAll(c *Checker) {
	for what, fail := range map[string]func(){"panics": func() { panic("on purpose") }, "calls Goexit": runtime.Goexit} {
		c.bubble(func() {
			var observed, logged atomic.Int64
			var fails atomic.Bool
			failing := func(calls *atomic.Int64) {
				if fails.Load() {
					calls.Add(1)
					fail()
				}
			}
			h := c.Impl.HealthWith("the tool", "1.2.3", subject.HealthSettings{
				Log: func(level, line string) {
					if level != "DEBUG" && strings.Contains(line, "db-primary") {
						failing(&logged)
					}
				},
				Observe: func(string, error, time.Time) { failing(&observed) },
			})
			var result atomic.Pointer[error]
			h.AddCheckContext("db-primary", func(context.Context) error { return *result.Load() }, subject.CheckSettings{})
			for _, err := range []error{nil, errors.New("the reason"), nil, errors.New("the reason"), nil, errors.New("the reason"), nil} {
				result.Store(&err)
				play.Ask(h.Readiness, http.MethodGet)
				time.Sleep(soon)
				fails.Store(true) // what is logged of a check that is added is no change
			}
			c.expect(observed.Load() == 6 && logged.Load() == 6, "an observer and a logger %s at each of 6 changes, and they are called %d and %d times, want 6", what, observed.Load(), logged.Load())
		})
	}
}

// ManyChanges checks HEALTH-16. It has several checks begin to fail at one instant, and
// pass again at another, again and again.
func ManyChanges(c *Checker) {
	c.bubble(func() {
		w := c.observedHealth()
		var result error
		const checks = 7
		texts := []string{}
		for n := range checks {
			w.AddCheckContext(fmt.Sprintf("number-%d", n), func(context.Context) error { return result }, subject.CheckSettings{})
		}
		for round := range 4 {
			for _, result = range []error{fmt.Errorf("the reason of round %d", round+1), errors.New("another reason"), nil} {
				text := ""
				if result != nil {
					text = result.Error()
				}
				texts = append(texts, text)
				play.Ask(w.Readiness, http.MethodGet)
				time.Sleep(time.Second) // an observer may be called for one check after another
				for n := range checks {
					c.expectChanges(fmt.Sprintf("of %d checks that change at once, in round %d", checks, round+1), w, fmt.Sprintf("number-%d", n), texts...)
				}
				time.Sleep(2 * time.Minute)
			}
		}
	})
}
