package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// said is what readiness must answer to GET at some time.
type said struct {
	code                  int
	status, state, reason string
}

// wrong says what is wrong with the answer to a method, "" if nothing is. The length
// of the body is that of GET's.
func (s said) wrong(method string, r play.Reply, age time.Duration, length int) string {
	if method != http.MethodGet && method != http.MethodHead {
		s = said{code: http.StatusMethodNotAllowed}
		if allow := strings.Join(r.Header.Values("Allow"), ", "); !strings.Contains(allow, http.MethodGet) {
			return fmt.Sprintf("Allow is %q", allow)
		}
	}
	stored := strings.Join(r.Header.Values("Cache-Control"), ", ")
	switch {
	case r.Code != s.code:
		return fmt.Sprintf("the code is %d, want %d", r.Code, s.code)
	case !hasToken(stored, "no-store"):
		return fmt.Sprintf("Cache-Control is %q", stored)
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		return fmt.Sprintf("the type is %q", r.Header.Get("Content-Type"))
	case method == http.MethodHead:
		if said := r.Header.Get("Content-Length"); len(r.Body) > 0 || said != strconv.Itoa(length) {
			return fmt.Sprintf("HEAD has %d bytes, and a Content-Length of %q, want %d", len(r.Body), said, length)
		}
		return ""
	case r.Tool != "the tool" || r.Version != "1.2.3":
		return fmt.Sprintf("the body is %s", r.Body)
	case r.Uptime != age.Truncate(time.Second).String() && r.Uptime != age.Round(time.Second).String():
		return fmt.Sprintf("uptime is %q after %v", r.Uptime, age)
	case s.status != "" && (r.Status != s.status || r.State != s.state || r.Reason != s.reason):
		return fmt.Sprintf("the status is %q, the state %q, the reason %q, want %q, %q, %q", r.Status, r.State, r.Reason, s.status, s.state, s.reason)
	}
	return ""
}

// alike is a handler whose readiness of groups is compared with its readiness.
type alike struct {
	c     *Checker
	h     subject.HealthFuncs
	began time.Time
}

// expect demands that readiness of groups, and CheckOf, answer as readiness does. What
// readiness does wrong too is for other clauses to say.
func (a alike) expect(when string, want said) {
	whole, groups := a.h.Readiness, a.h.ReadinessOf("read")
	age := time.Since(a.began)
	lengths := []int{len(play.Ask(whole, http.MethodGet).Body), len(play.Ask(groups, http.MethodGet).Body)}
	for _, method := range slices.Concat([]string{http.MethodGet, http.MethodHead}, otherMethods) {
		if want.wrong(method, play.Ask(whole, method), age, lengths[0]) == "" {
			wrong := want.wrong(method, play.Ask(groups, method), age, lengths[1])
			a.c.expect(wrong == "", "%s, readiness of groups differs from readiness: %s: %s", when, method, wrong)
		}
	}
	if r := play.Ask(whole, http.MethodGet); a.c.offered[subject.NeedCheckOf] && r.Code == want.code && r.Status == want.status {
		status, _, ready := a.h.CheckOf(context.Background(), "read")
		a.c.expect(status == want.status && ready == (want.code == http.StatusOK), "%s, CheckOf says %q, ready: %t, and readiness %d %q", when, status, ready, r.Code, r.Status)
	}
}

// GroupsAnswerAlike checks HEALTH-17. It asks readiness of groups whatever readiness is
// asked.
func GroupsAnswerAlike(c *Checker) {
	c.bubble(func() {
		a := alike{c, c.health(), time.Now()}
		ok, off := said{code: http.StatusOK, status: "ok"}, said{code: http.StatusServiceUnavailable, status: "not_ready"}
		var result error
		a.h.AddCheckContext("store", func(context.Context) error { return result }, subject.CheckSettings{Groups: []string{"read"}})
		a.expect("at first", ok)
		time.Sleep(3*time.Hour + 41*time.Minute)
		a.expect("after hours", ok)
		result = errors.New("the reason")
		a.expect("with a check that fails", said{code: http.StatusServiceUnavailable, status: "degraded"})
		result = nil
		a.h.SetReady(false)
		a.expect("after SetReady(false)", off)
		if c.offered[subject.NeedSetNotReady] {
			a.h.SetNotReady("moving house")
			with := off
			with.reason = "moving house"
			a.expect("after SetNotReady", with)
		}
		a.h.SetReady(true)
		a.expect("after SetReady(true)", ok)
	})
}

// GroupsFollow checks HEALTH-17. It asks readiness of groups through the states of a run.
func GroupsFollow(c *Checker) {
	c.bubble(func() {
		a := alike{c, c.health(), time.Now()}
		in := func(state model.State) {
			want := said{http.StatusServiceUnavailable, "not_ready", string(state), ""}
			if state == model.Running {
				want.code, want.status = http.StatusOK, "ok"
			}
			a.expect("in "+string(state), want)
		}
		_ = c.run(func(ctx context.Context) error {
			for what, h := range map[string]http.Handler{"readiness": a.h.Readiness, "readiness of groups": a.h.ReadinessOf("read")} {
				r := play.AskWith(asRequest(ctx), h, http.MethodGet)
				if c.offered[subject.NeedCheckOf] && r.State == string(model.Starting) && r.Code == http.StatusServiceUnavailable {
					status, _, ready := a.h.CheckOf(asRequest(ctx), "read")
					c.expect(status == "not_ready" && !ready, "CheckOf has the context of a run that is starting, and says %q, ready: %t", status, ready)
				}
				c.expect(what == "readiness" || r.State == string(model.Starting) && r.Code == http.StatusServiceUnavailable, "a request has the context of a run that is starting, and %s says %s", what, r.Body)
			}
			a.h.Follow(ctx)
			in(model.Starting)
			c.Impl.MarkStarted(ctx)
			in(model.Running)
			c.Impl.DrainGroup(ctx).Go(func() {
				play.Wait(ctx.Done(), time.Hour)
				time.Sleep(time.Second)
				in(model.Draining)
			})
			c.Impl.OnShutdown(ctx, func() error { in(model.Hooks); return nil })
			return nil
		}, subject.Settings{ManualStart: true})
		in(model.Stopped)
	})
}

// EditedGroups checks HEALTH-17: the groups of a check, and of readiness, are those that
// were given, though the caller uses the list for others afterwards.
func EditedGroups(c *Checker) {
	c.bubble(func() {
		h, list, readiness := c.health(), []string{""}, map[string]http.Handler{}
		groups := []string{"read", "write", "admin"}
		for _, group := range groups {
			list[0] = group
			h.AddCheckContext("of "+group, func(context.Context) error { return nil }, subject.CheckSettings{Groups: list})
			readiness[group] = h.ReadinessOf(list...)
		}
		list[0] = "edited"
		for _, group := range groups {
			r := play.Ask(readiness[group], http.MethodGet)
			c.expect(len(r.Checks) == 1 && r.Checks["of "+group] == "ok", "the list that a check and readiness of the group %q were given is changed by the caller, and readiness lists %v", group, r.Checks)
		}
	})
}
