package checks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// lateSettings are those of checks that end after their timeout, which is a second.
func lateSettings() []subject.CheckSettings {
	all := []subject.CheckSettings{{}, {Optional: true}, {Groups: []string{"read"}}, {CacheFor: 2 * time.Second}}
	for i := range all {
		all[i].Timeout = time.Second
	}
	return all
}

func returnsNil() error { return nil }

// LateEnds checks HEALTH-9: whatever a run returns when its timeout is over, the check
// is run again, and the next result is that of the next run.
func LateEnds(c *Checker) {
	for _, s := range lateSettings() {
		c.lateEnd(s, "passes", returnsNil)
		c.lateEnd(s, "fails", func() error { return errors.New("too late") })
	}
}

// LateWild checks HEALTH-8: the same of runs that panic or call Goexit then, where a
// run that passes is followed by another.
func LateWild(c *Checker) {
	for _, s := range lateSettings() {
		if _, said := c.afterLate(s, returnsNil); said == "ok" {
			c.lateEnd(s, "panics", func() error { panic("too late") })
			c.lateEnd(s, "calls Goexit", func() error { runtime.Goexit(); return nil })
		}
	}
}

func (c *Checker) lateEnd(s subject.CheckSettings, what string, end func() error) {
	round, said := c.afterLate(s, end)
	c.expect(said == "ok", "a check with the settings %+v %s half a second after its timeout, time %d: the next run passes, and the check says %q, want ok", s, what, round, said)
}

// afterLate has a check end after its timeout three times, and returns what is said of
// the run after that: of the first that is not said to be ok, if there is one.
func (c *Checker) afterLate(s subject.CheckSettings, end func() error) (round int, said string) {
	c.bubble(func() {
		h := c.health()
		var late atomic.Bool
		h.AddCheckContext("db", func(context.Context) error {
			if late.Load() {
				time.Sleep(s.Timeout + 500*time.Millisecond)
				return end()
			}
			return nil
		}, s)
		for round = 1; round <= 3; round++ {
			late.Store(true)
			play.Ask(h.Readiness, http.MethodGet)
			time.Sleep(5 * time.Second)
			late.Store(false)
			if said = play.Ask(h.Readiness, http.MethodGet).Checks["db"]; said != "ok" {
				return
			}
			time.Sleep(5 * time.Second)
		}
	})
	return round, said
}

// durations are short and long ones, and ones that are no whole seconds.
var durations = []time.Duration{1500 * time.Microsecond, 700 * time.Millisecond, 1500 * time.Millisecond, 90*time.Second + time.Millisecond, 1000 * time.Hour, math.MaxInt64}

// length is a duration as text, of which the longest is not readable.
func length(d time.Duration) string {
	if d == math.MaxInt64 {
		return "292 years"
	}
	return d.String()
}

// AnyTimeout checks HEALTH-9: timeouts of every length are kept. A check may take a
// moment longer, and a clock may have milliseconds.
func AnyTimeout(c *Checker) {
	for _, d := range durations {
		c.bubble(func() {
			h := c.health()
			time.Sleep(time.Second) // a sum of a time and the longest timeout overflows
			margin := max(min(d, 3000*time.Hour)/10, 20*time.Millisecond)
			before, after := max(min(d, 3000*time.Hour)-margin, 0), min(d, 3000*time.Hour)+margin
			h.AddCheckContext("in time", sleeper(before), subject.CheckSettings{Timeout: d})
			h.AddCheckContext("too late", sleeper(after), subject.CheckSettings{Timeout: d})
			r := play.Ask(h.Readiness, http.MethodGet)
			time.Sleep(after - before + slack)
			c.expect((r.Checks["in time"] == "ok" || d < slack) && (r.Checks["too late"] != "ok" || after < d), "with a timeout of %s, a check that takes %v says %q, and one that takes %v %q", length(d), before, r.Checks["in time"], after, r.Checks["too late"])
		})
	}
}

// AddedPlainly checks HEALTH-9: a check that AddCheck has added has a timeout too, the
// implementation's own.
func AddedPlainly(c *Checker) {
	c.bubble(func() {
		h := c.health()
		check, release := hung()
		h.AddCheck("hangs", check)
		h.AddCheck("good", func() error { return nil })
		c.inTime("readiness with a check that AddCheck has added, and that hangs,", func() {
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Checks["hangs"] != "ok" && r.Checks["good"] == "ok", "with a check that AddCheck has added, and that hangs, the body is %s", r.Body)
		})
		release()
		time.Sleep(time.Second)
	})
}

