package health_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
)

func equal(a, b health.Response) bool {
	return maps.Equal(a.Checks, b.Checks) && fmt.Sprint(a) == fmt.Sprint(b)
}

type errorFunc func() string

func (f errorFunc) Error() string { return f() }

type pointerError struct{ text string }

func (e *pointerError) Error() string { return e.text }

// HEALTH-8, HEALTH-12: whatever a check does is a failed check, and says so.
func TestMisbehavingCheckIsAFailedCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		check health.CheckFunc
		want  string
	}{
		"panics":            {func() error { panic("boom") }, "panicked: boom"},
		"panics with error": {func() error { panic(errors.New("boom")) }, "panicked: boom"},
		"panics with nil":   {func() error { panic(nil) }, "panicked: " + new(runtime.PanicNilError).Error()},
		"calls Goexit":      {func() error { runtime.Goexit(); return nil }, "called runtime.Goexit"},
		"calls Goexit while it panics": {func() error {
			defer runtime.Goexit()
			panic("boom")
		}, "called runtime.Goexit"},
		"panics while Goexit unwinds": {func() error {
			defer func() { panic("boom") }()
			runtime.Goexit()
			return nil
		}, "called runtime.Goexit"},
		"panics in Error":     {func() error { return errorFunc(func() string { panic("boom") }) }, "panicked: boom"},
		"panics nil in Error": {func() error { return errorFunc(func() string { panic(nil) }) }, "panicked: " + new(runtime.PanicNilError).Error()},
		"Goexit in Error":     {func() error { return errorFunc(func() string { runtime.Goexit(); return "" }) }, "called runtime.Goexit"},
		"a nil pointer error": {func() error { return (*pointerError)(nil) }, "panicked: runtime error: invalid memory address or nil pointer dereference"},
		"panics with an error whose Error panics with another such": {func() error {
			panic(errorFunc(func() string { panic(errorFunc(func() string { panic("boom") })) }))
		}, "panicked: a health_test.errorFunc that panics when printed"},
		"panics with an error whose Error calls Goexit": {func() error {
			panic(errorFunc(func() string { runtime.Goexit(); return "" }))
		}, "called runtime.Goexit"},
		"is nil":           {nil, "the check's function is nil"},
		"an empty text":    {func() error { return errors.New("") }, "failed"},
		"a text of ok":     {func() error { return errors.New("ok") }, "failed: ok"},
		"a text of 1 KiB":  {func() error { return errors.New(strings.Repeat("x", 1024)) }, strings.Repeat("x", 1024)},
		"one byte more":    {func() error { return errors.New(strings.Repeat("x", 1025)) }, strings.Repeat("x", 1021) + "…"},
		"a text of 1 MiB":  {func() error { return errors.New(strings.Repeat("x", 1<<20)) }, strings.Repeat("x", 1021) + "…"},
		"cut inside a é":   {func() error { return errors.New(strings.Repeat("é", 1024)) }, strings.Repeat("é", 510) + "…"},
		"cut inside a 😀":   {func() error { return errors.New(strings.Repeat("😀", 1024)) }, strings.Repeat("😀", 255) + "…"},
		"1 MiB of no UTF8": {func() error { return errors.New(strings.Repeat("\xff", 1<<20)) }, strings.Repeat("\ufffd", 340) + "…"},
		"a half rune":      {func() error { return errors.New("caf\xc3") }, "caf\ufffd"},
		"quotes and lines": {func() error { return errors.New("a \"b\"\n\x00<script>&\u2028\\") }, "a \"b\"\n\x00<script>&\u2028\\"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHandler()
				h.AddCheck("it", tc.check)
				h.AddCheck("other", pass)
				for range 2 { // and it can be asked again
					start := time.Now()
					ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "it", tc.want).expectCheck(t, "other", "ok")
					if took := time.Since(start); took != 0 {
						t.Errorf("took %v", took)
					}
				}
			})
		})
	}
}

// HEALTH-8: with the behaviour from before Go 1.21, recover returns nil for a
// nil panic.
func TestNilPanicIsAFailedCheck(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	h := newHandler()
	h.AddCheck("it", func() error { panic(nil) })
	h.AddCheck("error", func() error { return errorFunc(func() string { panic(nil) }) })
	ask(t, h.Readiness()).expect(t, 503, "degraded").
		expectCheck(t, "it", "panicked: <nil>").expectCheck(t, "error", "panicked: <nil>")
}

