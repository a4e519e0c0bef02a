package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle/statusz"
)

// routes is the service's HTTP interface.
func (s *service) routes(ctx context.Context, h *health.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/healthz", h.Liveness())
	mux.Handle("/readyz", h.Readiness())
	mux.Handle("POST /match", s.counted(s.match))
	mux.Handle("GET /slow", s.counted(s.slowly(ctx)))
	return mux
}

// adminRoutes are for people and machines that watch the service, on an address
// that strangers cannot reach.
func (s *service) adminRoutes(ctx context.Context, h *health.Handler, store *store) http.Handler {
	life, _ := fsm.FromContext(ctx)
	mux := http.NewServeMux()
	mux.Handle("/healthz", h.Liveness())
	mux.Handle("/readyz", h.Readiness())
	mux.Handle("/statusz", statusz.Handler(ctx))
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprintf(w, "# TYPE matchspec_requests_in_flight gauge\nmatchspec_requests_in_flight %d\n", s.inFlight.Load())
		fmt.Fprintf(w, "# TYPE matchspec_records_stored_total counter\nmatchspec_records_stored_total %d\n", store.Appended())
		fmt.Fprintf(w, "# TYPE matchspec_state gauge\nmatchspec_state{state=%q} 1\n", life.State())
	})
	return mux
}

// counted keeps the number of requests under way.
func (s *service) counted(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.inFlight.Add(1)
		defer s.inFlight.Add(-1)
		next(w, r)
	})
}

// match accepts a record. 202 is the promise that it will be in the store when
// the process has stopped, by SIGTERM too: the queue is drained before any
// hook runs, and the store is flushed by one. (What a power cut leaves is what
// was flushed, which is done once a second. A service that has to promise more
// flushes before it answers, and pays an fsync for each answer.)
func (s *service) match(w http.ResponseWriter, r *http.Request) {
	var rec record
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&rec); err != nil {
		http.Error(w, "the body is not a record: "+err.Error(), http.StatusBadRequest)
		return
	}
	if rec.ID == "" {
		http.Error(w, "the record has no id", http.StatusBadRequest)
		return
	}
	if _, err := path.Match(rec.Spec, ""); err != nil {
		http.Error(w, "the spec is not a pattern: "+err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.queue.Put(rec); err != nil {
		if errors.Is(err, errFull) {
			w.Header().Set("Retry-After", "1")
		}
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, "accepted %s\n", rec.ID)
}

// slowSteps is how many lines GET /slow streams before its last one.
const slowSteps = 5

// slowly answers a line at a time. The last one tells the state that the
// service is in by then: "done, while draining" is an answer that was under
// way when the stop came.
//
// The request's own context ends when the client goes away, and not when the
// service is asked to stop. That is what lets the answer be finished.
func (s *service) slowly(ctx context.Context) http.HandlerFunc {
	life, _ := fsm.FromContext(ctx)
	return func(w http.ResponseWriter, r *http.Request) {
		out := http.NewResponseController(w)
		tick := time.NewTicker(max(s.slow/slowSteps, 1))
		defer tick.Stop()
		for i := 1; i <= slowSteps; i++ {
			fmt.Fprintf(w, "step %d of %d\n", i, slowSteps)
			if err := out.Flush(); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-r.Context().Done():
				slog.Info("a client went away", "path", r.URL.Path)
				return
			}
		}
		fmt.Fprintf(w, "done, while %v\n", life.State())
	}
}
