// Command mended is mistakes, beside it, without them: a service of net/http
// alone that stops as docs/spec.md has it. Package lifecycle does the same in
// fewer lines, and more of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to serve on")
	delay := flag.Duration("delay", time.Second, "keep serving that long after the signal")
	flag.Parse()

	// The handler stays registered: a second SIGTERM changes nothing.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)

	var stopping atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if stopping.Load() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
		}
	})
	// A request's context ends when its client goes, not with the signal.
	mux.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case <-time.After(time.Second):
			fmt.Fprintln(w, "done")
		case <-r.Context().Done():
		}
	})
	srv := &http.Server{Addr: *addr, Handler: mux}

	served := make(chan error, 1)
	go func() { served <- srv.ListenAndServe() }()
	select {
	case <-signals:
	case err := <-served:
		log.Fatal(err)
	}
	stopping.Store(true)            // readiness fails
	srv.SetKeepAlivesEnabled(false) // each answer says that it is the last one
	time.Sleep(*delay)              // until everyone who sends requests has heard of it

	// The listener closes, and what was accepted is answered.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		log.Fatal(errors.Join(err, srv.Close())) // something had to be cut
	}
}
