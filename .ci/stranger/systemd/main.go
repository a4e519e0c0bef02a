// Command systemd is a first program with lifecycle/systemd, which is all that
// its module asks for. Without systemd, its Run is that of lifecycle.
package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/systemd"
)

func main() {
	err := systemd.Run(func(ctx context.Context) error {
		fmt.Println("main")
		lifecycle.OnShutdown(ctx, func() error {
			fmt.Println("hook")
			return nil
		})
		return nil
	}, lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	fmt.Println("error:", err)
}
