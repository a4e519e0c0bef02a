package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// abnormalEnd is a way in which a run ends other than by a return in time that somebody
// waits for.
type abnormalEnd struct {
	what      string
	run       func() error
	meanwhile func(h subject.HealthFuncs, leave func(), name func(i int) string, n int)
}

// wildEnds are those of HEALTH-8.
var wildEnds = []abnormalEnd{
	{"panics", func() error { panic("on purpose") }, nil},
	{"calls Goexit", func() error { runtime.Goexit(); return nil }, nil},
}

// abnormalEnds are the others.
var abnormalEnds = []abnormalEnd{
	{"exceeds its timeout", func() error { time.Sleep(700 * time.Millisecond); return nil }, nil},
	{"is replaced while it runs", slowly, func(h subject.HealthFuncs, _ func(), name func(int) string, n int) {
		for i := range n {
			h.AddCheck(name(i), slowly)
		}
	}},
	{"is not waited for by its prober", slowly, func(_ subject.HealthFuncs, leave func(), _ func(int) string, _ int) { leave() }},
}

func slowly() error { time.Sleep(20 * time.Millisecond); return nil }

// NothingLost checks HEALTH-10: whatever hundreds of runs end with, ten that take 10 ms
// take 10 ms afterwards.
func NothingLost(c *Checker) { c.nothingLost(abnormalEnds) }

// WildLoseNothing checks HEALTH-8: the other checks go on, and as fast.
func WildLoseNothing(c *Checker) { c.nothingLost(wildEnds) }

// sideBySide reports whether checks run side by side. If not, that is for HEALTH-10.
func (c *Checker) sideBySide() bool {
	took := time.Duration(0)
	c.bubble(func() {
		h, began := c.health(), time.Now()
		for i := range 10 {
			h.AddCheckContext(fmt.Sprint("check ", i), sleeper(10*time.Millisecond), subject.CheckSettings{})
		}
		play.Ask(h.Readiness, http.MethodGet)
		took = time.Since(began)
	})
	return took <= 10*time.Millisecond+slack
}

func (c *Checker) nothingLost(ends []abnormalEnd) {
	if !c.sideBySide() {
		return
	}
	const n = 300
	name := func(i int) string { return fmt.Sprint("check ", i) }
	for _, end := range ends {
		c.bubble(func() {
			h := c.health()
			for i := range n {
				h.AddCheckContext(name(i), func(context.Context) error { return end.run() }, subject.CheckSettings{Timeout: 500 * time.Millisecond})
			}
			client, leave := context.WithCancel(context.Background())
			defer leave()
			if end.meanwhile != nil {
				time.AfterFunc(time.Millisecond, func() { end.meanwhile(h, leave, name, n) })
			}
			play.AskWith(client, h.Readiness, http.MethodGet)
			time.Sleep(time.Minute)
			for i := range n {
				wait := 10 * time.Millisecond
				if i >= 10 {
					wait = 0
				}
				h.AddCheckContext(name(i), sleeper(wait), subject.CheckSettings{})
			}
			began := time.Now()
			r := play.Ask(h.Readiness, http.MethodGet)
			took := time.Since(began)
			c.expect(r.Status == "ok" && took <= 10*time.Millisecond+slack, "after %d runs of which each %s, ten checks that take 10ms take %v, and the status is %q", n, end.what, took, r.Status)
		})
	}
}

// LateAndCached checks HEALTH-9: a run that has exceeded its timeout stays failed, for
// as long as its result is cached, though it passes in the end.
func LateAndCached(c *Checker) {
	for i, s := range []subject.CheckSettings{{}, {}, {Optional: true}, {Groups: []string{"read"}}} {
		s.Timeout, s.CacheFor = time.Second, time.Hour
		c.bubble(func() {
			h := c.health()
			time.Sleep(time.Duration(i) * 5 * time.Hour) // the handler may be old
			var runs atomic.Int64
			h.AddCheckContext("late", func(context.Context) error {
				if runs.Add(1) == 1 {
					time.Sleep(3 * time.Second)
				}
				return nil
			}, s)
			for probe := range 6 {
				r := play.Ask(h.Readiness, http.MethodGet)
				if probe == 0 && s.Optional {
					time.Sleep(time.Second) // for its timeout
					continue
				}
				c.expect(runs.Load() == 1 && r.Checks["late"] != "ok",
					"a check with a timeout of 1s and a CacheFor of 1h takes 3s, probe %d: %q, and there were %d runs", probe+1, r.Checks["late"], runs.Load())
				time.Sleep(time.Second)
			}
		})
	}
}

