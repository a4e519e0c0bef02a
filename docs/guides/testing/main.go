// Command testing counts events that come by HTTP, and writes a digest every
// hour and at the stop. It is written so that all of it can be tested: run
// takes what differs between a test and the real thing, and nothing calls
// os.Exit below main.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	flag.Parse()
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		slog.Error("digest failed", "error", err)
		os.Exit(1)
	}
	err = lifecycle.Run(func(ctx context.Context) error { return run(ctx, ln, os.Stdout) })
	if err != nil {
		slog.Error("digest failed", "error", err)
		os.Exit(1)
	}
}

// run is the service. ctx comes from lifecycle.Run, or from lifecycletest.
func run(ctx context.Context, ln net.Listener, out io.Writer) error {
	d := openDigest(ctx, out)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /events", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		d.add()
		w.WriteHeader(http.StatusAccepted)
	})
	return lifecycle.Serve(ctx, &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}, ln)
}

// digest counts events until it writes how many there were.
type digest struct {
	mu     sync.Mutex
	events int
	out    io.Writer
}

// openDigest has the digest written every hour, and a last time by a hook, when
// every event under way has been counted.
func openDigest(ctx context.Context, out io.Writer) *digest {
	d := &digest{out: out}
	lifecycle.OnShutdown(ctx, d.write)
	lifecycle.Go(ctx, func(ctx context.Context) error {
		hourly := time.NewTicker(time.Hour)
		defer hourly.Stop()
		for {
			select {
			case <-hourly.C:
				if err := d.write(); err != nil {
					return err // which stops the service
				}
			case <-ctx.Done():
				return nil
			}
		}
	})
	return d
}

func (d *digest) add() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events++
}

func (d *digest) write() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.events == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(d.out, "%d events\n", d.events); err != nil {
		return fmt.Errorf("digest of %d events: %w", d.events, err)
	}
	d.events = 0
	return nil
}
