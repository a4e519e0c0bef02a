package systemd_test

import (
	"context"
	"fmt"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/systemd"
)

// systemd.Run in place of lifecycle.Run is all there is to do. Started by
// anything but systemd, it is the same as lifecycle.Run.
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
