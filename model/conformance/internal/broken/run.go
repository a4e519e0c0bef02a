package broken

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/plain"
)

func runCases() []Case {
	return []Case{
		wrong("main is called twice", "RUN-1", func(i *impl) {
			isPlayed := played(i)
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if isPlayed(ctx) {
					main(ctx)
				}
				return err
			})
		}),
		wrong("main's exit is noticed late", "RUN-3", func(i *impl) {
			isPlayed := played(i)
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if isPlayed(ctx) && i.State(ctx) == "running" {
					select {
					case <-ctx.Done():
					case <-time.After(time.Nanosecond):
					}
				}
				return err
			})
		}),
		wrong("a nested run takes the outer one's signals", "RUN-9", func(i *impl) {
			var running atomic.Int64
			onRun(i, func(main task, s settings, run runner) error {
				if s.Signals == nil {
					if running.Add(1) > 1 {
						s.Signals = make(chan os.Signal)
					}
					defer running.Add(-1)
				}
				return run(main, s)
			})
		}),
		// The server of the outer run ends with the inner one.
		wrong("the end of one run ends all", "HTTP-1 RUN-9", func(i *impl) {
			var running sync.Map // the context of main, by an own key
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil {
					return run(nil, s)
				}
				key := new(int)
				err := run(func(ctx context.Context) error {
					running.Store(key, ctx)
					return main(ctx)
				}, s)
				running.Delete(key)
				running.Range(func(_, ctx any) bool {
					i.Stop(ctx.(context.Context), nil)
					return true
				})
				return err
			})
		}).mayBreak("RUN-13"),
		wrong("a goroutine is left behind", "RUN-10", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if isPlay(s) {
					go func() { select {} }()
				}
				return run(main, s)
			})
		}),
		wrong("a main that is still running is not reported as ErrMainRunning", "RUN-11", func(i *impl) {
			onErrors(i, replaceError(i, model.MainRunning))
		}),
		wrongPlain("a main that is still running is reported as a drain timeout", "RUN-11", func(i *impl) {
			run := i.Run
			i.Run = func(main task, drain, shutdown time.Duration) error {
				err := run(main, drain, shutdown)
				if err == nil || !i.Is(err, model.MainRunning) {
					return err
				}
				all := []error{err}
				if joined, ok := err.(interface{ Unwrap() []error }); ok {
					all = slices.Clone(joined.Unwrap())
				}
				for n, one := range all {
					if i.Is(one, model.MainRunning) {
						all[n] = plain.ErrDrainTimeout
					}
				}
				return errors.Join(all...)
			}
		}),
		wrong("main is not called when the parent is already cancelled", "RUN-1 RUN-12", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if s.Parent != nil && s.Parent.Err() != nil {
					main = func(context.Context) error { return nil }
				}
				return run(main, s)
			})
		}),
		wrong("there is a drain delay although the parent is already cancelled", "RUN-12", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if s.Parent != nil && s.Parent.Err() != nil {
					cancelled := s.Parent
					var cancel context.CancelCauseFunc
					s.Parent, cancel = context.WithCancelCause(context.WithoutCancel(cancelled))
					defer cancel(nil)
					inner := main
					main = func(ctx context.Context) error {
						cancel(context.Cause(cancelled))
						return inner(ctx)
					}
				}
				return run(main, s)
			})
		}),
		wrong("manual start is ignored", "HEALTH-15 HEALTH-17 HEALTH-4 LOG-2 RUN-13", func(i *impl) {
			onSettings(i, func(s *settings) { s.ManualStart = false })
		}).because("Probes of a service that is starting find one that runs."),
		wrong("MarkStarted does nothing", "LOG-2 RUN-2 RUN-13", func(i *impl) {
			i.MarkStarted = func(ctx context.Context) { blameForeign(ctx, place(1)) }
		}),
		wrong("MarkStarted makes a draining service run again", "STATE-1", func(i *impl) {
			type again struct {
				observe func(conformance.Step)
			}
			of := notes[again](i)
			onRun(i, func(main task, s settings, run runner) error {
				observe := s.Observe
				return run(func(ctx context.Context) error {
					of(ctx).observe = observe
					return main(ctx)
				}, s)
			})
			markStarted := i.MarkStarted
			i.MarkStarted = func(ctx context.Context) {
				if observe := of(ctx).observe; i.State(ctx) == "draining" && observe != nil {
					observe(conformance.Step{At: time.Now(), From: "draining", On: "started", To: "running"})
				}
				if !blameForeign(ctx, place(1)) {
					markStarted(ctx)
				}
			}
		}),
		wrong("a bad duration is ignored", "RUN-8", func(i *impl) {
			onMisuse(i, "WithDrainTimeout", func(main task) error { return i.RunWith(main, settings{}) })
		}),
		wrong("a nil main panics", "RUN-8", func(i *impl) {
			onMisuse(i, "main", func(task) error { panic("main is nil") })
		}),
		wrong("the error does not say which argument is wrong", "RUN-8", func(i *impl) {
			for n, m := range i.Misuses {
				if run := m.Run; run != nil {
					i.Misuses[n].Run = func(main task) error {
						if run(main) != nil {
							return errInvalid
						}
						return nil
					}
				}
			}
		}),
	}
}

// onMisuse replaces the calls of Run with that argument wrong.
func onMisuse(i *impl, argument string, run func(main task) error) {
	for n := range i.Misuses {
		if i.Misuses[n].Argument == argument {
			i.Misuses[n].Run = run
		}
	}
}
