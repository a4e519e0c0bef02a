// Command docker is a service whose whole stop fits into the ten seconds that
// docker stop gives, and which answers the health check of its own image.
package main

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
)

// docker stop sends SIGTERM, and SIGKILL ten seconds later. What is left of
// them is for the process to begin and to end.
const (
	drainTimeout    = 6 * time.Second
	shutdownTimeout = 3 * time.Second
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	probe := flag.String("probe", "", "ask this URL, and exit with 0 if it is answered with 200")
	flag.Parse()
	if *probe != "" {
		os.Exit(ask(*probe))
	}
	err := lifecycle.Run(func(ctx context.Context) error { return run(ctx, *addr) },
		lifecycle.WithDrainTimeout(drainTimeout),
		lifecycle.WithShutdownTimeout(shutdownTimeout))
	if err != nil {
		slog.Error("orders failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string) error {
	h := health.New("orders", "1.4.2")
	h.Follow(ctx)
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", h.Liveness())
	mux.Handle("GET /readyz", h.Readiness())
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		slog.Info("working")
		select {
		case <-time.After(time.Second): // stands for the real work
			_, _ = w.Write([]byte("hello\n"))
		case <-r.Context().Done():
		}
	})
	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second})
}

// ask stands for curl, which the image does not have.
func ask(url string) (code int) {
	client := &http.Client{Timeout: 4 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		slog.Error("probe failed", "error", err)
		return 1
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		slog.Error("probe failed", "status", resp.Status)
		return 1
	}
	return 0
}
