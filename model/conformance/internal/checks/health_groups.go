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

// Groups checks HEALTH-17: groups, known and unknown.
func Groups(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var runs atomic.Int64
		add := func(name string, err error, groups ...string) {
			optional := name == "cache" || name == "log"
			h.AddCheckContext(name, func(context.Context) error {
				runs.Add(1)
				time.Sleep(10 * time.Millisecond)
				return err
			}, subject.CheckSettings{Groups: groups, Optional: optional})
		}
		add("search", errors.New("the reason"), "read")
		add("store", nil, "read", "write")
		add("queue", nil, "write")
		add("cache", nil, "write")
		add("disk", nil)
		add("log", nil)
		for _, tc := range []struct {
			groups []string
			checks string
		}{
			{[]string{"read"}, "disk log search store"},
			{[]string{"write"}, "cache disk log queue store"},
			{[]string{"write", "read"}, "cache disk log queue search store"},
			{[]string{"write", "unknown", "write"}, "cache disk log queue store"},
			{[]string{"unknown"}, "disk log"}, {[]string{"Read", " read", "rea", "read,write", ""}, "disk log"},
			{nil, "disk log"},
		} {
			runs.Store(0)
			what := fmt.Sprintf("readiness of the groups %q", tc.groups)
			r := play.Ask(h.ReadinessOf(tc.groups...), http.MethodGet)
			status := "ok"
			if strings.Contains(tc.checks, "search") {
				status = "degraded"
			}
			c.expect(r.Status == status, "%s is %q, want %q; the body is %s", what, r.Status, status, r.Body)
			var names []string
			for name := range r.Checks {
				names = append(names, name)
			}
			slices.Sort(names)
			c.expect(strings.Join(names, " ") == tc.checks, "%s lists %q, want %q", what, names, tc.checks)
			c.expect(int(runs.Load()) <= len(strings.Fields(tc.checks)), "%s: %d runs of %q", what, runs.Load(), tc.checks)
		}
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expect(r.Status == "degraded" && len(r.Checks) == 6, "readiness with groups lists %v, want all six; it is %q", r.Checks, r.Status)
	})
}

// GroupsOfLater checks HEALTH-17. It adds checks when there are handlers for their group
// already, which have been asked, and replaces and removes them: every handler answers as
// a new one does.
func GroupsOfLater(c *Checker) {
	c.bubble(func() {
		h, made := c.health(), []http.Handler{}
		for _, step := range []struct {
			what   string // "" adds nothing
			name   string
			text   string // "" passes
			groups []string
			status string // of the first time that a check is added
			checks int
		}{
			{"", "", "", nil, "ok", 0},
			{"added", "queue", "the reason", []string{"write"}, "ok", 0},
			{"added", "store", "the reason", []string{"read"}, "degraded", 1},
			{"added", "disk", "the reason", nil, "degraded", 2},
			{"replaced", "store", "another reason", []string{"read"}, "", 0},
			{"replaced, for another group,", "store", "another reason", []string{"write"}, "", 0},
			{"replaced, for this group,", "queue", "the reason", []string{"write", "read"}, "", 0},
			{"replaced", "disk", "", nil, "", 0},
			{"removed", "queue", "", nil, "", 0},
			{"added again", "queue", "", []string{"read"}, "", 0},
		} {
			what := step.name + " was " + step.what
			switch {
			case step.what == "":
				what = "any check was added"
			case step.what != "removed":
				h.AddCheckContext(step.name, func(context.Context) error {
					if step.text != "" {
						return errors.New(step.text)
					}
					return nil
				}, subject.CheckSettings{Groups: step.groups})
			case c.offered[subject.NeedRemoveCheck]:
				h.RemoveCheck(step.name)
			}
			made = append(made, h.ReadinessOf("read"))
			fresh := play.Ask(made[len(made)-1], http.MethodGet)
			for _, read := range made {
				r := play.Ask(read, http.MethodGet)
				if step.status != "" {
					c.expect(r.Status == step.status && len(r.Checks) == step.checks, "readiness of a group that was asked before %s is %q and lists %v, want %q and %d checks",
						what, r.Status, r.Checks, step.status, step.checks)
					c.expect(step.checks > 0 || !lists(r), "readiness of a group without checks has them: %s", r.Body)
				}
				c.expect(r.Status == fresh.Status && fmt.Sprint(r.Checks) == fmt.Sprint(fresh.Checks), "readiness of a group that was asked before %s is %q and lists %v, and that of a new handler %q and %v",
					what, r.Status, r.Checks, fresh.Status, fresh.Checks)
			}
		}
	})
}

