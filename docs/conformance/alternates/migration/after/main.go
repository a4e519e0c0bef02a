// Command after has the manager of controller-runtime as one part of a service,
// beside probes and whatever else it has.
package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	ctrl.SetLogger(logr.FromSlogHandler(slog.Default().Handler()))
	err := lifecycle.Run(run, lifecycle.WithDrainTimeout(25*time.Second)) // more than the manager's own
	if err != nil {
		slog.Error("operator failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	stop := 20 * time.Second
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		HealthProbeBindAddress:  "0", // probes are served below
		GracefulShutdownTimeout: &stop,
	})
	if err != nil {
		return err
	}
	// mgr.Add, and builders that add controllers, here.

	h := health.New("operator", "1.0.0")
	h.Follow(ctx)
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", h.Liveness())
	mux.Handle("GET /readyz", h.Readiness())
	probes := &http.Server{Addr: ":8081", Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = lifecycle.ListenAndServe(ctx, probes, lifecycle.UntilStopped()) }() // a failure stops the run

	// Work in flight, not main: main is waited for during the return grace only.
	lifecycle.Go(ctx, mgr.Start)
	<-ctx.Done()
	return ctx.Err()
}
