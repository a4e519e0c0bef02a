package lifecycletest_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/lifecycletest"
)

var errBoom = errors.New("boom")

func state(ctx context.Context) fsm.State {
	src, _ := fsm.FromContext(ctx)
	return src.State()
}

func TestEndOfTheTestStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var notes []string
		note := func(what string) func() error {
			return func() error { notes = append(notes, what); return nil }
		}
		try(t, func(t testing.TB) {
			ctx := lifecycletest.Context(t)
			if state(ctx) != fsm.Running {
				t.Errorf("the state is %v", state(ctx))
			}
			lifecycle.OnShutdown(ctx, note("first registered"))
			lifecycle.OnShutdown(ctx, note("last registered"))
			lifecycle.DrainGroup(ctx).Go(func() {
				<-ctx.Done()
				time.Sleep(time.Second)
				_ = note("work")()
			})
			lifecycle.Go(ctx, func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			})
			_ = note("end of test")()
		}).expect()
		if got := strings.Join(notes, ", "); got != "end of test, work, last registered, first registered" {
			t.Error(got)
		}
	})
}

func TestLeaksAndFailuresFailTheTest(t *testing.T) {
	var place string
	for _, c := range []struct {
		name string
		test func(ctx context.Context)
		want string
	}{
		{"a group that is not done", func(ctx context.Context) {
			place = here(1)
			lifecycle.DrainGroup(ctx).Go(func() { time.Sleep(7 * time.Second) })
		}, "lifecycletest: lifecycle: drain timeout (5s): still busy: drain group created at PLACE"},
		{"a task that goes on", func(ctx context.Context) {
			place = here(1)
			lifecycle.Go(ctx, func(context.Context) error { time.Sleep(7 * time.Second); return nil })
		}, "lifecycletest: lifecycle: drain timeout (5s): still busy: task started at PLACE"},
		{"a unit that is never done", func(ctx context.Context) {
			lifecycle.Track(ctx)
		}, "lifecycletest: lifecycle: drain timeout (5s): still busy: 1 tracked unit"},
		{"a hook that hangs", func(ctx context.Context) {
			place = here(1)
			lifecycle.OnShutdown(ctx, func() error { time.Sleep(7 * time.Second); return nil })
		}, "lifecycletest: lifecycle: shutdown timeout (5s): hook registered at PLACE was still running after 5s"},
		{"a hook that fails", func(ctx context.Context) {
			place = here(1)
			lifecycle.OnShutdown(ctx, func() error { return errBoom })
		}, "lifecycletest: lifecycle: hook registered at PLACE: boom"},
		{"a hook that panics", func(ctx context.Context) {
			place = here(1)
			lifecycle.OnShutdown(ctx, func() error { panic("ouch") })
		}, "lifecycletest: lifecycle: hook registered at PLACE: lifecycle: panic at PLACE: ouch"},
		{"a task that fails", func(ctx context.Context) {
			place = here(1)
			lifecycle.Go(ctx, func(context.Context) error { return errBoom })
		}, "lifecycletest: lifecycle: task started at PLACE: boom"},
		{"an error given to Stop", func(ctx context.Context) {
			lifecycle.Stop(ctx, errBoom)
		}, "lifecycletest: boom"},
		{"a hook that comes after the end and fails", func(ctx context.Context) {
			lifecycle.Stop(ctx, nil)
			synctest.Wait()
			place = here(1)
			lifecycle.OnShutdown(ctx, func() error { return errBoom })
		}, "lifecycletest: lifecycle: hook failed too late to be in Run's result: lifecycle: hook registered at PLACE: boom"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				try(t, func(t testing.TB) { c.test(lifecycletest.Context(t)) }).
					expect(strings.ReplaceAll(c.want, "PLACE", place))
				time.Sleep(10 * time.Second) // what was left behind ends
			})
		})
	}
}

func TestEveryFailureHasItsLine(t *testing.T) {
	try(t, func(t testing.TB) {
		ctx := lifecycletest.Context(t)
		lifecycle.OnShutdown(ctx, func() error { return os.ErrPermission })
		lifecycle.OnShutdown(ctx, func() error { return errBoom })
		lifecycle.Stop(ctx, errors.Join(os.ErrExist, os.ErrClosed))
	}).expect("lifecycletest: file already exists", "lifecycletest: file already closed",
		"lifecycletest: lifecycle: hook registered at …", "lifecycletest: lifecycle: hook registered at …")
}

func TestStopByTheCodeUnderTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		try(t, func(t testing.TB) {
			ctx := lifecycletest.Context(t)
			ran := 0
			lifecycle.OnShutdown(ctx, func() error { ran++; return nil })
			lifecycle.Stop(ctx, nil)
			synctest.Wait()
			if state(ctx) != fsm.Stopped || ran != 1 {
				t.Errorf("%v, %d hooks ran", state(ctx), ran)
			}
			lifecycle.OnShutdown(ctx, func() error { ran++; return nil })
			if ran != 2 {
				t.Errorf("the late hook did not run")
			}
		}).expect()
	})
}

func TestEndStopsAndReturnsTheResult(t *testing.T) {
	try(t, func(t testing.TB) {
		ctx := lifecycletest.Context(t)
		lifecycle.OnShutdown(ctx, func() error { return errBoom })
		inner, cancel := context.WithCancel(ctx)
		defer cancel()
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if err := lifecycletest.End(inner); !errors.Is(err, errBoom) {
					t.Errorf("End: %v", err)
				}
			})
		}
		both.Wait()
		if state(ctx) != fsm.Stopped {
			t.Errorf("the state is %v", state(ctx))
		}
	}).expect()
	if err := lifecycletest.End(t.Context()); err == nil || !strings.Contains(err.Error(), "does not come from Context") {
		t.Error(err)
	}
}

func TestStopIsACleanUpFunction(t *testing.T) {
	var notes []string
	note := func(what string) { notes = append(notes, what) } // no lock: nothing runs side by side
	try(t, func(t testing.TB) {
		t.Cleanup(func() { note("registered before") })
		ctx := lifecycletest.Context(t)
		lifecycle.OnShutdown(ctx, func() error { note("hook"); return nil })
		t.Cleanup(func() {
			note("registered after")
			if ctx.Err() != nil || t.Context().Err() == nil {
				t.Errorf("the context: %v, the test's: %v", ctx.Err(), t.Context().Err())
			}
		})
		second := lifecycletest.Context(t)
		lifecycle.OnShutdown(second, func() error { note("hook of the second"); return nil })
	}).expect()
	if got := strings.Join(notes, ", "); got != "hook of the second, registered after, hook, registered before" {
		t.Error(got)
	}
}

func TestEndInACleanUp(t *testing.T) {
	try(t, func(t testing.TB) {
		ctx := lifecycletest.Context(t)
		ended := make(chan error)
		go func() { <-ctx.Done(); ended <- ctx.Err() }()
		t.Cleanup(func() {
			if err := errors.Join(lifecycletest.End(ctx), <-ended); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}).expect()
}

func TestTestContextAsParentStopsTheRunBeforeTheCleanUp(t *testing.T) {
	try(t, func(t testing.TB) {
		ctx := lifecycletest.Context(t, lifecycle.WithContext(t.Context()))
		t.Cleanup(func() { <-ctx.Done() }) // would wait for ever if the run's turn came first
	}).expect()
}