// GroupsShare checks HEALTH-17. It asks for a check by two of its groups at once.
func GroupsShare(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var runs atomic.Int64
		h.AddCheckContext("store", func(context.Context) error {
			runs.Add(1)
			time.Sleep(time.Second)
			return nil
		}, subject.CheckSettings{Groups: []string{"read", "write"}})
		answered := make(chan struct{})
		for _, endpoint := range []http.Handler{h.ReadinessOf("read"), h.ReadinessOf("write"), h.ReadinessOf("read", "write"), h.Readiness} {
			go func() {
				r := play.Ask(endpoint, http.MethodGet)
				c.expect(len(r.Checks) == 1, "a check in two groups is listed as %v", r.Checks)
				answered <- struct{}{}
			}()
		}
		for range 4 {
			<-answered
		}
		c.expect(runs.Load() == 1, "a check in two groups is run %d times for four probes at once", runs.Load())
	})
}

// FailAfter checks HEALTH-18: a check fails with the third of three failing runs.
func FailAfter(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var result atomic.Pointer[error] // an implementation that shares no runs has several at once
		h.AddCheckContext("db", func(context.Context) error { time.Sleep(10 * time.Millisecond); return *result.Load() }, subject.CheckSettings{FailAfter: 3})
		before := ""
		for i, step := range []struct {
			fails  bool
			status string
		}{
			{true, "ok"}, {true, "ok"}, {false, "ok"}, // a pass begins the count anew
			{true, "ok"}, {true, "ok"}, {true, "degraded"}, {true, "degraded"}, {false, "ok"}, {true, "ok"},
		} {
			want, end := "ok", error(nil)
			if step.fails {
				want = fmt.Sprint("the reason of run ", i+1)
				end = errors.New(want)
			}
			result.Store(&end)
			replies := make(chan play.Reply)
			for range 4 { // which share a run
				go func() { replies <- play.Ask(h.Readiness, http.MethodGet) }()
			}
			for range 4 {
				r := <-replies
				if r.Checks["db"] == before && before != want {
					continue // an old result is for HEALTH-9 to report
				}
				c.expect(r.Status == step.status, "with FailAfter(3), run %d: %q, want %q; the body is %s", i+1, r.Status, step.status, r.Body)
				c.expect(r.Checks["db"] == want, "with FailAfter(3), run %d: the check says %q, want %q", i+1, r.Checks["db"], want)
			}
			before = want
		}
	})
}

// RefreshAhead checks HEALTH-18: probes in both halves of CacheFor.
func RefreshAhead(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var runs atomic.Int64
		h.AddCheckContext("slow", func(context.Context) error {
			n := runs.Add(1)
			time.Sleep(400 * time.Millisecond)
			return fmt.Errorf("run %d", n)
		}, subject.CheckSettings{CacheFor: 2 * time.Second, RefreshAhead: true})
		for i, step := range []struct {
			after, takes time.Duration
			text         string
			runs         int64
		}{
			{0, 400 * time.Millisecond, "run 1", 1},
			{500 * time.Millisecond, 0, "run 1", 1},                                       // in the first half
			{700 * time.Millisecond, 0, "run 1", 2},                                       // in the second: a run begins
			{100 * time.Millisecond, 0, "run 1", 2},                                       // and is under way
			{500 * time.Millisecond, 0, "run 2", 2},                                       // and over
			{3 * time.Second, 400 * time.Millisecond, "run 3", 3},                         // nothing is cached any more
			{1500 * time.Millisecond, 0, "run 3", 4},                                      // which no probe waits for
			{time.Second, 0, "run 4", 4}, {time.Hour, 400 * time.Millisecond, "run 5", 5}, // as at first
		} {
			time.Sleep(step.after)
			began := time.Now()
			r := play.Ask(h.Readiness, http.MethodGet)
			took := time.Since(began)
			time.Sleep(20 * time.Millisecond)
			c.expect(r.Checks["slow"] == step.text, "with RefreshAhead, probe %d: the check says %q, want %q", i+1, r.Checks["slow"], step.text)
			c.expect(about(took, step.takes), "with RefreshAhead, probe %d takes %v, want %v", i+1, took, step.takes)
			c.expect(runs.Load() == step.runs, "with RefreshAhead, probe %d: %d runs, want %d", i+1, runs.Load(), step.runs)
		}
		time.Sleep(time.Second)
	})
}

