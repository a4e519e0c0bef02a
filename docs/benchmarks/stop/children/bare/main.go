// Command bare is a service with no library: signal.NotifyContext and
// http.Server.Shutdown. With $LOG set it writes one line when it stops, which
// most services do.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/service"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	srv := service.New()
	failed := make(chan error, 1)
	go func() { failed <- srv.ListenAndServe() }()
	select {
	case err := <-failed:
		log.Fatal(err)
	case <-ctx.Done():
	}
	if os.Getenv("LOG") != "" {
		slog.Info("stopping", "cause", context.Cause(ctx))
	}
	if err := service.Shutdown(srv); err != nil {
		log.Fatal(err)
	}
}
