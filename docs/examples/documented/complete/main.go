// Command complete has a server, probes, background work and a hook.
//
// The hook is given no context of its own, so it uses the run's, which is
// cancelled by then. Shutdown closes the listener and the idle connections all
// the same, and succeeds if that is all there is to do. With a request under
// way it fails, and the log says what to use in its place.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	h := health.New("matchspec", "1.0.0")
	h.AddCheck("workdir", func() error {
		_, err := os.Stat(".")
		return err
	})
	h.SetReady(false)

	err := lifecycle.Run(func(ctx context.Context) error {
		jobs := make(chan []byte, 64)
		wg := lifecycle.DrainGroup(ctx)
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(ctx, jobs)
		}()

		mux := http.NewServeMux()
		mux.HandleFunc("/healthz", h.Liveness())
		mux.HandleFunc("/readyz", h.Readiness())
		mux.HandleFunc("POST /jobs", func(w http.ResponseWriter, r *http.Request) {
			job, err := io.ReadAll(r.Body)
			if err == nil {
				err = enqueue(ctx, jobs, job)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
			}
		})

		srv := &http.Server{Addr: os.Getenv("ADDR"), Handler: mux}
		lifecycle.OnShutdown(ctx, func() error {
			return srv.Shutdown(ctx)
		})

		h.SetReady(true)
		return srv.ListenAndServe()
	},
		lifecycle.WithDrainTimeout(15*time.Second),
		lifecycle.WithShutdownTimeout(10*time.Second),
	)
	if err != nil {
		log.Fatal(err)
	}
}

func work(ctx context.Context, jobs <-chan []byte) {
	for {
		select {
		case job := <-jobs:
			log.Printf("a job of %d bytes", len(job))
		case <-ctx.Done():
			return
		}
	}
}

func enqueue(ctx context.Context, jobs chan<- []byte, job []byte) error {
	select {
	case jobs <- job:
		return nil
	case <-ctx.Done():
		return errors.New("stopping")
	}
}