// Reason checks HEALTH-19: SetNotReady with a reason, and without one.
func Reason(c *Checker) {
	c.bubble(func() {
		h := c.health()
		ran := false
		h.AddCheck("db", func() error { ran = true; return nil })
		for _, reason := range []string{"warming up", "moving house", ""} {
			h.SetNotReady(reason)
			r := play.Ask(h.Readiness, http.MethodGet)
			what := fmt.Sprintf("after SetNotReady(%q)", reason)
			c.expectReply(what, r, http.StatusServiceUnavailable, "not_ready")
			c.expect(r.Reason == reason, "%s: the reason is %q; the body is %s", what, r.Reason, r.Body)
			c.expect(!ran, "%s: a check is run", what)
		}
		for letter := byte('!'); letter <= '~'; letter++ {
			h.SetNotReady(string(letter))
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Reason == string(letter) || r.Invalid != nil, "after SetNotReady(%q) the reason is %q, want that", string(letter), r.Reason) // that it is JSON is for HEALTH-12 to say
		}
		for range 2 { // no probe has asked in between
			h.SetNotReady("warming up")
			h.SetNotReady("moving house")
		}
		if r := play.Ask(h.Readiness, http.MethodGet); r.Reason != "moving house" {
			c.Errorf("after SetNotReady(\"warming up\") and SetNotReady(\"moving house\") the reason is %q, want the second", r.Reason)
		}
		h.SetNotReady("warming up")
		h.SetReady(true)
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("after SetReady(true)", r, http.StatusOK, "ok")
		c.expect(r.Reason == "", "after SetReady(true) the reason is %q, want none", r.Reason)
		h.SetReady(false)
		r = play.Ask(h.Readiness, http.MethodGet)
		c.expect(r.Reason != "warming up", "after SetReady(false) the reason is %q, that of an earlier SetNotReady, want another or none", r.Reason)
		h.SetNotReady("moving house")
		h.SetReady(false)
		r = play.Ask(h.Readiness, http.MethodGet)
		c.expect(r.Status == "not_ready" && r.Reason != "moving house", "after SetNotReady and SetReady(false) the status is %q, want not_ready, and the reason %q", r.Status, r.Reason)
	})
}

// ReasonAndFollow checks HEALTH-19: Follow leaves the reason alone.
func ReasonAndFollow(c *Checker) {
	c.bubble(func() {
		h := c.health()
		_ = c.Impl.Run(func(ctx context.Context) error {
			h.SetNotReady("moving house")
			h.Follow(ctx)
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Code == http.StatusOK || r.Reason == "moving house", "after SetNotReady(\"moving house\") and Follow the reason is %q, want the same", r.Reason) // that it is 503 is for HEALTH-4 to say
			return nil
		}, 0, 0)
	})
}

// ReadyAndFollowAtOnce checks HEALTH-14: SetReady(false) and Follow are called at once, and
// both take effect. It has many handlers, because two calls are rarely so close.
func ReadyAndFollowAtOnce(c *Checker) {
	handlers := fewer(2000)
	_ = c.Impl.Run(func(ctx context.Context) error {
		all, called := make([]subject.HealthFuncs, handlers), make([]atomic.Int64, handlers)
		for n := range all {
			all[n] = c.health()
		}
		atOnce(int64(handlers), func(n int64) {
			if first := called[n].Add(1) == 1; first == (n%2 == 0) {
				for range n % 200 * 10 { // so that it comes early in Follow, amid it or late
					called[n].Load()
				}
				all[n].SetReady(false)
			} else {
				all[n].Follow(ctx)
			}
		})
		h := c.health()
		h.SetReady(false)
		h.Follow(ctx)
		inTurn := play.Ask(h.Readiness, http.MethodGet)
		if inTurn.Code == http.StatusOK {
			return nil // for HEALTH-3 or HEALTH-4 to report
		}
		for n := range all {
			if r := play.Ask(all[n].Readiness, http.MethodGet); r.Code != http.StatusServiceUnavailable || r.State == "" && inTurn.State != "" {
				c.Errorf("SetReady(false) and Follow are called at once, of a run that is running, and readiness answers %d, with the state %q, want 503 and %q", r.Code, r.State, inTurn.State)
				break
			}
		}
		return nil
	}, 0, 0)
}

// FollowOfStopped checks HEALTH-4: Follow is called with the context of a run that is
// stopped.
func FollowOfStopped(c *Checker) {
	c.bubble(func() {
		var ended context.Context
		_ = c.Impl.Run(func(ctx context.Context) error { ended = ctx; return nil }, 0, 0)
		h := c.health()
		h.Follow(ended)
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("after Follow of a run that is stopped", r, http.StatusServiceUnavailable, "not_ready")
		c.expect(r.State == "stopped", "after Follow of a run that is stopped, the state is %q, want stopped", r.State)
	})
}
