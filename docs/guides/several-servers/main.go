// Command several-servers serves the public API on one port, an internal one on
// another, and metrics, probes and a status page on a third, which answers until
// the last hook has run.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/promhealth"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/statusz"
)

func main() {
	var s service
	flag.StringVar(&s.public, "public", ":8080", "address of the public API")
	flag.StringVar(&s.internal, "internal", ":8081", "address of the internal API")
	flag.StringVar(&s.admin, "admin", "localhost:9000", "address of metrics, probes and the status page")
	flag.DurationVar(&s.flush, "flush", 3*time.Second, "how long the hook takes")
	flag.Parse()

	s.health = health.New("orders", "1.4.2")
	s.metrics = promhealth.New(s.health)
	if err := lifecycle.Run(s.run, lifecycle.WithObserver(s.metrics.Observe)); err != nil {
		slog.Error("orders failed", "error", err)
		os.Exit(1)
	}
}

type service struct {
	public, internal, admin string
	flush                   time.Duration
	health                  *health.Handler
	metrics                 *promhealth.Collector
}

func (s *service) run(ctx context.Context) error {
	s.health.Follow(ctx)
	// No task, and not waited for: main would wait for the last hook.
	go lifecycle.ListenAndServe(ctx, server(s.admin, s.adminRoutes(ctx)), lifecycle.UntilStopped())

	lifecycle.OnShutdown(ctx, func() error {
		slog.Info("flushing")
		time.Sleep(s.flush) // stands for the real work
		slog.Info("flushed")
		return nil
	})

	// Both servers stop at the stop. If one fails, the other stops too.
	lifecycle.Go(ctx, func(ctx context.Context) error {
		return lifecycle.ListenAndServe(ctx, server(s.internal, hello("internal")))
	})
	return lifecycle.ListenAndServe(ctx, server(s.public, hello("public")))
}

func (s *service) adminRoutes(ctx context.Context) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.metrics, collectors.NewGoCollector())
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.Handle("GET /healthz", s.health.Liveness())
	mux.Handle("GET /readyz", s.health.Readiness())
	mux.Handle("GET /statusz", statusz.Handler(ctx, statusz.WithHealth(s.health)))
	return mux
}

func server(addr string, handler http.Handler) *http.Server {
	return &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
}

func hello(from string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "hello from the", from, "API")
	})
}
