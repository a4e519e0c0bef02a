// Package promhealth shows a [health.Handler] and the lifecycle it follows to
// Prometheus. It is a module of its own, so that only its users depend on the
// client library.
//
//	h := health.New("matchspec", "1.4.0")
//	metrics := promhealth.New(h)
//	prometheus.MustRegister(metrics)
//	h.AddCheckContext("db", metrics.Timed("db", checks.SQLPing(db)))
//	err := lifecycle.Run(run, lifecycle.WithObserver(metrics.Observe))
//
// # Metrics
//
//	lifecycle_state{state}                  gauge      1 for the state it is in, 0 for the others
//	lifecycle_drain_duration_seconds        gauge      time in Draining, so far or in all
//	lifecycle_hooks_duration_seconds        gauge      time in Hooks, so far or in all
//	health_ready                            gauge      1 when ready (HEALTH-4), else 0
//	health_check_passing{check}             gauge      1 for a check that passes, else 0
//	health_check_duration_seconds{check}    histogram  how long its runs took
//
// lifecycle_state is there when the handler follows a lifecycle or a step has
// been observed, the two durations when a step has been observed,
// health_check_passing when the checks were run (HEALTH-3, HEALTH-4), and
// health_check_duration_seconds for the checks that are [Collector.Timed] and
// that the handler has.
//
// health_ready and lifecycle_state are one answer, that of /readyz: readiness
// depends on the lifecycle that the handler follows, or else on what was
// observed last. What is observed comes a moment late, and not before the first
// step. With health.Handler.Follow the state is current at every scrape.
//
// For a prefix or more labels register with prometheus.WrapRegistererWithPrefix
// or prometheus.WrapRegistererWith.
//
// # A scrape is a probe
//
// Each scrape runs the checks as a readiness probe does, so that what is shown
// is what the orchestrator would get now. It shares runs with the probes
// that come at the same time (HEALTH-9) and takes what is cached by
// health.CacheFor; a check that costs too much for both wants that option. A
// scrape takes as long as the slowest check, at most the check's timeout and at
// most [WithTimeout]; set the scrape_timeout of Prometheus above it.
//
// # The end of a life
//
// A server that lifecycle.Serve runs ends with Draining. With
// lifecycle.UntilStopped it can be scraped until the last hook has run. How long
// the hooks took in all is known when lifecycle.Run has returned: gather then,
// and push or log it (see the example of [Collector.Observe]).
//
// # Sources
//
// Names, units and the set of gauges for a state follow "Metric and label
// naming" (https://prometheus.io/docs/practices/naming/), "Writing exporters"
// (https://prometheus.io/docs/instrumenting/writing_exporters/) and OpenMetrics'
// StateSet (https://prometheus.io/docs/specs/om/open_metrics_spec/#stateset).
package promhealth
