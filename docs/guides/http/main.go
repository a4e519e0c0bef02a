// Command http is an HTTP service that loses no request when it is stopped: one
// that is under way is answered, and the store is closed after it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	delay := flag.Duration("drain-delay", 0, "how long to serve on after SIGTERM; 5s behind a load balancer")
	drain := flag.Duration("drain-timeout", 15*time.Second, "how long requests under way are waited for")
	flag.Parse()

	err := lifecycle.Run(func(ctx context.Context) error { return run(ctx, *addr) },
		lifecycle.WithDrainDelay(*delay),
		lifecycle.WithDrainTimeout(*drain),
		lifecycle.WithShutdownTimeout(5*time.Second))
	if err != nil {
		slog.Error("orders failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string) error {
	db, err := openStore()
	if err != nil {
		return err
	}
	lifecycle.OnShutdown(ctx, db.Close) // runs after the last request is answered

	h := health.New("orders", "1.4.2")
	h.AddCheckContext("store", db.Ping, health.Optional()) // shared by all instances: only listed
	h.Follow(ctx)                                          // from SIGTERM on, readiness fails

	mux := http.NewServeMux()
	mux.Handle("GET /healthz", h.Liveness())
	mux.Handle("GET /readyz", h.Readiness())
	mux.Handle("POST /orders", create(db))
	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second})
}

func create(db *store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		// The request's context does not end at SIGTERM, as that of run does.
		if err := db.Put(r.Context(), string(body)); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusCreated)
	}
}

// store stands for your database.
type store struct {
	mu     sync.Mutex
	orders []string
	closed bool
}

func openStore() (*store, error) { return &store{}, nil }

func (s *store) Ping(context.Context) error { return nil }

// Put takes a second, as a slow database might.
func (s *store) Put(ctx context.Context, order string) error {
	slog.Info("storing", "order", order)
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		slog.Info("given up", "order", order)
		return fmt.Errorf("order is not stored: %w", context.Cause(ctx))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("store is closed")
	}
	s.orders = append(s.orders, order)
	slog.Info("stored", "order", order)
	return nil
}

func (s *store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	slog.Info("store closed", "orders", len(s.orders))
	return nil
}
