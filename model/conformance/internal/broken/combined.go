package broken

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// settingCases are right for each setting alone, and wrong for two together.
func settingCases() []Case {
	return []Case{
		wrong("with a drain delay the values of the parent are lost", "RUN-2", func(i *impl) {
			withoutValues(i, func(s settings) bool { return s.Delay > 0 })
		}),
		wrong("with manual start the values of the parent are lost", "RUN-2", func(i *impl) {
			withoutValues(i, func(s settings) bool { return s.ManualStart })
		}),
		wrong("with a drain delay main has the deadline of the parent", "RUN-2", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				return run(func(ctx context.Context) error {
					if s.Parent != nil && s.Delay > 0 {
						if d, ok := s.Parent.Deadline(); ok {
							below, cancel := context.WithDeadline(ctx, d)
							defer cancel()
							ctx = below
						}
					}
					return main(ctx)
				}, s)
			})
		}),
		wrong("with WithCleanError the usual ends are errors", "RUN-7", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				is := s.CleanError
				if main == nil || is == nil || isPlay(s) {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					err := main(ctx)
					if holdsItself(err, 0) == nil && ctx.Err() != nil && errors.Is(err, http.ErrServerClosed) && !is(err) {
						return errors.New(err.Error())
					}
					return err
				}, s)
			})
		}),
		wrong("a clean end in the drain delay is an error", "RUN-7", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if err != nil && ctx.Err() == nil && i.State(ctx) == "draining" && (errors.Is(err, context.Canceled) || errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed)) {
					return fmt.Errorf("in the delay: %s", err)
				}
				return err
			})
		}),
		wrong("with an observer a goroutine is left behind", "RUN-10", func(i *impl) {
			leaves(i, func(s settings) bool { return s.Observe != nil })
		}),
		wrong("with a source of signals a goroutine is left behind", "RUN-10", func(i *impl) {
			leaves(i, func(s settings) bool { return s.Signals != nil })
		}),
		wrong("with manual start a goroutine is left behind", "RUN-10", func(i *impl) {
			leaves(i, func(s settings) bool { return s.ManualStart })
		}),
		wrong("a second stop ends the drain delay", "DRAIN-7 LOG-1", func(i *impl) { endsDelay(i) }),
		wrong("a hook's deadline is that of its timeout though the phase ends before", "HOOK-5", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				at := place(1)
				if inner := hook; inner != nil && timeout > 0 {
					hook = func(own context.Context) error { return inner(deadlineAt{own, time.Now().Add(timeout)}) }
				}
				register(ctx, hook, timeout, at)
			}
		}),
	}
}

// withoutValues takes the values of the parent from main's context, if such are the
// settings.
func withoutValues(i *impl, such func(s settings) bool) {
	onRun(i, func(main task, s settings, run runner) error {
		if main == nil || !such(s) || isPlay(s) {
			return run(main, s)
		}
		return run(func(ctx context.Context) error {
			below, cancel := context.WithCancelCause(runOnly{Context: context.WithoutCancel(ctx), run: ctx})
			if ctx.Err() != nil {
				cancel(context.Cause(ctx))
			}
			context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
			return main(below)
		}, s)
	})
}

// leaves leaves a goroutine behind after each run with such settings.
func leaves(i *impl, such func(s settings) bool) {
	onSettings(i, func(s *settings) {
		if such(*s) {
			go func() { time.Sleep(24 * time.Hour) }()
		}
	})
}

// endsDelay has main's context end when Stop is called a second time.
func endsDelay(i *impl) {
	type asked struct {
		n      atomic.Int64
		first  error
		cancel context.CancelCauseFunc
	}
	of, stop, isPlayed := notes[asked](i), i.Stop, played(i)
	onMain(i, func(ctx context.Context, main task) error {
		if !isPlayed(ctx) {
			return main(ctx)
		}
		below, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
		of(ctx).cancel = cancel
		if ctx.Err() != nil {
			cancel(context.Cause(ctx))
		}
		context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
		return main(below)
	})
	i.Stop = func(ctx context.Context, err error) {
		if blameForeign(ctx, place(1)) {
			return
		}
		running := i.State(ctx) == "running"
		stop(ctx, err)
		if a := of(ctx); running {
			a.first = err
			a.n.Store(1)
		} else if a.n.Add(1) > 1 && a.cancel != nil && i.State(ctx) == "draining" {
			a.cancel(a.first)
		}
	}
}

// deadlineAt is a context with another deadline.
type deadlineAt struct {
	context.Context
	at time.Time
}

// Deadline returns it.
func (d deadlineAt) Deadline() (time.Time, bool) { return d.at, true }
