package health_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
)

// HEALTH-16: a replacement inherits that the check is failing; removal ends it
// in silence.
func TestReplacementInheritsTheFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h := health.New("tool", "1", j.option())
		expect := func(code int, lines ...string) {
			t.Helper()
			if a := ask(t, h.Readiness()); a.code != code {
				t.Errorf("want %d: %s", code, a.raw)
			}
			synctest.Wait()
			if got := j.lines(t); !slices.Equal(got, lines) {
				t.Errorf("want %q\n got %q", lines, got)
			}
		}
		h.AddCheckContext("db", down)
		expect(503, "WARN health: check fails db down")
		h.AddCheck("db", pass)
		expect(200, "INFO health: check passes again db")
		h.AddCheckContext("db", down)
		expect(503, "WARN health: check fails db down")
		h.AddCheckContext("db", down, health.FailAfter(5))
		expect(503) // it was failing, and has not passed since
		h.AddCheckContext("db", func(context.Context) error { return errors.New("other") })
		expect(503, "WARN health: check fails with another error db other")
		h.RemoveCheck("db")
		expect(200)
		h.AddCheck("db", pass)
		expect(200)
		h.AddCheckContext("db", down)
		expect(503, "WARN health: check fails db down")
	})
}

// HEALTH-16: another text is logged at once, and then once a minute at most.
func TestNewErrorIsLoggedAtMostOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h, start := health.New("tool", "1", j.option()), time.Now()
		h.AddCheck("db", func() error { return errors.New(time.Since(start).String()) })
		for range 180 {
			ask(t, h.Readiness()).expect(t, 503, "degraded")
			time.Sleep(time.Second)
		}
		synctest.Wait()
		want := []string{
			"WARN health: check fails db 0s", "WARN health: check fails with another error db 1s",
			"WARN health: check fails with another error db 1m1s", "WARN health: check fails with another error db 2m1s",
		}
		if got := j.lines(t); !slices.Equal(got, want) {
			t.Errorf("want %q\n got %q", want, got)
		}
	})
}

// HEALTH-16: an observer hears what readiness shows, and may do what it likes.
func TestMisbehavingObserverGetsWhatReadinessShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var heard []health.Change
		var h *health.Handler
		start, release := time.Now(), make(chan struct{})
		defer close(release)
		h = newHandler(health.WithoutDetails(),
			health.WithObserver(func(health.Change) { panic("observer") }),
			health.WithObserver(func(c health.Change) {
				_, _ = h.Check(context.Background()) // calls back
				h.AddCheck("more", pass)
				mu.Lock()
				defer mu.Unlock()
				heard = append(heard, c)
			}),
			health.WithObserver(func(health.Change) { <-release }))
		var result error
		h.AddCheck("a\xff", func() error { return result })
		for _, next := range []error{errors.New("secret"), nil, errors.New("secret")} {
			time.Sleep(time.Second)
			result = next
			ask(t, h.Readiness())
			synctest.Wait()
		}
		mu.Lock()
		defer mu.Unlock()
		if len(heard) != 3 {
			t.Fatalf("%v", heard)
		}
		for i, c := range heard {
			failed := c.Err != nil && c.Err.Error() == "failed"
			if c.Check != "a\xff" || failed != (i != 1) || c.Err == nil != (i == 1) || c.At.Sub(start) != time.Duration(i+1)*time.Second {
				t.Errorf("change %d: %q, %v at %v", i, c.Check, c.Err, c.At.Sub(start))
			}
		}
	})
}

// HEALTH-16: ten thousand that hang are ten thousand lines.
func TestEachOfTenThousandHungChecksIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h, release := health.New("tool", "1", j.option()), make(chan struct{})
		for i := range 10_000 {
			h.AddCheck(fmt.Sprint(i), func() error { <-release; return nil })
		}
		for range 5 { // the prober hangs up long before
			ctx, hangUp := context.WithTimeout(context.Background(), time.Second)
			h.Check(ctx)
			hangUp()
		}
		synctest.Wait()
		if lines := j.lines(t); len(lines) != 10_000 {
			t.Errorf("%d lines", len(lines))
		}
		close(release)
	})
}
