//go:build unix

package systemd_test

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/systemd"
)

// Call systemd.Run instead of lifecycle.Run. Without systemd it is the same as
// lifecycle.Run.
func Example() {
	err := systemd.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error {
			fmt.Println("clean up")
			return nil
		})
		fmt.Println("work")
		return nil // a real one would serve: lifecycle.ListenAndServe(ctx, srv)
	})
	fmt.Println("error:", err)
	// Output:
	// work
	// clean up
	// error: <nil>
}

// systemctl reload sends SIGHUP to a service of Type=notify-reload, and returns when
// the function does. Here the program sends the signal to itself.
func ExampleOnReload() {
	err := systemd.Run(func(ctx context.Context) error {
		reloaded := make(chan struct{})
		systemd.OnReload(ctx, func(context.Context) error {
			fmt.Println("read the configuration again")
			close(reloaded)
			return nil
		})
		lifecycle.MarkStarted(ctx) // systemd sends no SIGHUP before

		self, _ := os.FindProcess(os.Getpid())
		_ = self.Signal(syscall.SIGHUP)
		<-reloaded
		return nil
	}, lifecycle.WithManualStart())
	fmt.Println("error:", err)
	// Output:
	// read the configuration again
	// error: <nil>
}
