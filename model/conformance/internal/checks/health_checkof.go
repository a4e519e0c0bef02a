package checks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// CheckOf checks HEALTH-17. It compares CheckOf with readiness of the same groups, in
// every state between which these distinguish.
func CheckOf(c *Checker) {
	c.bubble(func() {
		h := c.health()
		results := map[string]error{}
		for name, groups := range map[string][]string{"search": {"read"}, "store": {"read", "write"}, "queue": {"write"}, "disk": nil} {
			h.AddCheckContext(name, func(context.Context) error { return results[name] }, subject.CheckSettings{Groups: groups})
		}
		same := func(when string) {
			for _, groups := range [][]string{nil, {"read"}, {"write"}, {"write", "read"}, {"unknown"}, {"unknown", "write"}} {
				what := fmt.Sprintf("CheckOf%q %s", groups, when)
				want := play.Ask(h.ReadinessOf(groups...), http.MethodGet)
				status, checks, ready := h.CheckOf(context.Background(), groups...)
				c.expect(ready == (want.Code == http.StatusOK), "%s says that it is ready: %t; readiness of these groups answers %d", what, ready, want.Code)
				c.expect(status == want.Status, "%s is %q, and readiness of these groups %q", what, status, want.Status)
				c.expect(fmt.Sprint(checks) == fmt.Sprint(want.Checks), "%s lists %v, and readiness of these groups %v", what, checks, want.Checks)
			}
		}
		same("when all pass")
		for _, name := range []string{"search", "queue", "disk"} {
			results[name] = errors.New("the reason")
			same("when " + name + " fails too")
		}
		h.SetReady(false)
		same("while not ready")
	})
}

// CheckOfInAllSettings checks HEALTH-17: CheckOf says what readiness of the groups would
// answer to the same runs, whatever the settings of the checks are and however they end.
// Each probe may change what the next one gets, so one handler is asked and its twin
// checked.
func CheckOfInAllSettings(c *Checker) {
	for seed := range uint64(40) {
		c.bubble(func() {
			defer time.Sleep(time.Minute) // for runs that go on
			asked, checked := c.health(), c.health()
			what := ""
			for n := range 1 + seed%3 {
				random := rand.New(rand.NewPCG(seed, n))
				s := c.anySettings(random)
				ends := []int{}
				for range 12 {
					ends = append(ends, random.IntN(exceeds+1))
				}
				what += fmt.Sprintf(" %+v", s)
				for _, h := range []subject.HealthFuncs{asked, checked} {
					var runs atomic.Int64
					h.AddCheckContext(fmt.Sprint("check ", n), func(context.Context) error {
						return endsAs(ends[runs.Add(1)%int64(len(ends))], s.Timeout)
					}, s)
				}
			}
			for probe := range 12 {
				want := play.Ask(asked.ReadinessOf("read"), http.MethodGet)
				time.Sleep(time.Second) // the next run is not this one
				status, checks, ready := checked.CheckOf(context.Background(), "read")
				time.Sleep(time.Second)
				if fmt.Sprint(checks) != fmt.Sprint(want.Checks) {
					return // runs that are not alike are for other clauses to say
				}
				if status != want.Status || ready != (want.Code == http.StatusOK) {
					c.Errorf("checks with the settings%s, probe %d: CheckOf says %q, ready: %t, and lists %v; readiness of the group answers %d: %s", what, probe+1, status, ready, checks, want.Code, want.Body)
					return
				}
			}
		})
	}
}

// anySettings returns the settings of a check of the group "read", of those offered.
func (c *Checker) anySettings(random *rand.Rand) subject.CheckSettings {
	pick := func(from ...int) int { return from[random.IntN(len(from))] }
	s := subject.CheckSettings{Timeout: 500 * time.Millisecond, Optional: pick(0, 1) == 1, CacheFor: time.Duration(pick(0, 0, 3500)) * time.Millisecond}
	if pick(0, 1) == 1 {
		s.Groups = []string{"read"}
	}
	if c.offered[subject.NeedFailAfter] {
		s.FailAfter = pick(0, 0, 1, 2, 5)
	}
	return s
}

// endsAs is the end of a run.
func endsAs(end int, timeout time.Duration) error {
	switch end {
	case fails:
		return errors.New("the reason")
	case exceeds:
		time.Sleep(timeout + 200*time.Millisecond)
	}
	return nil
}

// CheckOfUnderWay checks HEALTH-17: SetReady is read again when the checks are done, as
// readiness does.
func CheckOfUnderWay(c *Checker) {
	c.bubble(func() {
		h := c.health()
		h.SetReady(false)
		if _, _, ready := h.CheckOf(context.Background()); ready {
			return // for CheckOf to report
		}
		h.SetReady(true)
		h.AddCheckContext("db", func(context.Context) error { h.SetReady(false); return nil }, subject.CheckSettings{})
		status, _, ready := h.CheckOf(context.Background())
		c.expect(!ready && status == "not_ready", "SetReady(false) is called while CheckOf runs a check, and CheckOf says %q, and that it is ready: %t, want not_ready, false", status, ready)
	})
}

// CheckOfIsTheCallers checks HEALTH-17: what CheckOf has returned does not change.
func CheckOfIsTheCallers(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var result error
		h.AddCheckContext("db", func(context.Context) error { return result }, subject.CheckSettings{})
		_, first, _ := h.CheckOf(context.Background())
		result = errors.New("the reason")
		_, _, _ = h.CheckOf(context.Background())
		c.expect(first["db"] == "ok", "CheckOf is called while a check passes, and again when it fails: the first list is then %v", first)
	})
}

// GroupsDoNotWaitForOptional checks HEALTH-17: readiness of a group lists a slow optional
// check as still running, as readiness does (HEALTH-15).
func GroupsDoNotWaitForOptional(c *Checker) {
	c.bubble(func() {
		h := c.health()
		h.AddCheckContext("slow", sleeper(4*time.Second), subject.CheckSettings{Optional: true, Timeout: 10 * time.Second, Groups: []string{"read"}})
		h.AddCheckContext("quick", sleeper(time.Millisecond), subject.CheckSettings{Groups: []string{"read"}})
		takes := func(ask func()) time.Duration {
			began := time.Now()
			ask()
			took := time.Since(began)
			time.Sleep(10 * time.Second)
			return took
		}
		if takes(func() { play.Ask(h.Readiness, http.MethodGet) }) > time.Second {
			return // for HEALTH-15 to say
		}
		read := takes(func() { play.Ask(h.ReadinessOf("read"), http.MethodGet) })
		check := takes(func() { h.CheckOf(context.Background(), "read") })
		c.expect(max(read, check) <= 101*time.Millisecond+slack, "with an optional check that takes 4s in a group, its readiness is answered after %v, and CheckOf after %v, want 100 ms after the others at most", read, check)
	})
}
