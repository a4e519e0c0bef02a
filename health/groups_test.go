package health_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/health"
)

func down(context.Context) error { return errors.New("down") }

func fine(context.Context) error { return nil }

// HEALTH-17
func TestRandomGroups(t *testing.T) {
	names := rapid.SampledFrom([]string{"a", "b", "c", "", "é\xff"})
	rapid.Check(t, func(t *rapid.T) {
		h := newHandler()
		groups := map[string][]string{}
		var ran sync.Map
		for i := range rapid.IntRange(0, 70).Draw(t, "checks") {
			name := fmt.Sprintf("%02d", i)
			groups[name] = rapid.SliceOfN(names, 0, 3).Draw(t, "groups")
			var opts []health.CheckOption
			if rapid.Bool().Draw(t, "one by one") {
				for _, g := range groups[name] {
					opts = append(opts, health.Group(g))
				}
			} else {
				opts = append(opts, health.Group(groups[name]...))
			}
			h.AddCheckContext(name, func(context.Context) error { ran.Store(name, true); return nil }, opts...)
		}
		asked := rapid.SliceOfN(rapid.OneOf(names, rapid.Just("unknown")), 0, 4).Draw(t, "asked")
		want := map[string]string{}
		for name, of := range groups {
			if len(of) == 0 || slices.ContainsFunc(of, func(g string) bool { return slices.Contains(asked, g) }) {
				want[name] = "ok"
			}
		}
		endpoint, over := h.ReadinessOf(asked...), slices.Clone(asked)
		clear(asked) // the slice is the caller's
		var w recorder
		w.serve(endpoint, context.Background())
		response, ready := h.CheckOf(context.Background(), over...)
		if w.code != 200 || !ready || !maps.Equal(response.Checks, want) {
			t.Fatalf("asked for %q: %d, %v\n got %v\nwant %v", over, w.code, ready, response.Checks, want)
		}
		for name := range want {
			if !strings.Contains(string(w.body), `"`+name+`":"ok"`) {
				t.Fatalf("no %s in %s", name, w.body)
			}
		}
		ran.Range(func(name, _ any) bool {
			if want[name.(string)] == "" {
				t.Fatalf("%s was run for %q", name, over)
			}
			return true
		})
		if all, _ := h.Check(context.Background()); len(all.Checks) != len(groups) {
			t.Fatalf("readiness runs %d of %d", len(all.Checks), len(groups))
		}
	})
}

// HEALTH-17: a check that is in several groups is one check, one run at a time.
func TestFailingGroupFailsOnlyItsReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, runs := newHandler(), atomic.Int64{}
		h.AddCheckContext("search", down, health.Group("search"))
		h.AddCheckContext("db", fine, health.Group("db"))
		h.AddCheckContext("both", func(context.Context) error { runs.Add(1); time.Sleep(10 * ms); return nil }, health.Group("search", "db"))
		h.AddCheck("disk", pass)
		var probes sync.WaitGroup
		for endpoint, want := range map[*http.HandlerFunc]int{ptr(h.ReadinessOf("search")): 503, ptr(h.ReadinessOf("db")): 200, ptr(h.ReadinessOf()): 200, ptr(h.Readiness()): 503} {
			probes.Go(func() {
				if a := ask(t, *endpoint); a.code != want || a.body.Checks["disk"] != "ok" {
					t.Errorf("want %d, got %d %s", want, a.code, a.raw)
				}
			})
		}
		probes.Wait()
		if runs.Load() != 1 {
			t.Errorf("%d runs of one check", runs.Load())
		}
		h.SetNotReady("maintenance")
		ask(t, h.ReadinessOf("db")).expect(t, 503, "not_ready")
	})
}

func ptr[T any](v T) *T { return &v }
