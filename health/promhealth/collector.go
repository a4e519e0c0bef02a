package promhealth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

const defaultTimeout = 5 * time.Second

// Collector is a [prometheus.Collector] for one handler. Create it with [New]. All
// methods are safe for concurrent use.
type Collector struct {
	handler *health.Handler // nil: every scrape is an error
	timeout time.Duration
	timed   timed
	life    life
}

var (
	stateDesc = prometheus.NewDesc("lifecycle_state",
		"Whether the lifecycle is in the state: 1 for one of them, 0 for the others.", []string{"state"}, nil)
	drainDesc = prometheus.NewDesc("lifecycle_drain_duration_seconds",
		"Time spent waiting for in-flight work, so far or in total; 0 before the stop.", nil, nil)
	hooksDesc = prometheus.NewDesc("lifecycle_hooks_duration_seconds",
		"Time spent running hooks, so far or in total; 0 before the first.", nil, nil)
	readyDesc = prometheus.NewDesc("health_ready",
		"Whether the process is ready: running, not set to not ready, and no required check fails.", nil, nil)
	passingDesc = prometheus.NewDesc("health_check_passing",
		"Whether the check passes.", []string{"check"}, nil)
)

// Option configures [New].
type Option func(*Collector) (problem string)

// WithTimeout sets how long a scrape waits for the checks. Default 5 s: half of
// Prometheus's default scrape_timeout, and more than the default check timeout of 3 s. A
// check that has no result by then does not pass in this scrape; its later result is
// still used for others (HEALTH-11). If d is not positive, it is ignored and an error is
// logged.
func WithTimeout(d time.Duration) Option {
	return func(c *Collector) string {
		if d <= 0 {
			return fmt.Sprintf("WithTimeout(%v) is not positive; the timeout stays %v", d, c.timeout)
		}
		c.timeout = d
		return ""
	}
}

// New returns a Collector for h, for the caller to register. If h is nil, every scrape
// returns an error. A nil option is ignored and an error is logged.
func New(h *health.Handler, opts ...Option) *Collector {
	c := &Collector{
		handler: h,
		timeout: defaultTimeout,
		timed:   newTimed(),
	}
	for _, opt := range opts {
		problem := "an option is nil"
		if opt != nil {
			problem = opt(c)
		}
		if problem != "" {
			_, file, line, _ := runtime.Caller(1)
			logMisuse("promhealth: New: "+problem, fmt.Sprintf("%s:%d", file, line))
		}
	}
	return c
}

// logMisuse logs a mistake of the caller. A panic in the logger is dropped.
func logMisuse(msg, at string) {
	defer func() { _ = recover() }()
	slog.Error(msg, "at", at)
}

// Describe implements [prometheus.Collector].
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{stateDesc, drainDesc, hooksDesc, readyDesc, passingDesc} {
		ch <- d
	}
	c.timed.durations.Describe(ch)
}

// Collect implements [prometheus.Collector]. It runs the checks.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	if c.handler == nil {
		ch <- prometheus.NewInvalidMetric(readyDesc, errors.New("promhealth: New: the handler is nil"))
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	// Readiness and the state are from one answer, so that they are consistent.
	response, failing, ready := c.handler.CheckEach(c.life.follow(ctx))
	known := map[string]bool{}
	for _, check := range c.handler.Checks() {
		known[check.Name] = true
	}

	send := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	send(readyDesc, bit(ready))
	for name := range response.Checks {
		send(passingDesc, bit(!failing[name]), name)
	}
	if response.State != "" {
		for _, s := range fsm.States() {
			send(stateDesc, bit(s.String() == response.State), s.String())
		}
	}
	if seen := c.life.look(time.Now()); seen.observed {
		send(drainDesc, seen.drain.Seconds())
		send(hooksDesc, seen.hooks.Seconds())
	}
	c.timed.forget(known)
	c.timed.durations.Collect(ch)
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
