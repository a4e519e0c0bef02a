package broken

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

func drainCases() []Case {
	return []Case{
		wrongPlain("hooks begin before the work is done", "DRAIN-1 DRAIN-2", func(i *impl) {
			group, run := i.DrainGroup, i.Run
			i.Run = func(main task, drain, shutdown time.Duration) error {
				return run(func(ctx context.Context) error {
					return main(context.WithValue(ctx, drainKey{}, drain != model.DefaultDrainTimeout))
				}, drain, shutdown)
			}
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				if given, _ := ctx.Value(drainKey{}).(bool); given && ctx.Err() == nil {
					return new(sync.WaitGroup)
				}
				return group(ctx)
			}
		}),
		wrong("the drain timeout is ignored", "DRAIN-2 HTTP-1 HTTP-6 HTTP-8", func(i *impl) {
			onSettings(i, func(s *settings) {
				keepGrace(s)
				s.Drain = 1e6 * time.Hour
			})
		}).because("Everything that is cut when it runs out is not."),
		wrong("the drain timeout is twice as long", "DRAIN-2 HTTP-6", func(i *impl) {
			onSettings(i, func(s *settings) {
				keepGrace(s)
				s.Drain = twice(drainTimeout(s))
			})
		}),
		wrong("hooks begin 150 ms after the drain timeout", "DRAIN-2 HTTP-6", func(i *impl) {
			onSettings(i, func(s *settings) {
				keepGrace(s)
				s.Drain = scenarios.Plus(drainTimeout(s), 150*time.Millisecond)
			})
		}),
		wrong("hooks begin 50 ms after the drain timeout, and it is not reported", "DRAIN-2 HTTP-1", func(i *impl) {
			onErrors(i, replaceError(i, model.DrainTimeout))
			onSettings(i, func(s *settings) {
				keepGrace(s)
				s.Drain = scenarios.Plus(drainTimeout(s), 50*time.Millisecond)
			})
		}),
		wrong("the drain timeout is not reported as ErrDrainTimeout", "DRAIN-2 HTTP-1", func(i *impl) {
			onErrors(i, replaceError(i, model.DrainTimeout))
		}),
		wrong("the drain timeout does not say what is busy", "DRAIN-2", func(i *impl) {
			is := i.Is
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					if is(err, model.DrainTimeout) {
						all[n] = lifecycle.ErrDrainTimeout
					}
				}
				return all
			})
		}),
		wrong("the drain timeout does not count units", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Tracked = 0 })
		}),
		wrong("the drain timeout does not count requests", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Requests = 0 })
		}),
		wrong("the drain timeout is not logged", "DRAIN-2", func(i *impl) {
			onSettings(i, func(s *settings) {
				if log := s.Log; log != nil {
					s.Log = func(level, line string) {
						if !strings.Contains(line, "still busy") {
							log(level, line)
						}
					}
				}
			})
		}),
		// The place that the library names of any group is the wrapper's.
		wrong("a group made while draining is not waited for", "DRAIN-1 DRAIN-2 DRAIN-3", func(i *impl) {
			group := i.DrainGroup
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				if blameForeign(ctx, place(1)) || i.State(ctx) == "draining" {
					return new(sync.WaitGroup)
				}
				return group(ctx)
			}
		}),
		wrong("Track answers true after draining", "DRAIN-3", func(i *impl) {
			track := i.Track
			i.Track = func(ctx context.Context) (func(), bool) {
				done, ok := track(ctx)
				return done, ok || !blameForeign(ctx, place(1))
			}
		}),
		wrong("main is not waited for", "DRAIN-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				// In a play, work would be added beside the library's Wait.
				if !isPlay(*s) {
					s.Grace, s.NoGrace = 0, true
				}
			})
		}),
		wrong("main is waited for until the drain timeout", "DRAIN-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				// Where there are real signals: elsewhere work would be out too.
				if s.Parent == nil && s.Log == nil {
					s.Drain = twice(s.Drain)
				}
			})
		}).mayBreak("DRAIN-2"), // where work is out nevertheless
		wrong("WithReturnGrace is ignored", "DRAIN-4", func(i *impl) {
			onSettings(i, func(s *settings) { s.Grace, s.NoGrace = 0, false })
		}),
		wrong("the grace is reported as the drain timeout", "DRAIN-4 RUN-11", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				var mu sync.Mutex
				graceOver := false
				log := s.Log
				s.Log = func(level, line string) {
					mu.Lock()
					graceOver = graceOver || level == "WARN" && strings.Contains(line, "grace")
					mu.Unlock()
					if log != nil {
						log(level, line)
					}
				}
				err := run(main, s)
				mu.Lock()
				defer mu.Unlock()
				if graceOver && !i.Is(err, model.DrainTimeout) && !i.Is(err, model.Forced) {
					return errors.Join(err, lifecycle.ErrDrainTimeout)
				}
				return err
			})
		}),
		wrong("the end of the last work is noticed late", "DRAIN-5", func(i *impl) {
			isPlayed := played(i)
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if isPlayed(ctx) {
					if done, ok := i.Track(ctx); ok {
						time.AfterFunc(time.Nanosecond, done)
					}
				}
				return err
			})
		}),
		wrongPlain("a group below zero ends the process", "DRAIN-6", func(i *impl) {
			group, run := i.DrainGroup, i.Run
			i.Run = func(main task, drain, shutdown time.Duration) error {
				return run(func(ctx context.Context) error {
					// Elsewhere, in real time, it would come beside a Wait.
					return main(context.WithValue(ctx, drainKey{}, drain == time.Second))
				}, drain, shutdown)
			}
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				g := group(ctx)
				if only, _ := ctx.Value(drainKey{}).(bool); only {
					context.AfterFunc(ctx, func() { g.Add(0) }) // panics on a goroutine of the library's
				}
				return g
			}
		}),
		wrongPlain("a group is waited for with a bare Wait that begins late", "DRAIN-6", func(i *impl) {
			group := i.DrainGroup
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				held := group(ctx)
				if time.Now().UTC().Year() == 2000 {
					return held // in virtual time it would be late
				}
				g := new(sync.WaitGroup)
				held.Go(func() {
					<-ctx.Done()
					time.Sleep(5 * time.Millisecond)
					g.Wait()
				})
				return g
			}
		}),
		wrong("the drain delay is ignored", "DRAIN-7", func(i *impl) {
			onSettings(i, func(s *settings) { s.Delay = 0 })
		}),
		wrong("the drain delay is twice as long", "DRAIN-7", func(i *impl) {
			onSettings(i, func(s *settings) { s.Delay = twice(s.Delay) })
		}),
		wrong("the drain delay outlasts main", "DRAIN-7", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				delay := s.Delay
				return run(func(ctx context.Context) error {
					err := main(ctx)
					if delay > 0 && i.State(ctx) == "draining" {
						<-ctx.Done()
					}
					return err
				}, s)
			})
		}),
	}
}

// onDrainTimeout has f change what the drain timeout says is busy.
func onDrainTimeout(i *impl, f func(e *lifecycle.DrainTimeoutError)) {
	onErrors(i, func(all []error) []error {
		for n, err := range all {
			if timeout, ok := err.(*lifecycle.DrainTimeoutError); ok {
				changed := *timeout
				f(&changed)
				all[n] = &changed
			}
		}
		return all
	})
}

type drainKey struct{}

// drainTimeout is the drain timeout as it counts.
func drainTimeout(s *settings) time.Duration {
	if s.Drain == 0 {
		return model.DefaultDrainTimeout
	}
	return s.Drain
}

// twice is a limit twice as long, unless it is endless.
func twice(d time.Duration) time.Duration {
	if d > endless {
		return d
	}
	return 2 * d
}

// keepGrace fixes the return grace, of which at most half of the drain timeout
// counts, at what it is, so that the timeout can be changed alone.
func keepGrace(s *settings) {
	if s.Grace == 0 && !s.NoGrace {
		s.Grace = model.DefaultReturnGrace
	}
	s.Grace = min(s.Grace, drainTimeout(s)/2)
}
