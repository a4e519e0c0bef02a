// Command telemetry sends traces by OpenTelemetry, those of the stop included:
// the exporter is stopped last, when every hook has run.
package main

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	flag.Parse()
	if err := lifecycle.Run(func(ctx context.Context) error { return run(ctx, *addr) }); err != nil {
		slog.Error("orders failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string) error {
	// First, so that its hook is the last to run.
	if err := startTelemetry(ctx); err != nil {
		return err
	}
	tracer := otel.Tracer("orders")

	lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
		_, span := tracer.Start(ctx, "close store")
		defer span.End()
		return nil // stands for db.Close
	}, lifecycle.HookName("close store"))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		_, span := tracer.Start(r.Context(), "GET /orders")
		defer span.End()
		slog.Info("working")
		select {
		case <-time.After(time.Second): // stands for the real work
			_, _ = w.Write([]byte("[]\n"))
		case <-r.Context().Done():
		}
	})
	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second})
}

// startTelemetry sends spans in batches; otlptracegrpc or otlptracehttp take
// the place of stdouttrace.
func startTelemetry(ctx context.Context) error {
	exporter, err := stdouttrace.New()
	if err != nil {
		return err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)

	// Shutdown sends what is left of the batch, for which it needs a context
	// that is live: the hook's, and not that of run.
	lifecycle.OnShutdownContext(ctx, provider.Shutdown,
		lifecycle.HookName("telemetry"), lifecycle.HookTimeout(3*time.Second))
	return nil
}