// HEALTH-12
func TestFailingCheckIsShownOfTwoWithEqualNames(t *testing.T) {
	down := func(context.Context) error { return errors.New("down") }
	limp := func(context.Context) error { return errors.New("limping") }
	fine := func(context.Context) error { return nil }
	h := newHandler()
	for i, first := range []string{"a\xfe", "a\xff", "a\ufffd"} {
		others := []string{"a\xfe", "a\xff", "a\ufffd"}
		h.AddCheckContext(first, down)
		h.AddCheckContext(others[(i+1)%3], limp, health.Optional())
		h.AddCheckContext(others[(i+2)%3], fine)
		ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "a\ufffd", "down")
		h.AddCheckContext(first, fine)
		a := ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "a\ufffd", "limping")
		if strings.Count(a.raw, "limping") != 1 || len(a.body.Checks) != 1 || strings.Count(a.raw, "a\ufffd") != 1 {
			t.Errorf("the key is there twice: %s", a.raw)
		}
	}
}

// HEALTH-13
func TestAddCheckReplacesTheCheckOfThatName(t *testing.T) {
	h := newHandler()
	h.AddCheck("db", func() error { return errors.New("old") })
	h.AddCheck("db", pass)
	a := ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "db", "ok")
	if len(a.body.Checks) != 1 {
		t.Errorf("%s", a.raw)
	}
	h.AddCheckContext("db", nil)
	ask(t, h.Readiness()).expect(t, 503, "degraded").
		expectCheck(t, "db", "the check's function is nil")
	h.RemoveCheck("no such check")
	h.RemoveCheck("db")
	if a := ask(t, h.Readiness()).expect(t, 200, "ok"); strings.Contains(a.raw, "checks") {
		t.Errorf("%s", a.raw)
	}
}

// HEALTH-13: a hung check is got rid of by replacing it.
func TestReplacedCheckThatHangsDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, release := newHandler(), make(chan struct{})
		h.AddCheck("db", func() error { <-release; return errors.New("old") })
		ask(t, h.Readiness()).expectCheck(t, "db", "timed out after 3s")
		h.AddCheck("db", pass)
		start := time.Now()
		ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "db", "ok")
		close(release)
		synctest.Wait()
		ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "db", "ok")
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// HEALTH-14
func TestChecksMayCallAnyMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		h.AddCheck("outer", func() error {
			h.AddCheck("inner", pass)
			h.RemoveCheck("inner")
			h.SetReady(false)
			h.SetReady(true)
			h.Follow(context.Background())
			h.AddCheck("outer", pass) // the probe under way waits for this one no longer
			ask(t, h.Liveness()).expect(t, 200, "ok")
			ask(t, h.Startup()).expect(t, 200, "ok")
			ask(t, h.Readiness()).expect(t, 200, "ok")
			return nil
		})
		if a := ask(t, h.Readiness()).expect(t, 200, "ok"); len(a.body.Checks) != 0 { // it was replaced meanwhile
			t.Errorf("%s", a.raw)
		}
		ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "outer", "ok")
	})
}

// HEALTH-14: one that waits for itself is one that hangs.
func TestCheckThatCallsReadinessTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, start := newHandler(), time.Now()
		h.AddCheck("self", func() error {
			time.Sleep(time.Millisecond)
			if _, ready := h.Check(context.Background()); !ready {
				return errors.New("not ready, they say")
			}
			return nil
		})
		ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "self", "timed out after 3s")
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
		time.Sleep(time.Second) // until the inner one has timed out too
	})
}

// HEALTH-14
func TestConcurrentUse(t *testing.T) {
	h, done := newHandler(), make(chan struct{})
	const n = 50
	for i := range n {
		go func() {
			defer func() { done <- struct{}{} }()
			h.AddCheck(fmt.Sprint("check ", i), pass)
			h.AddCheck("shared", pass)
			h.AddCheck(fmt.Sprint("gone ", i), pass)
			for range 20 {
				h.SetReady(true)
				ask(t, h.Readiness()).expect(t, 200, "ok")
				ask(t, h.Liveness()).expect(t, 200, "ok")
			}
			h.RemoveCheck(fmt.Sprint("gone ", i))
		}()
	}
	for range n {
		<-done
	}
	if a := ask(t, h.Readiness()).expect(t, 200, "ok"); len(a.body.Checks) != n+1 {
		t.Errorf("%d checks, want %d: %s", len(a.body.Checks), n+1, a.raw)
	}
}
