package health_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
)

// HEALTH-18, HEALTH-16: each timeout that a check hangs for is a failing run, and
// the first is logged though the check still passes by FailAfter.
func TestHungCheckFailsAfterNTimeouts(t *testing.T) {
	for name, opts := range map[string][]health.CheckOption{
		"": nil, "cached": {health.CacheFor(time.Minute), health.RefreshAhead()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var j journal
				var observed atomic.Int32
				h := health.New("tool", "1", j.option(), health.WithObserver(func(health.Change) { observed.Add(1) }))
				release := make(chan struct{})
				h.AddCheckContext("db", func(context.Context) error { <-release; return nil }, append(opts, health.FailAfter(3))...)
				expect := func(code int, changes int32, lines ...string) {
					t.Helper()
					if a := ask(t, h.Readiness()); a.code != code {
						t.Errorf("want %d: %s", code, a.raw)
					}
					synctest.Wait()
					if got := j.lines(t); !slices.Equal(got, lines) || observed.Load() != changes {
						t.Errorf("want %q\n got %q, %d changes", lines, got, observed.Load())
					}
				}
				expect(200, 0, "WARN health: check timed out, but still passes until FailAfter is reached db timed out after 3s")
				time.Sleep(5999 * ms)
				expect(200, 0)
				time.Sleep(2 * ms)
				expect(503, 1, "WARN health: check fails db timed out after 3s")
				time.Sleep(time.Hour)
				expect(503, 1)
				close(release)
				time.Sleep(time.Hour)
				expect(200, 2, "INFO health: check passes again db")
			})
		})
	}
}

// HEALTH-16: a timeout is logged by then, however soon after another text.
func TestHangAfterAnotherErrorIsLoggedByItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h, release, runs := health.New("tool", "1", j.option()), make(chan struct{}), 0
		h.AddCheck("db", func() error {
			if runs++; runs <= 2 {
				return fmt.Errorf("refused %d", runs)
			}
			<-release
			return nil
		})
		for range 3 {
			h.Check(t.Context())
		}
		synctest.Wait()
		want := []string{
			"WARN health: check fails db refused 1",
			"WARN health: check fails with another error db refused 2",
			"WARN health: check fails with another error db timed out after 3s",
		}
		if got := j.lines(t); !slices.Equal(got, want) {
			t.Errorf("want %q\n got %q", want, got)
		}
		close(release)
	})
}

// HEALTH-16: a text that came too soon is logged when the minute is over, without
// a further run.
func TestErrorThatCameTooSoonIsLoggedAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h, runs := health.New("tool", "1", j.option()), 0
		h.AddCheck("db", func() error { runs++; return fmt.Errorf("%d", min(runs, 4)) })
		for range 4 {
			h.Check(t.Context())
		}
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if got := j.lines(t); len(got) != 2 {
			t.Errorf("%q", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := j.lines(t); !slices.Equal(got, []string{"WARN health: check fails with another error db 4"}) {
			t.Errorf("%q", got)
		}
		h.Check(t.Context())
		time.Sleep(time.Hour)
		if got := j.lines(t); len(got) != 0 {
			t.Errorf("%q", got)
		}
	})
}

// HEALTH-13, HEALTH-16: what was to be logged of a check that is replaced or
// removed is not.
func TestDelayedErrorOfARemovedCheckIsNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h, runs := health.New("tool", "1", j.option()), 0
		h.AddCheck("db", func() error { runs++; return fmt.Errorf("%d", runs) })
		for range 3 {
			h.Check(t.Context())
		}
		h.RemoveCheck("db")
		release := make(chan struct{})
		h.AddCheckContext("hangs", func(context.Context) error { <-release; return errors.New("x") }, health.FailAfter(2))
		h.Check(t.Context())
		h.RemoveCheck("hangs")
		time.Sleep(time.Hour)
		close(release)
		synctest.Wait()
		if got := j.lines(t); len(got) != 3 {
			t.Errorf("%q", got)
		}
	})
}

// HEALTH-15: however many optional checks are slow, the answer comes within
// 100 ms of the others.
func TestManySlowOptionalChecksDelayTheAnswerByNoMoreThanOne(t *testing.T) {
	for _, n := range []int{63, 64, 65, 1000} {
		synctest.Test(t, func(t *testing.T) {
			h, release := newHandler(), make(chan struct{})
			for i := range n {
				h.AddCheckContext(fmt.Sprint(i), func(context.Context) error { <-release; return nil }, health.Optional())
			}
			h.AddCheck("z", pass)
			for _, after := range []time.Duration{0, 0, 50 * ms, 700 * ms, time.Second, 10 * time.Second} {
				time.Sleep(after)
				start := time.Now()
				ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "z", "ok")
				if took := time.Since(start); took > 200*ms {
					t.Errorf("%d optional checks: took %v", n, took)
				}
			}
			close(release)
		})
	}
}
