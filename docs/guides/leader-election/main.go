// Command leader-election is a service of which one instance works at a time:
// the leader. When it is stopped, it gives the lease up after its last job, and
// not before.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
)

var errLost = errors.New("the lease is lost")

// elector has the shape of a LeaderElector of client-go: run waits for the
// lease, calls started on a goroutine of its own, and returns when election has
// ended, having given the lease up, or when the lease is lost. held ends with
// the lease.
type elector interface {
	run(election context.Context, started func(held context.Context))
}

func main() {
	addr := flag.String("addr", ":8080", "address of the probes")
	lease := flag.String("lease", "scheduler.lease", "file that stands for the lease")
	takes := flag.Duration("job-takes", time.Second, "how long a job takes")
	drain := flag.Duration("drain-timeout", 15*time.Second, "how long a job under way is waited for")
	flag.Parse()

	err := lifecycle.Run(func(ctx context.Context) error {
		return run(ctx, *addr, fileLease(*lease), *takes)
	}, lifecycle.WithDrainTimeout(*drain))
	if err != nil {
		slog.Error("scheduler failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, lease elector, takes time.Duration) error {
	h := health.New("scheduler", "1.0.0")
	h.Follow(ctx)
	h.SetNotReady("not the leader")

	// The election is not ended by the stop, but by the hook, which runs when
	// the last job is done. It is the first hook to be registered, so it runs
	// after all others.
	election, resign := context.WithCancel(context.WithoutCancel(ctx))
	over := make(chan struct{})
	lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
		resign()
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}, lifecycle.HookName("resign"), lifecycle.HookTimeout(5*time.Second))
	go func() {
		defer close(over)
		lease.run(election, func(held context.Context) {
			slog.Info("leading")
			h.SetReady(true)
			lifecycle.Go(ctx, func(ctx context.Context) error { return lead(ctx, held, takes) })
		})
		h.SetNotReady("not the leader")
		if election.Err() == nil {
			lifecycle.Stop(ctx, errLost) // and the process is started again, as a follower
		}
	}()

	mux := http.NewServeMux()
	mux.Handle("GET /startupz", h.Startup())
	mux.Handle("GET /healthz", h.Liveness())
	mux.Handle("GET /readyz", h.Readiness())
	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second})
}

// lead does one job after the other. A stop, which ends ctx, lets the job under
// way be done; the loss of the lease, which ends held, interrupts it.
func lead(ctx, held context.Context, takes time.Duration) error {
	for n := 1; ctx.Err() == nil; n++ {
		slog.Info("job begins", "job", n)
		select {
		case <-time.After(takes): // stands for the real work
			slog.Info("job done", "job", n)
		case <-held.Done():
			slog.Warn("job interrupted", "job", n)
			return nil
		}
	}
	return nil
}