// AnyCacheFor checks HEALTH-9: results are kept for times of every length.
func AnyCacheFor(c *Checker) {
	for _, d := range durations {
		c.bubble(func() {
			h := c.health()
			time.Sleep(time.Second) // as above
			var runs atomic.Int64
			h.AddCheckContext("db", func(context.Context) error { runs.Add(1); return nil }, subject.CheckSettings{CacheFor: d})
			part := min(d, 3000*time.Hour) / 10
			for _, wait := range []time.Duration{0, 4 * part, 5 * part} {
				time.Sleep(wait)
				play.Ask(h.Readiness, http.MethodGet)
			}
			before := runs.Load()
			c.expect(before == 1 || part < slack, "with a CacheFor of %s, three probes within nine tenths of it make %d runs, want 1", length(d), before)
			time.Sleep(max(2*part, slack))
			play.Ask(h.Readiness, http.MethodGet)
			c.expect(runs.Load() == before+1 || d == math.MaxInt64, "with a CacheFor of %s, a probe when it is over makes %d runs, want 1", length(d), runs.Load()-before)
		})
	}
}

// SlowObserverGetsAll checks HEALTH-16: an observer that takes long misses no change.
func SlowObserverGetsAll(c *Checker) {
	c.bubble(func() {
		var mu sync.Mutex
		var got, want []string
		h := c.Impl.HealthWith("the tool", "1.2.3", subject.HealthSettings{
			Log: func(string, string) {},
			Observe: func(_ string, err error, _ time.Time) {
				time.Sleep(time.Minute)
				mu.Lock()
				defer mu.Unlock()
				got = append(got, fmt.Sprint(err))
			},
		})
		var result error
		h.AddCheck("db", func() error { return result })
		for n := range 20 {
			for _, result = range []error{fmt.Errorf("reason %d", n), nil} {
				want = append(want, fmt.Sprint(result))
				play.Ask(h.Readiness, http.MethodGet)
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(time.Hour)
		mu.Lock()
		defer mu.Unlock()
		c.expect(slices.Equal(got, want), "an observer that takes a minute for each change gets %q, want %q", got, want)
	})
}

// LateAgainWithinAMinute checks HEALTH-16: a check exceeds its timeout, passes, and exceeds
// it again, all within a minute. Each is one line, and one call.
func LateAgainWithinAMinute(c *Checker) {
	c.bubble(func() {
		w := c.observedHealth()
		var takes atomic.Int64
		w.AddCheckContext("db-primary", func(context.Context) error { time.Sleep(time.Duration(takes.Load())); return nil }, subject.CheckSettings{Timeout: time.Second})
		for _, now := range []time.Duration{2 * time.Second, 0, 2 * time.Second, 0} {
			takes.Store(int64(now))
			play.Ask(w.Readiness, http.MethodGet)
			time.Sleep(5 * time.Second)
		}
		lines := w.linesAbout("db-primary")
		c.expect(len(lines) == 4, "a check is too late, passes, is too late again and passes, all within a minute, and %d lines are logged, want 4; the log:\n%s", len(lines), &w.log)
	})
}

// HungIsNotGivenUp checks HEALTH-9: beside a run that has hung for half an hour there is no
// second one.
func HungIsNotGivenUp(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var running atomic.Int64
		var most largest
		check, release := hung()
		h.AddCheckContext("db", func(context.Context) error {
			most.note(running.Add(1))
			defer running.Add(-1)
			return check()
		}, subject.CheckSettings{Timeout: time.Second})
		for range 4 {
			play.Ask(h.Readiness, http.MethodGet)
			time.Sleep(30 * time.Minute)
		}
		release()
		time.Sleep(time.Second)
		c.expect(most.Load() == 1, "a check hangs for two hours, and is probed each half hour, and %d runs of it are under way at once, want 1", most.Load())
	})
}

// SlowIsNotLogged checks HEALTH-16: a check that passes in time, if late, is not told.
func SlowIsNotLogged(c *Checker) {
	c.bubble(func() {
		w := c.observedHealth()
		var takes atomic.Int64
		w.AddCheckContext("db-primary", func(context.Context) error { time.Sleep(time.Duration(takes.Load())); return nil }, subject.CheckSettings{Timeout: 3 * time.Second})
		for _, now := range []time.Duration{time.Second, 2 * time.Second, 2900 * time.Millisecond} {
			takes.Store(int64(now))
			play.Ask(w.Readiness, http.MethodGet)
			time.Sleep(time.Second)
		}
		c.expectChanges("a check with a timeout of 3s that passes after up to 2.9s", w, "db-primary")
	})
}
