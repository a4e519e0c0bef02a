package promhealth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/promhealth"
	"github.com/greynewell/mist-go/lifecycle"
)

func Example() {
	h := newHandler()
	metrics := promhealth.New(h)
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics)

	h.AddCheckContext("db", metrics.Timed("db", func(context.Context) error { return nil }))
	h.AddCheckContext("cache", func(context.Context) error { return errors.New("cold") }, health.Optional())

	rec := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(rec.Body.String()) {
		if strings.HasPrefix(line, "health_ready") || strings.HasPrefix(line, "health_check_passing") {
			fmt.Print(line)
		}
	}
	// Output:
	// health_check_passing{check="cache"} 0
	// health_check_passing{check="db"} 1
	// health_ready 1
}

// The total duration of the hooks is known when Run has returned: push it then (package
// prometheus/push), or log it.
func ExampleCollector_Observe() {
	h := health.New("matchspec", "1.4.0")
	metrics := promhealth.New(h)
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics)

	_ = lifecycle.Run(func(ctx context.Context) error {
		h.Follow(ctx)
		return nil
	}, lifecycle.WithObserver(metrics.Observe), lifecycle.WithSignals())

	families, err := registry.Gather()
	fmt.Println(err)
	for _, family := range families {
		if strings.HasPrefix(family.GetName(), "lifecycle_") {
			fmt.Println(family.GetName())
		}
	}
	// Output:
	// <nil>
	// lifecycle_drain_duration_seconds
	// lifecycle_hooks_duration_seconds
	// lifecycle_state
}
