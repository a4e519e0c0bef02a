// Command workers takes jobs over HTTP and has workers do them. Every job that
// was accepted is done before the process ends, or is saved for the next one.
package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	takes := flag.Duration("takes", 100*time.Millisecond, "how long a job takes")
	drain := flag.Duration("drain-timeout", 15*time.Second, "how long the stop waits for accepted jobs")
	flag.Parse()

	err := lifecycle.Run(func(ctx context.Context) error { return run(ctx, *addr, *takes) },
		lifecycle.WithDrainTimeout(*drain))
	if err != nil {
		slog.Error("workers failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, takes time.Duration) error {
	db := &store{takes: takes}
	lifecycle.OnShutdown(ctx, db.Close) // registered first: runs last

	q := &queue{jobs: make(chan string, 100)}
	workers := lifecycle.DrainGroup(ctx)
	for range 4 {
		workers.Go(func() { work(lifecycle.WorkContext(ctx), q, db) })
	}
	defer q.Close() // lets the workers end; right after their start, so that every return below does it
	lifecycle.OnShutdown(ctx, func() error {
		workers.Wait() // they are done already, unless the drain timeout ran out: then they save
		return nil
	})

	mux := http.NewServeMux()
	mux.HandleFunc("POST /jobs", func(w http.ResponseWriter, r *http.Request) {
		job, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		case !q.Put(string(job)):
			http.Error(w, "the queue takes no more", http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	})
	// Returns when the last request is answered; then the queue is closed.
	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second})
}

// work does jobs until the queue is closed and empty. It does not look at
// main's context: that ends at the stop, and what is queued then was accepted.
// ctx ends when the drain timeout runs out; from then on jobs are only saved.
func work(ctx context.Context, q *queue, db *store) {
	for job := range q.jobs {
		if err := db.Do(ctx, job); err != nil {
			db.Save(job)
		}
	}
}

// queue is a channel that may be closed while requests still come.
type queue struct {
	mu     sync.Mutex
	jobs   chan string
	closed bool
}

// Put reports whether the job was taken. It does not wait.
func (q *queue) Put(job string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	select {
	case q.jobs <- job:
		return true
	default:
		return false
	}
}

func (q *queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	close(q.jobs)
}

// store stands for what the jobs need: a database, another service.
type store struct{ takes time.Duration }

func (s *store) Do(ctx context.Context, job string) error {
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	slog.Info("done", "job", job)
	return nil
}

func (s *store) Save(job string) { slog.Warn("saved for the next start", "job", job) }

func (s *store) Close() error { slog.Info("store closed"); return nil }
