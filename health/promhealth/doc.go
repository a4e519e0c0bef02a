// Package promhealth exports a [health.Handler] and the lifecycle that it follows as
// Prometheus metrics. It is a separate module, so that only its users depend on the
// client library.
//
//	h := health.New("matchspec", "1.4.0")
//	metrics := promhealth.New(h)
//	prometheus.MustRegister(metrics)
//	h.AddCheckContext("db", metrics.Timed("db", checks.SQLPing(db)), health.Optional())
//	err := lifecycle.Run(run, lifecycle.WithObserver(metrics.Observe))
//
// # Metrics
//
//	lifecycle_state{state}                  gauge      1 for the current state, 0 for the others
//	lifecycle_drain_duration_seconds        gauge      time in Draining, so far or in total
//	lifecycle_hooks_duration_seconds        gauge      time in Hooks, so far or in total
//	health_ready                            gauge      1 if ready (HEALTH-4), else 0
//	health_check_passing{check}             gauge      1 if the check passes, else 0
//	health_check_duration_seconds{check}    histogram  duration of its runs
//
// lifecycle_state is exported if the handler follows a lifecycle or a step was observed,
// the two durations if a step was observed, health_check_passing if the checks were run
// (HEALTH-3, HEALTH-4), and health_check_duration_seconds for checks of the handler that
// are wrapped by [Collector.Timed].
//
// health_ready and lifecycle_state are from one readiness answer, as that of /readyz. It
// depends on the lifecycle that the handler follows, or else on the step observed last.
// Observed steps are a moment late, and there are none before the first transition; with
// health.Handler.Follow the state is current at every scrape.
//
// For a prefix or more labels, register the Collector with
// prometheus.WrapRegistererWithPrefix or prometheus.WrapRegistererWith.
//
// IDs such as HEALTH-4 are clauses of the contract, docs/spec.md:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
//
// # A scrape is a probe
//
// Each scrape runs the checks as a readiness probe does, so that the metrics show what
// the orchestrator would get now. It shares runs with concurrent probes (HEALTH-9) and
// uses results cached by health.CacheFor; use that option for checks that are too
// expensive for both. A scrape takes as long as the slowest check, but at most the
// check's timeout and at most [WithTimeout]; set Prometheus's scrape_timeout above that.
//
// # Metrics of a stop
//
// A server run by lifecycle.Serve ends with Draining; with lifecycle.UntilStopped it can
// be scraped until the last hook has run. The total duration of the hooks is known when
// lifecycle.Run has returned: gather then, and push or log it (see the example of
// [Collector.Observe]).
//
// # Sources
//
// Names, units and the set of gauges for a state follow "Metric and label
// naming" (https://prometheus.io/docs/practices/naming/), "Writing exporters"
// (https://prometheus.io/docs/instrumenting/writing_exporters/) and OpenMetrics'
// StateSet (https://prometheus.io/docs/specs/om/open_metrics_spec/#stateset).
package promhealth
