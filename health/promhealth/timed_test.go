package promhealth_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/promhealth"
)

// The Timed of a check in the registry, and any name that a check can have.
func TestNamesOfEveryKindCanBeScraped(t *testing.T) {
	h := newHandler()
	c := promhealth.New(h)
	for _, name := range []string{"", "a\xfe\xffb", "a\"b\nc\\", "é😀"} {
		h.AddCheckContext(name, c.Timed(name, pass))
	}
	e := scrape(t, c)
	for _, label := range []string{``, "a\ufffd\ufffdb", `a\"b\nc\\`, "é😀"} {
		e.expect(`health_check_passing{check="`+label+`"} 1`, `health_check_duration_seconds_count{check="`+label+`"} 1`)
	}
}

func TestTimedRecordsEveryRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		c := promhealth.New(h)
		for name, end := range map[string]func() error{
			"passes": func() error { return nil },
			"fails":  func() error { return errors.New("down") },
			"panics": func() error { panic("boom") },
			"exits":  func() error { runtime.Goexit(); return nil },
		} {
			h.AddCheckContext(name, c.Timed(name, func(context.Context) error { time.Sleep(250 * time.Millisecond); return end() }))
		}
		h.AddCheckContext("none", c.Timed("none", nil))
		gather(t, c)
		e := gather(t, c) // of a second run
		for _, name := range []string{"passes", "fails", "panics", "exits"} {
			label := `{check="` + name + `"`
			e.expect("health_check_duration_seconds_count"+label+"} 2", "health_check_duration_seconds_sum"+label+"} 0.5",
				"health_check_duration_seconds_bucket"+label+`,le="0.1"} 0`, "health_check_duration_seconds_bucket"+label+`,le="0.25"} 2`)
			e.expect("health_check_passing" + label + "} " + map[bool]string{true: "1", false: "0"}[name == "passes"])
		}
		e.expect(`health_check_passing{check="none"} 0`)
		e.expectNone(`health_check_duration_seconds_count{check="none"`)
	})
}

func TestTimedPassesContextAndErrorThrough(t *testing.T) {
	type key struct{}
	down := errors.New("down")
	check := promhealth.New(newHandler()).Timed("db", func(ctx context.Context) error {
		if ctx.Value(key{}) != "it" {
			t.Error("another context")
		}
		return down
	})
	if err := check(context.WithValue(t.Context(), key{}, "it")); err != down {
		t.Errorf("want its own error, got %v", err)
	}
}

// A check that is removed, or replaced by one that is not timed under its name,
// leaves no series behind.
func TestRemovedChecksLeaveNoSeries(t *testing.T) {
	h := newHandler()
	c := promhealth.New(h)
	for i := range 1000 {
		name := fmt.Sprint("tenant ", i)
		h.AddCheckContext(name, c.Timed(name, pass))
		if i%100 == 0 {
			gather(t, c).expect(`health_check_duration_seconds_count{check="` + name + `"} 1`)
		}
		if i%2 == 0 {
			h.RemoveCheck(name)
		}
	}
	for i := range 1000 {
		if name := fmt.Sprint("tenant ", i); i != 777 {
			h.RemoveCheck(name)
		}
	}
	e := gather(t, c)
	e.expect("health_ready 1", `health_check_passing{check="tenant 777"} 1`)
	if lines := strings.Count(e.text, "\n"); lines != 16 {
		t.Errorf("%d lines, want those of one check:\n%s", lines, e.text)
	}
	again := c.Timed("tenant 1", pass)
	h.AddCheckContext("tenant 1", again)
	gather(t, c).expect(`health_check_duration_seconds_count{check="tenant 1"} 1`)
}

// HEALTH-15, HEALTH-18: what is listed with a text may pass.
func TestToleratedFailureIsExportedAsPassing(t *testing.T) {
	h := newHandler()
	c := promhealth.New(h)
	h.AddCheckContext("db", fail, health.FailAfter(3))
	for _, want := range []string{"1", "1", "0", "0"} {
		gather(t, c).expect("health_ready "+want, `health_check_passing{check="db"} `+want)
	}
}
