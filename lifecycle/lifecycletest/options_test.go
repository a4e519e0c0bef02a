package lifecycletest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/lifecycletest"
)

func TestOptionsChangeTheDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		began := time.Now()
		parent := context.WithValue(context.Background(), key{}, "a value")
		try(t, func(t testing.TB) {
			ctx := lifecycletest.Context(t, lifecycle.WithManualStart(), lifecycle.WithDrainTimeout(time.Hour), lifecycle.WithContext(parent))
			if state(ctx) != fsm.Starting || ctx.Value(key{}) != "a value" {
				t.Errorf("%v, %v", state(ctx), ctx.Value(key{}))
			}
			lifecycle.DrainGroup(ctx).Go(func() { time.Sleep(30 * time.Minute) })
		}).expect()
		if took := time.Since(began); took != 30*time.Minute {
			t.Error(took)
		}
	})
}

func TestInvalidOptionEndsTheTest(t *testing.T) {
	try(t, func(t testing.TB) {
		lifecycletest.Context(t, lifecycle.WithDrainTimeout(-1))
		t.Errorf("the test goes on")
	}).expect("lifecycletest: lifecycle: WithDrainTimeout: -1ns is not a positive duration")
}

func TestLogGoesToTheTest(t *testing.T) {
	var ctx context.Context
	r := try(t, func(t testing.TB) { ctx = lifecycletest.Context(t) })
	lifecycle.Track(ctx) // logs an error after the test's end, which must not reach it
	lifecycle.OnShutdown(ctx, func() error { return errBoom })
	if r.late > 0 {
		t.Error("something has reached the test after its end")
	}
	for _, line := range []string{"lifecycle: running", "lifecycle: draining", "lifecycle: stopped"} {
		if !strings.Contains(r.log.String(), line) {
			t.Errorf("%q is not in the log:\n%s", line, r.log.String())
		}
	}
}

func TestRealTest(t *testing.T) {
	ran := 0
	open := func(ctx context.Context) { lifecycle.OnShutdown(ctx, func() error { ran++; return nil }) }
	t.Run("in a subtest, twice", func(t *testing.T) {
		open(lifecycletest.Context(t))
		open(lifecycletest.Context(t))
	})
	synctest.Test(t, func(t *testing.T) { open(lifecycletest.Context(t)) })
	testing.Benchmark(func(b *testing.B) {
		open(lifecycletest.Context(b))
		b.SkipNow()
	})
	if ran != 4 {
		t.Errorf("%d hooks ran, not 4", ran)
	}
}
