// Command root is a first program with the main module: a service that is
// ready, is stopped, and cleans up.
package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	h := health.New("stranger", "1.0.0")
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error {
			fmt.Println("hook")
			return nil
		})
		h.Follow(ctx)
		_, ready := h.Check(ctx)
		fmt.Println("ready:", ready)
		lifecycle.Stop(ctx, nil)
		_, ready = h.Check(ctx)
		fmt.Println("ready:", ready)
		return nil
	}, lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	fmt.Println("error:", err)
}