// OptionalOneByOne checks HEALTH-15: optional checks that end one after another are
// waited for no longer than one that hangs.
func OptionalOneByOne(c *Checker) {
	if !c.sideBySide() {
		return
	}
	for _, n := range []int{2, 7, 64} {
		c.bubble(func() {
			h := c.health()
			for i := range n {
				h.AddCheckContext(fmt.Sprintf("optional %2d", i), sleeper(time.Duration(i+1)*70*time.Millisecond), subject.CheckSettings{Optional: true})
			}
			h.AddCheckContext("required", sleeper(time.Millisecond), subject.CheckSettings{})
			began := time.Now()
			r := play.Ask(h.Readiness, http.MethodGet)
			took := time.Since(began)
			c.expect(r.Status == "ok" && len(r.Checks) == n+1 && took <= 101*time.Millisecond+slack, "of %d optional checks, each takes 70ms longer than the one before; the answer takes %v beside a required one of 1ms, and lists %d", n, took, len(r.Checks))
			time.Sleep(10 * time.Second)
		})
	}
}

// changingSettings are the settings of checks of which each change is observed.
func (c *Checker) changingSettings() []subject.CheckSettings {
	all := []subject.CheckSettings{{}, {Optional: true}, {CacheFor: time.Second}, {Groups: []string{"read"}}, {Timeout: time.Minute}}
	if c.offered[subject.NeedRefreshAhead] {
		all = append(all, subject.CheckSettings{CacheFor: 2 * time.Second, RefreshAhead: true}, subject.CheckSettings{CacheFor: 2 * time.Second, RefreshAhead: true, Optional: true})
	}
	return all
}

// ChangesWhateverElse checks HEALTH-16: a change is one line and one call, whatever the
// settings of the check and whatever becomes of the probe that asked.
func ChangesWhateverElse(c *Checker) {
	for what, meanwhile := range map[string]func(h subject.HealthFuncs, leave func()){
		"is answered":         func(subject.HealthFuncs, func()) {},
		"has hung up":         func(_ subject.HealthFuncs, leave func()) { leave() },
		"gets not_ready":      func(h subject.HealthFuncs, _ func()) { h.SetReady(false) },
		"has an AddCheck too": func(h subject.HealthFuncs, _ func()) { h.AddCheck("other", func() error { return nil }) },
	} {
		for _, s := range c.changingSettings() {
			c.bubble(func() {
				w, texts := c.observedHealth(), []string{}
				var result atomic.Pointer[error]
				w.AddCheckContext("db-primary", func(context.Context) error { time.Sleep(100 * time.Millisecond); return *result.Load() }, s)
				for round, err := range []error{errors.New("no route to host"), nil, errors.New("wrong password"), nil} {
					result.Store(&err)
					client, leave := context.WithCancel(context.Background())
					for range 2 { // the first may be answered with what is cached, and begin a run
						time.AfterFunc(50*time.Millisecond, func() { meanwhile(w.HealthFuncs, leave) })
						play.AskWith(client, w.Readiness, http.MethodGet)
						time.Sleep(1500 * time.Millisecond)
						w.SetReady(true)
					}
					leave()
					text := ""
					if err != nil {
						text = err.Error()
					}
					texts = append(texts, text)
					c.expectChanges(fmt.Sprintf("a check with the settings %+v, while the probe %s, change %d", s, what, round+1), w, "db-primary", texts...)
					time.Sleep(2 * time.Minute)
				}
			})
		}
	}
}

// ReasonUnderWay checks HEALTH-19: SetNotReady while a probe waits for a check.
func ReasonUnderWay(c *Checker) {
	c.bubble(func() {
		for _, result := range []error{nil, errors.New("the reason of the check")} {
			h := c.health()
			h.AddCheck("db", func() error { time.Sleep(2 * time.Millisecond); return result })
			time.AfterFunc(time.Millisecond, func() { h.SetNotReady("moving house") })
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Status != "not_ready" || r.Reason == "moving house", "SetNotReady while a probe waits for a check that says %v: %q, and the reason is %q", result, r.Status, r.Reason)
			time.Sleep(time.Millisecond)
		}
		if !c.offered[subject.NeedFollow] {
			return
		}
		h := c.health()
		_ = c.run(func(ctx context.Context) error { h.Follow(ctx); return nil }, subject.Settings{})
		h.SetNotReady("moving house")
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expect(r.Status == "not_ready" && r.Reason == "moving house", "SetNotReady when the run that is followed is over: %q, and the reason is %q", r.Status, r.Reason)
	})
}
