package checks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// The ways in which a run of a check ends.
const (
	passes = iota
	fails
	exceeds // its timeout
)

// combined is a check with several settings at once, and what is predicted of it.
type combined struct {
	settings subject.CheckSettings
	end      atomic.Int64 // of the next run
	runs     atomic.Int64 // so far

	ends     time.Time // of the last run
	result   int       // its end
	failures int       // in a row
}

// run is the check.
func (b *combined) run(context.Context) error {
	b.runs.Add(1)
	time.Sleep(time.Millisecond)
	return endsAs(int(b.end.Load()), b.settings.Timeout)
}

// predict returns how many runs there will have been after a probe, whether the check
// passes, and whether readiness does.
func (b *combined) predict() (runs int, passing, ready bool) {
	age, keep := time.Since(b.ends), b.settings.CacheFor
	cached := !b.ends.IsZero() && age < keep
	if !cached {
		runs++
		b.ended()
	}
	passing, ready = b.result == passes, b.settings.Optional || b.failures < max(1, b.settings.FailAfter)
	if cached && b.settings.RefreshAhead && age >= keep/2 {
		runs++
		b.ended() // for the next probe
	}
	return int(b.runs.Load()) + runs, passing, ready
}

// ended predicts the end of a run.
func (b *combined) ended() {
	b.ends, b.result = time.Now(), int(b.end.Load())
	if b.failures++; b.result == passes {
		b.failures = 0
	}
}

// lives has a check with these settings end in random ways, and be asked for at random
// times, and calls f with what each probe got and what was predicted, as long as f says
// that it goes on.
func (c *Checker) lives(s subject.CheckSettings, ends int, f func(what string, r play.Reply, b *combined, runs int, passing, ready bool) (goOn bool)) {
	s.Timeout = 500 * time.Millisecond
	if !c.offered[subject.NeedFailAfter] {
		s.FailAfter = 0
	}
	for seed := range uint64(8) {
		c.bubble(func() {
			h, b, random := c.health(), &combined{settings: s}, rand.New(rand.NewPCG(seed, 1))
			time.Sleep(time.Duration(seed%2) * 5 * time.Hour) // some handlers are old
			h.AddCheck("other", func() error { return nil })
			h.AddCheckContext("db", b.run, s)
			for probe := range 60 {
				b.end.Store(int64(random.IntN(ends)))
				runs, passing, ready := b.predict()
				r := play.Ask(h.Readiness, http.MethodGet)
				time.Sleep(20 * time.Millisecond) // for the run that no probe waits for
				if !f(fmt.Sprintf("with Optional %t, FailAfter %d, CacheFor %v and RefreshAhead %t, probe %d", s.Optional, s.FailAfter, s.CacheFor, s.RefreshAhead, probe+1), r, b, runs, passing, ready) {
					return
				}
				time.Sleep([]time.Duration{time.Second, 1300 * time.Millisecond, 10 * time.Second}[random.IntN(3)])
			}
		})
	}
}

// CachedInAllSettings checks HEALTH-9: a result is kept as long whatever it is, and
// whatever else is set.
func CachedInAllSettings(c *Checker) { c.cachedInAllSettings(false) }

// RefreshedInAllSettings checks HEALTH-18: a run begins ahead whatever the result is,
// and whatever else is set.
func RefreshedInAllSettings(c *Checker) { c.cachedInAllSettings(true) }

func (c *Checker) cachedInAllSettings(ahead bool) {
	for _, optional := range []bool{false, true} {
		for _, failAfter := range []int{0, 3} {
			s := subject.CheckSettings{Optional: optional, FailAfter: failAfter, CacheFor: 3500 * time.Millisecond, RefreshAhead: ahead}
			c.lives(s, exceeds, func(what string, r play.Reply, b *combined, runs int, passing, _ bool) bool {
				got := int(b.runs.Load())
				right := got == runs && (r.Checks["db"] == "ok") == passing
				c.expect(right, "%s: the check says %q, and its last run in time passes: %t; there were %d runs, want %d", what, r.Checks["db"], passing, got, runs)
				return right
			})
		}
	}
}

// OptionalInAllSettings checks HEALTH-15: a check that is optional fails nothing,
// whatever else is set.
func OptionalInAllSettings(c *Checker) {
	for _, cacheFor := range []time.Duration{0, 3500 * time.Millisecond} {
		for _, failAfter := range []int{0, 1, 3} {
			s := subject.CheckSettings{Optional: true, FailAfter: failAfter, CacheFor: cacheFor}
			s.RefreshAhead = cacheFor > 0 && c.offered[subject.NeedRefreshAhead]
			if failAfter == 1 && c.offered[subject.NeedGroups] {
				s.Groups = []string{"read"}
			}
			c.lives(s, exceeds+1, func(what string, r play.Reply, _ *combined, _ int, _, _ bool) bool {
				c.expect(r.Status == "ok", "%s: %q, want ok; the body is %s", what, r.Status, r.Body)
				return r.Status == "ok"
			})
		}
	}
}

// FailAfterCountsAll checks HEALTH-18: a run that exceeds its timeout is a failing run,
// and the count begins anew each time.
func FailAfterCountsAll(c *Checker) {
	for _, n := range []int{1, 2, 3, 5} {
		counts := func(what string, r play.Reply, _ *combined, _ int, passing, ready bool) bool {
			if (r.Checks["db"] == "ok") != passing {
				return false // for HEALTH-9 to say
			}
			right := (r.Status == "ok") == ready
			c.expect(right, "%s: %q, and that the check passes is %t; the body is %s", what, r.Status, ready, r.Body)
			return right
		}
		c.lives(subject.CheckSettings{FailAfter: n}, exceeds+1, counts)
		if c.offered[subject.NeedRefreshAhead] {
			c.lives(subject.CheckSettings{FailAfter: n, CacheFor: 3500 * time.Millisecond, RefreshAhead: true}, exceeds, counts)
		}
	}
}
