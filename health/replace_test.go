package health_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
)

// HEALTH-13: a probe under way does not wait for what is replaced or removed,
// and leaves it out; and nothing is logged of it any more.
func TestProbeInProgressOmitsReplacedAndRemovedChecks(t *testing.T) {
	for name, change := range map[string]func(h *health.Handler){
		"replaced":              func(h *health.Handler) { h.AddCheck("db", pass) },
		"removed":               func(h *health.Handler) { h.RemoveCheck("db") },
		"removed and added":     func(h *health.Handler) { h.RemoveCheck("db"); h.AddCheck("db", pass) },
		"replaced by a failing": func(h *health.Handler) { h.AddCheckContext("db", down) },
	} {
		for _, takes := range []time.Duration{5 * ms, 500 * ms, time.Hour} {
			t.Run(fmt.Sprint(name, ", of ", takes), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var j journal
					h := health.New("tool", "1", j.option())
					h.AddCheck("db", func() error { time.Sleep(takes); return errors.New("old") })
					h.AddCheck("other", func() error { time.Sleep(20 * ms); return nil })
					time.AfterFunc(10*ms, func() { change(h) })
					start := time.Now()
					a := ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "other", "ok")
					if took := time.Since(start); took != 20*ms || len(a.body.Checks) != 1 {
						t.Errorf("took %v: %s", took, a.raw)
					}
					synctest.Wait()
					lines := j.lines(t)
					if takes == 5*ms && len(lines) != 1 || takes > 10*ms && len(lines) != 0 {
						t.Errorf("logged %q", lines)
					}
					time.Sleep(2 * time.Hour)
					synctest.Wait()
					if lines := j.lines(t); len(lines) != 0 {
						t.Errorf("later logged %q", lines)
					}
				})
			})
		}
	}
}

// HEALTH-10: AddCheck costs no more for there being many.
func TestTenThousandChecksAreAddedAtOnce(t *testing.T) {
	h := newHandler()
	allocs := testing.AllocsPerRun(1, func() {
		for i := range 10_000 {
			h.AddCheck(fmt.Sprint(i), pass)
		}
	})
	if allocs > 100_000 {
		t.Errorf("%v allocations", allocs)
	}
	if r, ready := h.Check(context.Background()); !ready || len(r.Checks) != 10_000 {
		t.Errorf("ready %v, %d checks", ready, len(r.Checks))
	}
}
