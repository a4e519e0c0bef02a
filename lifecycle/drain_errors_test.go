package lifecycle_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// A timeout's error is enough to find the culprit (DRAIN-2).
func TestOnlyBusyGroupsAreListed(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var idle, late, hung string
		release := make(chan struct{})
		err := w.run(func(ctx context.Context) error {
			idle = here(1)
			lifecycle.DrainGroup(ctx)
			hung = here(1)
			lifecycle.DrainGroup(ctx).Go(func() {
				sleep(5) // after the first look
				late = here(1)
				lifecycle.DrainGroup(ctx)
				<-release
			})
			return nil
		})
		close(release)
		var timeout *lifecycle.DrainTimeoutError
		if !errors.As(err, &timeout) || !slices.Equal(timeout.Groups, []string{hung}) {
			t.Errorf("the group of %s is busy; those of %s and %s are not; Run returned: %v", hung, idle, late, err)
		}
	})
}

func TestTasksStartedOnOneLineAreListedOnce(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		release := make(chan struct{})
		place := ""
		err := w.run(func(ctx context.Context) error {
			for range 1000 {
				place = here(1)
				lifecycle.Go(ctx, func(context.Context) error { <-release; return nil })
			}
			return nil
		})
		close(release)
		if want := "still busy: task started at " + place + " (1000 of them)"; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("Run returned %v, want it to end with %q", err, want)
		}
	})
}

func hang(release <-chan struct{}) { <-release }

// If a signal forces while main is waited for, the error is about main, not about
// groups that were not waited for yet (SIG-2).
func TestForcedErrorNamesMain(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		release := make(chan struct{})
		time.AfterFunc(time.Second, func() { w.signals <- syscall.SIGTERM })
		time.AfterFunc(2*time.Second, func() { w.signals <- syscall.SIGINT })
		time.AfterFunc(3*time.Second, func() { close(release) })
		err := w.run(func(ctx context.Context) error {
			lifecycle.DrainGroup(ctx)
			hang(release)
			return nil
		})
		if !errors.Is(err, lifecycle.ErrForced) || !strings.Contains(err.Error(), "lifecycle_test.hang (") || strings.Contains(err.Error(), "drain group") {
			t.Errorf("Run returned %v, want what main does, and no group", err)
		}
	})
}

// SIG-2: if main has returned, the error of a stop that is forced is about the work.
func TestForcedErrorDoesNotNameAMainThatHasReturned(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		release := make(chan struct{})
		time.AfterFunc(time.Second, func() { w.signals <- syscall.SIGTERM })
		time.AfterFunc(2*time.Second, func() { w.signals <- syscall.SIGINT })
		err := w.run(func(ctx context.Context) error {
			lifecycle.DrainGroup(ctx).Go(func() { <-release })
			<-ctx.Done()
			return nil
		})
		close(release)
		if !errors.Is(err, lifecycle.ErrForced) || !strings.Contains(err.Error(), "drain group") || strings.Contains(err.Error(), "main is still running") {
			t.Errorf("Run returned %v, want the group, and not main", err)
		}
	})
}

// RUN-11: if main hangs in a call of this package, the error names that call.
func TestErrorNamesTheCallOfANestedRun(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		release := make(chan struct{})
		time.AfterFunc(time.Second, func() { w.signals <- syscall.SIGTERM })
		err := w.run(func(context.Context) error {
			return lifecycle.Run(func(context.Context) error { hang(release); return nil }, lifecycle.WithSignals(), lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
		})
		close(release)
		if !errors.Is(err, lifecycle.ErrMainRunning) || !strings.Contains(err.Error(), "in github.com/greynewell/mist-go/lifecycle.Run (") ||
			!strings.Contains(err.Error(), "called by github.com/greynewell/mist-go/lifecycle_test.TestErrorNamesTheCallOfANestedRun") {
			t.Errorf("Run returned %v, want the call of the inner Run", err)
		}
	})
}

// DRAIN-2: what ends because its time is over was busy when that was, in real time too.
func TestWorkThatEndsAtTheTimeoutIsListed(t *testing.T) {
	const tasks, units = 40, 30
	for range 5 {
		err := lifecycle.Run(func(ctx context.Context) error {
			over := lifecycle.WorkContext(ctx).Done()
			for range tasks {
				lifecycle.Go(ctx, func(context.Context) error { <-over; return nil })
			}
			for range units {
				done, _ := lifecycle.Track(ctx)
				go func() { <-over; done() }()
			}
			lifecycle.DrainGroup(ctx).Go(func() { <-over })
			return nil
		}, lifecycle.WithDrainTimeout(5*time.Millisecond), lifecycle.WithSignals(), lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
		var timeout *lifecycle.DrainTimeoutError
		if !errors.As(err, &timeout) || len(timeout.Tasks) != tasks || timeout.Tracked != units || len(timeout.Groups) != 1 {
			t.Fatalf("Run returned %v, want %d tasks, %d units and a group", err, tasks, units)
		}
	}
}
