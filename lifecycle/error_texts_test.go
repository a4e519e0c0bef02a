package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestTextsOfErrors(t *testing.T) {
	for want, err := range map[string]error{
		"lifecycle: drain timeout (15s): nothing is known to be busy": &lifecycle.DrainTimeoutError{Timeout: 15 * time.Second},
		"lifecycle: drain timeout (1s): still busy: drain group created at a; drain group created at b (2 of them); task started at c (3 of them); task started at d; 1 tracked unit; 1 request; may be busy: drain group created at e; drain group created at f (2 of them)": &lifecycle.DrainTimeoutError{
			Timeout: time.Second, Groups: []string{"a", "b", "b"}, Tasks: []string{"c", "d", "c", "c"}, Tracked: 1, Requests: 1, MayBeBusy: []string{"e", "f", "f"},
		},
		"lifecycle: drain timeout (1s): still busy: 2 tracked units; 3 requests": &lifecycle.DrainTimeoutError{Timeout: time.Second, Tracked: 2, Requests: 3},
		"lifecycle: drain timeout (1s): may be busy: drain group created at e":   &lifecycle.DrainTimeoutError{Timeout: time.Second, MayBeBusy: []string{"e"}},

		"lifecycle: shutdown timeout (10s): every hook has run, but main is still running": &lifecycle.ShutdownTimeoutError{
			Timeout: 10 * time.Second, Ran: []lifecycle.HookRun{{Hook: "a", Took: time.Second}},
		},
		"lifecycle: shutdown timeout (10s): hook a was still running after 1.235s; 1 hook never ran: hook b": &lifecycle.ShutdownTimeoutError{
			Timeout: 10 * time.Second, Running: "hook a", RunningFor: 1234567 * time.Microsecond, NotRun: []string{"hook b"},
		},
		"lifecycle: shutdown timeout (10s): hook a was still running after 1s": &lifecycle.ShutdownTimeoutError{
			Timeout: 10 * time.Second, Running: "hook a", RunningFor: time.Second,
		},
		"lifecycle: shutdown timeout (10s): 3 hooks never ran: hook b (2 of them), hook c; of those that ran, hook e took longest, 2.346s": &lifecycle.ShutdownTimeoutError{
			Timeout: 10 * time.Second, NotRun: []string{"hook b", "hook c", "hook b"},
			Ran: []lifecycle.HookRun{{Hook: "hook d", Took: time.Second}, {Hook: "hook e", Took: 2345678 * time.Microsecond}, {Hook: "hook f", Took: time.Second}},
		},

		"lifecycle: hook registered at a.go:1: boom":    &lifecycle.HookError{Place: "a.go:1", Err: errBoom},
		"lifecycle: hook db registered at a.go:1: boom": &lifecycle.HookError{Name: "db", Place: "a.go:1", Err: errBoom},
		"lifecycle: task started at a.go:1: boom":       &lifecycle.TaskError{Place: "a.go:1", Err: errBoom},
		"lifecycle: panic at a.go:1: 7":                 &lifecycle.PanicError{Place: "a.go:1", Value: 7},
		"lifecycle: stopped by signal: interrupt":       &lifecycle.SignalError{Signal: syscall.SIGINT},
	} {
		if got := err.Error(); got != want {
			t.Errorf("the text is\n%s, want\n%s", got, want)
		}
	}
}

func TestWhatErrorsAre(t *testing.T) {
	for name, tc := range map[string]struct {
		err, target error
		is          bool
	}{
		"a drain timeout":             {&lifecycle.DrainTimeoutError{}, lifecycle.ErrDrainTimeout, true},
		"no drain timeout":            {&lifecycle.DrainTimeoutError{}, lifecycle.ErrShutdownTimeout, false},
		"a shutdown timeout":          {&lifecycle.ShutdownTimeoutError{}, lifecycle.ErrShutdownTimeout, true},
		"no shutdown timeout":         {&lifecycle.ShutdownTimeoutError{}, lifecycle.ErrDrainTimeout, false},
		"what a hook returned":        {&lifecycle.HookError{Err: errBoom}, errBoom, true},
		"what a task returned":        {&lifecycle.TaskError{Err: errBoom}, errBoom, true},
		"an error that was panicked":  {&lifecycle.PanicError{Value: errBoom}, errBoom, true},
		"another value than an error": {&lifecycle.PanicError{Value: "boom"}, errBoom, false},
	} {
		if errors.Is(tc.err, tc.target) != tc.is {
			t.Errorf("%s: errors.Is(%v, %v) is not %v", name, tc.err, tc.target, tc.is)
		}
	}
}

// Whole results of Run, in which several kinds of failures are mixed.
func TestTextsOfResults(t *testing.T) {
	l := newLineLog()
	for want, tc := range map[string]struct {
		main func(w *world, ctx context.Context, release <-chan struct{}) error
		opts []lifecycle.Option
	}{
		"lifecycle: forced by a signal while draining: still busy: drain group created at <group>; 1 tracked unit\n" +
			"lifecycle: forced by a signal while hooks ran: hook db registered at <hook> was still running after 1s": {func(w *world, ctx context.Context, release <-chan struct{}) error {
			for i := range 3 {
				time.AfterFunc(time.Duration(i+1)*time.Second, func() { w.signals <- interrupt })
			}
			l.name("hook")
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { <-release; return nil }, lifecycle.HookName("db"))
			l.name("group")
			lifecycle.DrainGroup(ctx).Go(func() { <-release })
			done, _ := lifecycle.Track(ctx)
			go func() { <-release; done() }()
			<-ctx.Done()
			return nil
		}, nil},
		"lifecycle: shutdown timeout (10s): every hook has run, but main is still running\n" +
			"lifecycle: main is still running: github.com/greynewell/mist-go/lifecycle_test.hang": {func(w *world, ctx context.Context, release <-chan struct{}) error {
			lifecycle.OnShutdown(ctx, func() error { return nil })
			lifecycle.Stop(ctx, nil)
			hang(release)
			return nil
		}, nil},
		"lifecycle: task started at <task>: boom\n" +
			"lifecycle: drain timeout (2s): still busy: 2 tracked units\n" +
			"lifecycle: hook registered at <failing hook>: lifecycle: shutdown timeout: exceeded its HookTimeout of 1s and was abandoned\n" +
			"lifecycle: stopped by signal: terminated": {func(w *world, ctx context.Context, release <-chan struct{}) error {
			l.name("failing hook")
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { <-release; return nil }, lifecycle.HookTimeout(time.Second))
			for range 2 {
				_, _ = lifecycle.Track(ctx)
			}
			l.name("task")
			lifecycle.Go(ctx, func(ctx context.Context) error { <-ctx.Done(); return errBoom })
			w.signals <- syscall.SIGTERM
			<-ctx.Done()
			return context.Cause(ctx)
		}, []lifecycle.Option{lifecycle.WithSignalError(), lifecycle.WithDrainTimeout(2 * time.Second)}},
	} {
		inVirtualTime(t, func(w *world) {
			release := make(chan struct{})
			err := w.run(func(ctx context.Context) error { return tc.main(w, ctx, release) }, tc.opts...)
			close(release)
			if got := l.named(fmt.Sprint(err)); got != want {
				t.Errorf("Run returned\n%s\nwant\n%s", got, want)
			}
		})
	}
}
