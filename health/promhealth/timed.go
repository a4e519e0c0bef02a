package promhealth

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// timed has the durations of the checks that are timed.
type timed struct {
	durations *prometheus.HistogramVec

	mu    sync.Mutex
	names map[string]bool // of the series there are
}

func newTimed() timed {
	return timed{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "health_check_duration_seconds",
			Help:    "How long the runs of the check took.",
			Buckets: prometheus.DefBuckets, // 5 ms to 10 s
		}, []string{"check"}),
		names: map[string]bool{},
	}
}

func (t *timed) observe(name string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names[name] = true
	t.durations.WithLabelValues(name).Observe(took.Seconds())
}

// forget drops the series of all other checks than those.
func (t *timed) forget(but map[string]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name := range t.names {
		if !but[name] {
			delete(t.names, name)
			t.durations.DeleteLabelValues(name)
		}
	}
}

// Timed returns fn with its runs timed as those of the check of that name:
//
//	h.AddCheckContext("db", metrics.Timed("db", checks.SQLPing(db)))
//
// A run is timed when it ends, however it does: one that hangs is not seen here
// until it comes back, but in health_check_passing at its timeout. The series is
// there from the end of the first run for as long as the handler has a check of
// that name, so that removed checks leave nothing behind; of two checks with one
// name both are counted. A nil fn is returned as it is, for the handler to report
// (HEALTH-13).
func (c *Collector) Timed(name string, fn func(ctx context.Context) error) func(ctx context.Context) error {
	if fn == nil {
		return nil
	}
	name = string([]rune(name)) // labels, like the keys of a probe's body, are UTF-8
	return func(ctx context.Context) error {
		start := time.Now()
		defer func() { c.timed.observe(name, time.Since(start)) }()
		return fn(ctx)
	}
}
