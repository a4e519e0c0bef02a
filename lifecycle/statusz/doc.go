// Package statusz shows a lifecycle to people, and to programs: the state it
// is in, how long that may last, and what it is waiting for; and, with
// [WithHealth], the health checks.
//
// [Handler] answers with one self-contained page: nothing is loaded from
// elsewhere, its Content-Security-Policy allows just the style and the script
// in it, and it follows the reader's light or dark colour scheme. It refreshes
// itself every second while it is looked at, every two when scripting is off.
// Asked for JSON by the Accept header, it answers with the same as JSON.
//
// # Where to serve it
//
// The page shows places in the code, names and the texts of errors: serve it
// where operators are, as one serves net/http/pprof, on an address of its own. With
// lifecycle.UntilStopped it answers until the last hook has run, so that a stop
// can be watched to its end:
//
//	err := lifecycle.Run(func(ctx context.Context) error {
//		admin := &http.Server{Addr: "localhost:6060", Handler: statusz.Handler(ctx)}
//		go lifecycle.ListenAndServe(ctx, admin, lifecycle.UntilStopped())
//		…
//	})
//
// # JSON
//
// Times are as RFC 3339 has them, durations are seconds. What is not known, or
// does not apply, is absent.
//
//	state, at                    the state, and when it was looked at
//	history                      one entry for each state, in order: state, on (the event
//	                             that led to it), at, lasted_seconds (so far), limit_seconds
//	                             and left_seconds; while draining, one for hooks, to_come
//	began, uptime_seconds        when Run was entered, and how long ago; until Stopped
//	entered                      when the state was entered
//	limit_seconds, left_seconds  how long the state may last, and what is left of that
//	stopped_within_seconds       the most that may pass until Stopped
//	cause                        of the stop
//	main_returned                whether main is back
//	tracked, requests            units of Track, and HTTP requests, that are out
//	work                         each drain group and each task under way, the busy first:
//	                             kind, place, since, age_seconds, state (busy; idle; open:
//	                             it is not known which)
//	hooks                        in the order of their turns: name, place, state (to come,
//	                             running, done, failed, abandoned, interrupted, never
//	                             ran), began, ended, took_seconds (so far), error
//	checks                       with [WithHealth], the failing first: name, state (failing,
//	                             passing, not run), optional, groups, text (why it fails, or
//	                             says so and passes), since and for_seconds (of the state),
//	                             took_seconds (the last run that ended), running_seconds
//	                             (the run under way, so far)
//	more_work, more_hooks,       how many there are besides: a list has at most 200, the
//	more_checks                  busy, the running and the failing ones rather than others
//
// A source that has no Snapshot method tells state and at, and history if it
// has a History method. An answer that is not 200 has error instead.
package statusz
