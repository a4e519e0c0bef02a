package broken

import (
	"context"
	"sync"
	"time"
)

type derivedKey struct{}

// overBefore returns a function that says whether a context is over though main's,
// from which it is derived, is not.
func overBefore(i *impl) func(ctx context.Context) bool {
	type mains struct{ ctx context.Context }
	of := notes[mains](i)
	onMain(i, func(ctx context.Context, main task) error {
		of(ctx).ctx = ctx
		return main(ctx)
	})
	return func(ctx context.Context) bool {
		m := of(ctx).ctx
		return ctx.Err() != nil && m != nil && m.Err() == nil // in this order: main's may end now
	}
}

// isMains returns a function that says whether a context is the very one that main was
// given, where there is no RunWith.
func isMains(i *impl) func(ctx context.Context) bool {
	type mains struct{ ctx context.Context }
	beforeMain(i, func(ctx context.Context, main task) error {
		m := new(mains)
		m.ctx = context.WithValue(ctx, derivedKey{}, m)
		return main(m.ctx)
	})
	return func(ctx context.Context) bool {
		m, ok := ctx.Value(derivedKey{}).(*mains)
		return !ok || m.ctx == ctx
	}
}

// derivedCases are right for the context that main is given, and wrong for others that
// are derived from it.
func derivedCases() []Case {
	return []Case{
		wrongPlain("a hook registered with a derived context is lost", "HOOK-1", func(i *impl) {
			is, register := isMains(i), i.OnShutdown
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if is(ctx) {
					register(ctx, hook)
				}
			}
		}),
		wrong("a hook registered with a context that is over is dropped", "HOOK-1", func(i *impl) {
			over := overBefore(i)
			onRegister(i, func(ctx context.Context, register func()) {
				if !over(ctx) {
					register()
				}
			})
		}),
		wrongPlain("a group made with a derived context is not waited for", "DRAIN-1", func(i *impl) {
			is, group := isMains(i), i.DrainGroup
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				if !is(ctx) {
					return new(sync.WaitGroup)
				}
				return group(ctx)
			}
		}),
		wrong("Track refuses a context that is over before the stop", "DRAIN-1", func(i *impl) {
			over, track := overBefore(i), i.Track
			refused := refusedAt(i)
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) || over(ctx) {
					return func() {}, false
				}
				done, ok := track(ctx)
				if !ok {
					refused(ctx, place(1))
				}
				return done, ok
			}
		}),
		wrong("Go refuses a context that is over before the stop", "DRAIN-2 DRAIN-8 LOG-1 RUN-2", func(i *impl) {
			over, begin := overBefore(i), i.Go
			i.Go = func(ctx context.Context, t task) bool {
				if blameForeign(ctx, place(1)) || over(ctx) {
					return false
				}
				return begin(ctx, t)
			}
		}).because("The call site of each task that is named, and logged, is the wrapper's."),
		// The place that the log names is the wrapper's.
		wrong("Stop ignores a context that is over before the stop", "LOG-1 RUN-2", func(i *impl) {
			over, stop := overBefore(i), i.Stop
			i.Stop = func(ctx context.Context, err error) {
				if !blameForeign(ctx, place(1)) && !over(ctx) {
					stop(ctx, err)
				}
			}
		}),
		wrong("MarkStarted ignores a context that is over before the stop", "RUN-13", func(i *impl) {
			over, start := overBefore(i), i.MarkStarted
			i.MarkStarted = func(ctx context.Context) {
				if !blameForeign(ctx, place(1)) && !over(ctx) {
					start(ctx)
				}
			}
		}),
	}
}

// refusedAt returns a function that logs where work was refused: the place that the
// library names is the wrapper's.
func refusedAt(i *impl) func(ctx context.Context, at string) {
	log := logs(i)
	return func(ctx context.Context, at string) { log(ctx)("ERROR", "refused at "+at) }
}

// endless is a limit that is not meant to end anything.
const endless = 100 * 365 * 24 * time.Hour

// limitCases are right for limits of hours, and wrong for those without an end.
func limitCases() []Case {
	overflow := func(name, breaks string, limit func(s *settings) *time.Duration, is time.Duration) Case {
		return wrong(name, breaks, func(i *impl) {
			onSettings(i, func(s *settings) {
				if d := limit(s); *d > endless {
					*d = is
				}
			})
		})
	}
	return []Case{
		overflow("an endless drain timeout is over at once", "DRAIN-2", func(s *settings) *time.Duration { return &s.Drain }, time.Nanosecond),
		overflow("an endless shutdown timeout is over at once", "HOOK-3", func(s *settings) *time.Duration { return &s.Shutdown }, time.Nanosecond),
		overflow("an endless drain delay is none", "DRAIN-7", func(s *settings) *time.Duration { return &s.Delay }, 0),
		overflow("an endless grace is over at once", "DRAIN-4", func(s *settings) *time.Duration { return &s.Grace }, time.Nanosecond),
		wrong("an endless timeout of a hook is over at once", "HOOK-6", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				if timeout > endless {
					timeout = time.Nanosecond
				}
				register(ctx, hook, timeout, place(1))
			}
		}),
	}
}
