// Package statusz serves a status page for a lifecycle, as HTML and as JSON: its
// state, how long that may last, what it is waiting for, and, with [WithHealth], the
// health checks.
//
// [Handler] answers with one self-contained page: nothing is loaded from elsewhere,
// its Content-Security-Policy allows only the page's own styles and script, and it
// follows the reader's light or dark colour scheme. It refreshes itself every second
// while it is visible, and every two seconds if scripting is off. If the Accept
// header prefers JSON, the answer has the same data as JSON.
//
// # Where to serve it
//
// The page shows source locations, names and error texts, so serve it where only
// operators can reach it, as you would net/http/pprof: on a separate address. With
// lifecycle.UntilStopped it answers until the last hook has run, so that you can
// watch a stop to its end:
//
//	err := lifecycle.Run(func(ctx context.Context) error {
//		admin := &http.Server{Addr: "localhost:6060", Handler: statusz.Handler(ctx)}
//		go lifecycle.ListenAndServe(ctx, admin, lifecycle.UntilStopped())
//		…
//	})
//
// # JSON
//
// Times are in RFC 3339 format, durations are in seconds. A field that is not known
// or does not apply is absent.
//
//	state, at                    the state, and the time of the answer
//	history                      one entry per state, in order: state, on (the event that
//	                             led to it), at, lasted_seconds (so far), limit_seconds,
//	                             left_seconds; while draining also hooks, with pending
//	began, uptime_seconds        when Run was called, and the time since, until Stopped
//	entered                      when the state was entered
//	limit_seconds, left_seconds  how long the state may last, and what is left of that
//	stopped_within_seconds       the longest time until Stopped
//	cause                        the cause of the stop
//	main_returned                whether main has returned
//	tracked, requests            units of Track and HTTP requests in flight
//	work                         drain groups and running tasks, busy ones first: kind,
//	                             place, since, age_seconds, state (busy, idle, or open if
//	                             it is not known which)
//	hooks                        in the order in which they run: name, place, state (to
//	                             come, running, done, failed, abandoned, interrupted,
//	                             never ran), began, ended, took_seconds (so far), error
//	checks                       with [WithHealth], failing ones first: name, state
//	                             (failing, passing, not run), optional, groups, text (the
//	                             last error, even if FailAfter still lets the check pass),
//	                             since and for_seconds (of the state), took_seconds (of
//	                             the last run that has ended), running_seconds (of the
//	                             current run, so far)
//	more_work, more_hooks,       how many are left out: each list has at most 200 elements,
//	more_checks                  preferring busy, running and failing ones
//
// For an [fsm.Source] without a Snapshot method there are only state and at, and
// history if it has a History method. An answer that is not 200 has only error.
package statusz
