package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// Each kind of failure can be told apart with errors.Is, for exit codes, metrics or
// alerts. A second Ctrl-C adds ErrForced.
func Example_errors() {
	tell := func(err error) {
		for _, kind := range []error{
			lifecycle.ErrDrainTimeout, lifecycle.ErrShutdownTimeout, lifecycle.ErrMainRunning,
			lifecycle.ErrForced, lifecycle.ErrGoexit,
		} {
			if errors.Is(err, kind) {
				fmt.Println(kind)
			}
		}
	}
	release := make(chan struct{})
	defer close(release)
	options := []lifecycle.Option{
		lifecycle.WithDrainTimeout(time.Millisecond),
		lifecycle.WithShutdownTimeout(time.Millisecond),
		lifecycle.WithReturnGrace(0),
		lifecycle.WithLogger(slog.New(slog.DiscardHandler)),
	}

	fmt.Println("a task that hangs:")
	tell(lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Go(ctx, func(context.Context) error { <-release; return nil })
		return nil
	}, options...))

	fmt.Println("a main that hangs:")
	tell(lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Stop(ctx, nil)
		<-release
		return nil
	}, options...))

	fmt.Println("a main that exits its goroutine:")
	tell(lifecycle.Run(func(context.Context) error {
		runtime.Goexit()
		return nil
	}, options...))
	// Output:
	// a task that hangs:
	// lifecycle: drain timeout
	// a main that hangs:
	// lifecycle: shutdown timeout
	// lifecycle: main is still running
	// a main that exits its goroutine:
	// lifecycle: runtime.Goexit was called
}

// A panic is an error, and the hooks run.
func ExamplePanicError() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("clean up"); return nil })
		panic(io.ErrUnexpectedEOF)
	}, lifecycle.WithLogger(slog.New(slog.DiscardHandler))) // the log has the stack
	var p *lifecycle.PanicError
	fmt.Println(errors.As(err, &p), p.Value)
	fmt.Println(errors.Is(err, io.ErrUnexpectedEOF), len(p.Stack) > 0)
	// Output:
	// clean up
	// true unexpected EOF
	// true true
}

// The cause of main's context is the signal that stops the service.
func ExampleSignalError() {
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	err := lifecycle.Run(func(ctx context.Context) error {
		<-ctx.Done()
		var stopped *lifecycle.SignalError
		if errors.As(context.Cause(ctx), &stopped) {
			fmt.Println("stopped by", stopped.Signal)
		}
		return nil
	}, lifecycle.WithSignalSource(signals))
	fmt.Println(err) // a stop requested by a signal is not a failure
	// Output:
	// stopped by interrupt
	// <nil>
}

// Each failed task is reported with the line that started it.
func ExampleTaskError() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Go(ctx, func(context.Context) error { return io.ErrClosedPipe })
		<-ctx.Done()
		return ctx.Err()
	})
	var task *lifecycle.TaskError
	if errors.As(err, &task) {
		file, _, _ := strings.Cut(filepath.Base(task.Place), ":")
		fmt.Println(file, task.Err)
	}
	// Output: example_errors_test.go io: read/write on closed pipe
}

// Each failed hook is reported with the line that registered it.
func ExampleHookError() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdownContext(ctx, func(context.Context) error { return os.ErrClosed }, lifecycle.HookName("flush"))
		return nil
	}, lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	var hook *lifecycle.HookError
	if errors.As(err, &hook) {
		file, _, _ := strings.Cut(filepath.Base(hook.Place), ":")
		fmt.Println(hook.Name, file, hook.Err)
	}
	// Output: flush example_errors_test.go file already closed
}

// The error lists what was still busy when the drain timeout ran out, with the line
// that started it, and counts units and requests.
func ExampleDrainTimeoutError() {
	release := make(chan struct{})
	defer close(release)
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.DrainGroup(ctx).Go(func() { <-release })
		lifecycle.Go(ctx, func(context.Context) error { <-release; return nil })
		lifecycle.Track(ctx) // and done is never called
		return nil
	}, lifecycle.WithDrainTimeout(time.Millisecond), lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	var timeout *lifecycle.DrainTimeoutError
	if errors.As(err, &timeout) {
		fmt.Println(timeout.Timeout, len(timeout.Groups), len(timeout.Tasks), timeout.Tracked, timeout.Requests)
	}
	// Output: 1ms 1 1 1 0
}

// The error lists the hook that hung and those that never ran because of it.
func ExampleShutdownTimeoutError() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { return nil })
		lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
			<-ctx.Done() // a server that does not answer
			return nil
		}, lifecycle.HookName("metrics"))
		return nil
	}, lifecycle.WithShutdownTimeout(time.Millisecond), lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	var timeout *lifecycle.ShutdownTimeoutError
	if errors.As(err, &timeout) {
		hook, _, _ := strings.Cut(timeout.Running, " registered at ")
		fmt.Println(hook, "hung;", len(timeout.NotRun), "never ran")
		for _, before := range timeout.Ran { // none here
			fmt.Println(before.Hook, "took", before.Took)
		}
	}
	// Output: hook metrics hung; 1 never ran
}
