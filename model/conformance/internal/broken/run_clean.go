package broken

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"sync/atomic"

	"github.com/greynewell/mist-go/model"
)

// endCases are wrong about which ends are clean, and what a signal is in the
// result.
func endCases() []Case {
	return []Case{
		wrong("WithCleanError is not asked of errors that cannot be compared", "RUN-7", func(i *impl) {
			onSettings(i, func(s *settings) {
				if clean := s.CleanError; clean != nil {
					s.CleanError = func(err error) bool { return reflect.ValueOf(err).Comparable() && clean(err) }
				}
			})
		}),
		wrong("net.ErrClosed is an error after a stop too", "RUN-7", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || !isPlay(s) {
					return run(main, s)
				}
				var closed atomic.Pointer[error]
				err := run(func(ctx context.Context) error {
					err := main(ctx)
					if ctx.Err() != nil && errors.Is(err, net.ErrClosed) {
						closed.Store(&err)
					}
					return err
				}, s)
				if e := closed.Load(); e != nil {
					return errors.Join(*e, err)
				}
				return err
			})
		}),
		wrong("a Dial that the stop has cancelled is an error", "RUN-7", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if dial := (*net.OpError)(nil); ctx.Err() != nil && holdsItself(err, 0) == nil && errors.As(err, &dial) && dial.Op == "dial" {
					return errors.New(err.Error())
				}
				return err
			})
		}),
		wrong("a list of errors is clean if it says that it is context.Canceled", "RUN-7", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if list, ok := err.(interface{ Is(target error) bool }); ctx.Err() != nil && ok && list.Is(context.Canceled) {
					return nil
				}
				return err
			})
		}),
		wrong("what WithCleanError accepts is an error", "RUN-7", func(i *impl) {
			onSettings(i, func(s *settings) { s.CleanError = nil })
		}),
		wrong("WithCleanError is asked of the error as a whole", "RUN-7", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				is := s.CleanError
				if main == nil || is == nil {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					err := main(ctx)
					if err != nil && ctx.Err() != nil && holdsItself(err, 0) == nil && is(err) {
						return nil
					}
					return err
				}, s)
			})
		}),
		wrong("what WithCleanError accepts is clean before a stop too", "RUN-7", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				is := s.CleanError
				if main == nil || is == nil || !isPlay(s) {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					err := main(ctx)
					if _, joined := err.(interface{ Unwrap() []error }); err != nil && !joined && is(err) {
						return nil
					}
					return err
				}, s)
			})
		}),
		wrong("an error that unwraps to itself ends the process", "RUN-7", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if holdsItself(o.err, 0) != nil {
					go panic("the stack overflows")
					select {}
				}
				return o.again()
			})
		}),
		wrong("an error that unwraps to itself is taken for clean", "RUN-7", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if holdsItself(o.err, 0) != nil {
					return nil
				}
				return o.again()
			})
		}),
		wrong("a signal is never an error", "RUN-14", func(i *impl) {
			onSettings(i, func(s *settings) { s.SignalError = false })
		}),
		// When main returns the cause, it may as well be main's.
		wrong("a signal is an error without WithSignalError", "RUN-7 RUN-14", func(i *impl) {
			onSettings(i, func(s *settings) { s.SignalError = s.SignalError || isPlay(*s) })
		}),
		wrong("the signal is in the result twice when main returns it", "RUN-14", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || !s.SignalError {
					return run(main, s)
				}
				var again atomic.Pointer[error]
				err := run(func(ctx context.Context) error {
					err := main(ctx)
					if cause := context.Cause(ctx); err != nil && err == cause && (i.Is(err, model.CauseSIGTERM) || i.Is(err, model.CauseSIGINT)) {
						again.Store(&err)
					}
					return err
				}, s)
				if e := again.Load(); e != nil {
					return errors.Join(err, *e)
				}
				return err
			})
		}),
		wrong("the signal is in the result twice when Stop is given it", "RUN-14", func(i *impl) {
			stop := i.Stop
			var given atomic.Pointer[error]
			i.Stop = func(ctx context.Context, err error) {
				if signal := context.Cause(ctx); err != nil && err == signal && (i.Is(err, model.CauseSIGTERM) || i.Is(err, model.CauseSIGINT)) {
					given.Store(&err)
				}
				stop(ctx, err)
			}
			onRun(i, func(main task, s settings, run runner) error {
				given.Store(nil)
				err := run(main, s)
				if e := given.Load(); e != nil && s.SignalError {
					return errors.Join(err, *e)
				}
				return err
			})
		}).mayBreak("HOOK-9 LOG-1"),
		wrong("the signal is the first of the errors", "RUN-14", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				err := run(main, s)
				joined, ok := err.(interface{ Unwrap() []error })
				if !ok || !s.SignalError {
					return err
				}
				all := joined.Unwrap()
				last := all[len(all)-1]
				if !i.Is(last, model.CauseSIGTERM) && !i.Is(last, model.CauseSIGINT) {
					return err
				}
				return errors.Join(append([]error{last}, all[:len(all)-1]...)...)
			})
		}),
		wrong("the exit code of a signal is 1", "RUN-14", func(i *impl) {
			i.ExitCode = func(err error) int {
				if err == nil {
					return 0
				}
				return 1
			}
		}),
		wrong("the exit code is the signal's, whatever else failed", "RUN-14", func(i *impl) {
			i.ExitCode = func(err error) int {
				switch {
				case err == nil:
					return 0
				case i.Is(err, model.CauseSIGINT):
					return 130
				case i.Is(err, model.CauseSIGTERM):
					return 143
				}
				return 1
			}
		}),
		wrong("a nil ServeOption is ignored", "RUN-8", func(i *impl) {
			for n := range i.Misuses {
				if m := i.Misuses[n]; m.Within != nil && m.Argument == "option" {
					i.Misuses[n].Within = func(context.Context) error { return nil }
				}
			}
		}),
		wrong("the error of Serve does not say which argument is wrong", "RUN-8", func(i *impl) {
			for n := range i.Misuses {
				if within := i.Misuses[n].Within; within != nil {
					i.Misuses[n].Within = func(ctx context.Context) error {
						if within(ctx) != nil {
							return errInvalid
						}
						return nil
					}
				}
			}
		}),
	}
}

// holdsItself walks an error, and returns one when that has no end.
func holdsItself(err error, depth int) error {
	if depth > 50 {
		return fmt.Errorf("there is no end after %d steps", depth)
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return holdsItself(inner, depth+1)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if endless := holdsItself(inner, depth+1); endless != nil {
				return endless
			}
		}
	}
	return nil
}
