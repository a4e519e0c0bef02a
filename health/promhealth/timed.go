package promhealth

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// timed has the durations of the checks wrapped by Timed.
type timed struct {
	durations *prometheus.HistogramVec

	mu    sync.Mutex
	names map[string]bool // of the series there are
}

func newTimed() timed {
	return timed{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "health_check_duration_seconds",
			Help:    "Duration of the check's runs.",
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

// forget drops the series of all checks except the given ones.
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

// Timed returns fn, wrapped so that the durations of its runs are recorded for the check
// with this name:
//
//	h.AddCheckContext("db", metrics.Timed("db", checks.SQLPing(db)), health.Optional())
//
// A run is recorded when it ends, even by a panic: a run that hangs is not recorded
// until it returns, but health_check_passing shows it at its timeout. The series exists
// from the end of the first run for as long as the handler has a check with this name,
// so removed checks leave no series. If two checks have the same name, both are
// recorded. A nil fn is returned unchanged, for the handler to report (HEALTH-13).
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
