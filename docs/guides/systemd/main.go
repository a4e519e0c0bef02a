// Command systemd is a service for systemd that says when it is ready, what its
// stop waits for, and how long that may take.
package main

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/systemd"
)

const (
	drainTimeout    = 60 * time.Second
	shutdownTimeout = 10 * time.Second
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to serve on")
	flag.Parse()
	// systemd adds the time to each line by itself.
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: withoutTime})))

	err := systemd.Run(func(ctx context.Context) error { return run(ctx, *addr) },
		lifecycle.WithManualStart(),
		lifecycle.WithDrainTimeout(drainTimeout),
		lifecycle.WithShutdownTimeout(shutdownTimeout))
	if err != nil {
		slog.Error("orders failed", "error", err)
		os.Exit(1)
	}
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func run(ctx context.Context, addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	lifecycle.MarkStarted(ctx) // systemctl start returns now, and what is After= this unit begins

	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		slog.Info("working")
		select {
		case <-time.After(time.Second): // stands for the real work
			_, _ = w.Write([]byte("hello\n"))
		case <-r.Context().Done():
		}
	})
	return lifecycle.Serve(ctx, &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}, ln)
}
