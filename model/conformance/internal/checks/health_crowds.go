package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ManyCheckGroups checks HEALTH-17: many groups with a check each, and one check that is
// in all of them. It asks for one group, for half of them, and for all.
func ManyCheckGroups(c *Checker) {
	for _, n := range crowds {
		c.bubble(func() {
			h, all := c.health(), []string{}
			for i := range n {
				all = append(all, fmt.Sprint("group ", i))
				h.AddCheckContext(fmt.Sprint("check ", i), func(context.Context) error { return nil }, subject.CheckSettings{Groups: all[i : i+1]})
			}
			h.AddCheckContext("in all", func(context.Context) error { return errors.New("the reason") }, subject.CheckSettings{Groups: all})
			for _, groups := range [][]string{all[n-1:], all[n/2:], all} {
				r := play.Ask(h.ReadinessOf(groups...), http.MethodGet)
				c.expect(len(r.Checks) == len(groups)+1 && r.Checks["in all"] == "the reason" && r.Status == "degraded",
					"of %d groups with a check each, %d are asked for, and %d checks are listed, want that and one more; the one in all says %q, and the status is %q", n, len(groups), len(r.Checks), r.Checks["in all"], r.Status)
			}
		})
	}
}

// FailAfterMany checks HEALTH-18: a check fails with the n-th failing run in a row, for
// many n.
func FailAfterMany(c *Checker) {
	for _, n := range append([]int{1, 2}, crowds...) {
		c.bubble(func() {
			h := c.health()
			h.AddCheckContext("db", func(context.Context) error { return errors.New("the reason") }, subject.CheckSettings{FailAfter: n})
			for run := 1; run <= n+1; run++ {
				want := "ok"
				if run >= n {
					want = "degraded"
				}
				if r := play.Ask(h.Readiness, http.MethodGet); r.Status != want {
					c.Errorf("with FailAfter(%d), failing run %d in a row: %q, want %q", n, run, r.Status, want)
					return
				}
			}
		})
	}
}

// ManyProbers checks HEALTH-9. It has many probes ask for one check at once, of which
// every second goes away.
func ManyProbers(c *Checker) {
	for _, n := range crowds {
		c.bubble(func() {
			h := c.health()
			var runs, wrong atomic.Int64
			h.AddCheckContext("slow", func(context.Context) error { runs.Add(1); time.Sleep(time.Second); return errors.New("the reason") }, subject.CheckSettings{})
			client, leave := context.WithCancel(context.Background())
			var probers sync.WaitGroup
			began := time.Now()
			for i := range n {
				probers.Go(func() {
					if i%2 == 1 {
						play.AskWith(client, h.Readiness, http.MethodGet)
						return
					}
					r := play.Ask(h.Readiness, http.MethodGet)
					if r.Status != "degraded" || r.Checks["slow"] != "the reason" || !about(time.Since(began), time.Second) {
						wrong.Add(1)
					}
				})
			}
			time.AfterFunc(500*time.Millisecond, leave)
			probers.Wait()
			time.Sleep(2 * time.Second)
			c.expect(runs.Load() == 1 && wrong.Load() == 0, "%d probes ask at once for a check that takes 1s, and every second goes away: the check runs %d times, want once, and %d of the probes that wait get a wrong answer", n, runs.Load(), wrong.Load())
		})
	}
}

// ManySlowOptional checks HEALTH-15: many optional checks that hang before one that is
// required.
func ManySlowOptional(c *Checker) {
	for _, n := range crowds {
		c.bubble(func() {
			h := c.health()
			check, release := hung()
			for i := range n {
				h.AddCheckContext(fmt.Sprint("an optional one ", i), func(context.Context) error { return check() }, subject.CheckSettings{Optional: true})
			}
			h.AddCheckContext("required", sleeper(time.Millisecond), subject.CheckSettings{})
			began := time.Now()
			r := play.Ask(h.Readiness, http.MethodGet)
			took := time.Since(began)
			release()
			c.expect(r.Status == "ok" && r.Checks["required"] == "ok" && len(r.Checks) == n+1 && took <= 100*time.Millisecond+slack,
				"beside %d optional checks that hang, one that takes 1ms is %q, the status is %q, and the answer takes %v, want at most 100ms more", n, r.Checks["required"], r.Status, took)
			time.Sleep(10 * time.Second)
		})
	}
}
