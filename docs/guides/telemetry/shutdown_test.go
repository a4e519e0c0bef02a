package main

import (
	"context"
	"errors"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// Why the hook has a context of its own: with the one of run, which is
// cancelled by then, Shutdown gives the batch up, and so does a second call.
func TestShutdownWithACancelledContextLosesTheBatch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	exporter := tracetest.NewInMemoryExporter()
	batch := sdktrace.NewBatchSpanProcessor(exporter, sdktrace.WithBatchTimeout(time.Hour))
	defer func() { _ = batch.Shutdown(context.WithoutCancel(ctx)) }() // for this test to leave nothing behind
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(batch))
	_, span := provider.Tracer("").Start(ctx, "lost")
	span.End()
	if err := provider.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	if err := provider.Shutdown(context.WithoutCancel(ctx)); err != nil {
		t.Errorf("the second Shutdown: %v", err)
	}
	if spans := exporter.GetSpans(); len(spans) != 0 {
		t.Errorf("%d spans are exported", len(spans))
	}
}
