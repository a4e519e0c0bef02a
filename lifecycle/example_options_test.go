package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// Work that does not end is abandoned, and the error names it.
func ExampleWithDrainTimeout() {
	release := make(chan struct{})
	defer close(release)
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.DrainGroup(ctx).Go(func() { <-release })
		return nil
	}, lifecycle.WithDrainTimeout(time.Millisecond))
	var timeout *lifecycle.DrainTimeoutError
	fmt.Println(errors.As(err, &timeout), len(timeout.Groups))
	// Output: true 1
}

// A hook that takes too long is interrupted, and the rest do not run.
func ExampleWithShutdownTimeout() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("never printed"); return nil })
		lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
			<-ctx.Done() // a server that does not answer
			return nil
		})
		return nil
	}, lifecycle.WithShutdownTimeout(time.Millisecond))
	fmt.Println(errors.Is(err, lifecycle.ErrShutdownTimeout))
	// Output: true
}

// If only a hook can make main return, Run waits no longer than the grace.
func ExampleWithReturnGrace() {
	closed := make(chan struct{})
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { close(closed); return nil })
		lifecycle.Stop(ctx, nil)
		<-closed // such as a client that has Close but takes no context
		return nil
	}, lifecycle.WithReturnGrace(time.Millisecond))
	fmt.Println(err)
	// Output: <nil>
}

// The service keeps serving, with failing readiness, until load balancers have
// noticed.
func ExampleWithDrainDelay() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Stop(ctx, nil) // as SIGTERM does
		src, _ := fsm.FromContext(ctx)
		fmt.Println(src.State(), "and the context is live:", ctx.Err() == nil)
		return nil // a real one serves until ctx is cancelled; this ends the delay
	}, lifecycle.WithDrainDelay(5*time.Second))
	// Output: draining and the context is live: true
}

// A service that is stopped before it is ready never enters Running.
func ExampleWithManualStart() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Stop(ctx, nil)   // in the middle of start-up
		lifecycle.MarkStarted(ctx) // too late: ignored
		return nil
	}, lifecycle.WithManualStart(), lifecycle.WithObserver(func(s fsm.Step) { fmt.Println(s.From, "->", s.To) }))
	// Output:
	// starting -> draining
	// draining -> hooks
	// hooks -> stopped
}

// Tests and service managers can stop a service without real signals.
func ExampleWithSignalSource() {
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	err := lifecycle.Run(func(ctx context.Context) error {
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
		return ctx.Err()
	}, lifecycle.WithSignalSource(signals))
	fmt.Println(err)
	// Output:
	// lifecycle: stopped by signal: terminated
	// <nil>
}

func ExampleWithSignals() {
	err := lifecycle.Run(func(context.Context) error { return nil }, lifecycle.WithSignals(os.Interrupt))
	fmt.Println(err)
	// Output: <nil>
}

// The end of the parent context stops the service.
func ExampleWithContext() {
	parent, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	err := lifecycle.Run(func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}, lifecycle.WithContext(parent))
	fmt.Println(err)
	// Output: <nil>
}

func ExampleWithObserver() {
	_ = lifecycle.Run(func(context.Context) error { return nil },
		lifecycle.WithObserver(func(s fsm.Step) { fmt.Println(s.On, "->", s.To) }))
	// Output:
	// started -> running
	// main_exited -> draining
	// drained -> hooks
	// hooks_finished -> stopped
}

func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "time" || a.Key == "elapsed" {
				return slog.Attr{}
			}
			return a
		},
	}))
	_ = lifecycle.Run(func(context.Context) error { return nil }, lifecycle.WithLogger(logger))
	// Output:
	// level=INFO msg="lifecycle: running" from=starting to=running event=started
	// level=INFO msg="lifecycle: draining" from=running to=draining event=main_exited waits_for=nothing at_most=15s
	// level=INFO msg="lifecycle: hooks" from=draining to=hooks event=drained hooks=0 at_most=10s
	// level=INFO msg="lifecycle: stopped" from=hooks to=stopped event=hooks_finished
}
