package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"syscall"

	"github.com/greynewell/mist-go/lifecycle"
)

// A child process that is killed because the service stops is not a failure of
// the service.
func ExampleWithCleanError() {
	killed := func(err error) bool {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return false
		}
		status, ok := exit.Sys().(syscall.WaitStatus)
		return ok && status.Signaled()
	}
	// lifecycle.Run(main, lifecycle.WithCleanError(killed))

	closed := func(err error) bool { return err == io.ErrClosedPipe }
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Stop(ctx, nil)
		<-ctx.Done()
		return fmt.Errorf("reading: %w", io.ErrClosedPipe)
	}, lifecycle.WithCleanError(closed), lifecycle.WithCleanError(killed), lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	fmt.Println(err)
	// Output: <nil>
}

// A batch job that is interrupted has not done its work, and its exit code
// should say so: 143 for SIGTERM, 130 for Ctrl-C.
func ExampleWithSignalError() {
	signals := make(chan os.Signal, 1)
	done := 0
	err := lifecycle.Run(func(ctx context.Context) error {
		for range 10 {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if done++; done == 4 {
				signals <- syscall.SIGTERM
				<-ctx.Done()
			}
		}
		return nil
	}, lifecycle.WithSignalError(), lifecycle.WithSignalSource(signals), lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	fmt.Println(done, "of 10:", err)
	fmt.Println("exit code", lifecycle.ExitCode(err))
	// Output:
	// 4 of 10: lifecycle: stopped by signal: terminated
	// exit code 143
}

func ExampleExitCode() {
	interrupted := &lifecycle.SignalError{Signal: os.Interrupt}
	fmt.Println(lifecycle.ExitCode(nil))
	fmt.Println(lifecycle.ExitCode(fmt.Errorf("import: %w", interrupted)))
	fmt.Println(lifecycle.ExitCode(errors.Join(interrupted, io.ErrUnexpectedEOF)))
	// Output:
	// 0
	// 130
	// 1
}

// A resource that is closed early unregisters its hook.
func ExampleOnShutdownContext_stop() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		for _, name := range []string{"first", "second"} {
			stop := lifecycle.OnShutdownContext(ctx, func(context.Context) error {
				fmt.Println("the end closes", name)
				return nil
			})
			if name == "first" && stop() {
				fmt.Println("main closes", name)
			}
		}
		return nil
	}, lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	// Output:
	// main closes first
	// the end closes second
}
