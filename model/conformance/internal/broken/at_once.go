package broken

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// atOnceCases are right as a rule and wrong where many come, several come at once, or
// the run is stopped or ends in a rarer way.
func atOnceCases() []Case {
	return []Case{
		wrong("of the errors of tasks ten are in the result", "RUN-6", func(i *impl) {
			onErrors(i, func(all []error) (kept []error) {
				tasks := 0
				for _, err := range all {
					if _, isTask := err.(*lifecycle.TaskError); isTask {
						tasks++
					}
					if tasks <= 10 {
						kept = append(kept, err)
					}
				}
				return kept
			})
		}),
		// The place that the library names is the wrapper's.
		wrong("with many units their end is noticed every 10 ms", "DRAIN-5", func(i *impl) {
			type units struct{ n atomic.Int64 }
			of, refused, track := notes[units](i), refusedAt(i), i.Track
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				done, ok := track(ctx)
				if !ok {
					refused(ctx, place(1))
				}
				if of(ctx).n.Add(1) <= 8 {
					return done, ok
				}
				return func() { time.AfterFunc(10*time.Millisecond, done) }, ok
			}
		}),
		wrong("thirty failures wait for the logger", "STATE-4", func(i *impl) {
			type run struct {
				failed  atomic.Int64
				writing atomic.Bool
			}
			var of func(ctx context.Context) *run
			onRun(i, func(main task, s settings, inner runner) error {
				if log := s.Log; log != nil {
					r := of(s.Parent)
					s.Log = func(level, line string) {
						r.writing.Store(true)
						defer r.writing.Store(false)
						log(level, line)
					}
				}
				return inner(main, s)
			})
			of = notes[run](i) // around what looks for them
			onHookEnd(i, func(ctx, own context.Context, o outcome) error {
				if r := of(ctx); o.err != nil && r.failed.Add(1) == 31 {
					for time.Sleep(time.Nanosecond); r.writing.Load() && own.Err() == nil; { // by now the log has begun
						time.Sleep(time.Millisecond)
					}
				}
				return o.again()
			})
		}),
		wrong("the parent's end cancels the context before draining is visible", "STATE-5", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || s.Parent == nil || s.Signals == nil || s.Observe != nil || s.Delay > 0 {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					below, cancel := context.WithCancelCause(ctx)
					defer cancel(nil)
					defer context.AfterFunc(s.Parent, func() { cancel(context.Cause(s.Parent)) })()
					return main(below)
				}, s)
			})
		}),
		wrong("two calls at once may both fire an event", "STATE-3", func(i *impl) {
			machine := i.Machine
			i.Machine = func() conformance.Machine {
				m := machine()
				state, fire := m.State, m.Fire
				m.Fire = func(event string) (bool, error) {
					if before := state(); before == "starting" && event == "started" {
						runtime.Gosched()
						_, _ = fire(event)
						return false, nil
					}
					return fire(event)
				}
				return m
			}
		}),
		wrong("the second of two calls of MarkStarted at once panics", "RUN-13", func(i *impl) {
			type start struct{ once atomic.Bool }
			of, mark := notes[start](i), i.MarkStarted
			i.MarkStarted = func(ctx context.Context) {
				if blameForeign(ctx, place(1)) {
					return
				}
				if i.State(ctx) == "starting" {
					if linger(); of(ctx).once.Swap(true) {
						panic("started twice")
					}
				}
				mark(ctx)
			}
		}),
		wrong("a further SIGTERM kills once the drain timeout has run out", "SIG-1", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || s.Signals != nil || s.Drain != 20*time.Millisecond {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					context.AfterFunc(i.WorkContext(ctx), func() {
						if errors.Is(context.Cause(i.WorkContext(ctx)), lifecycle.ErrDrainTimeout) {
							signal.Reset(syscall.SIGTERM)
						}
					})
					return main(ctx)
				}, s)
			})
		}),
		wrong("the error of a hook that a signal has interrupted is not logged", "HOOK-3", func(i *impl) {
			onHookEnd(i, func(_, own context.Context, o outcome) error {
				if errors.Is(context.Cause(own), lifecycle.ErrForced) {
					return nil
				}
				return o.again()
			})
		}),
		wrong("signals are still caught after arguments were refused", "SIG-3", func(i *impl) {
			for n, m := range i.Misuses {
				if m.Run != nil {
					i.Misuses[n].Run = func(main task) error {
						signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
						return m.Run(main)
					}
				}
			}
		}),
		wrong("what waits for a parent of an unknown type stays", "RUN-10", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if s.Parent != nil {
					context.AfterFunc(s.Parent, func() {})
				}
				return run(main, s)
			})
		}),
		// The place that the log names is the wrapper's.
		wrong("in the drain delay the error given to Stop is not a clean end", "LOG-1 RUN-7", func(i *impl) {
			type stopped struct{ err error }
			of, stop := notes[stopped](i), i.Stop
			i.Stop = func(ctx context.Context, err error) {
				if blameForeign(ctx, place(1)) {
					return
				}
				if i.State(ctx) == "running" {
					of(ctx).err = err
				}
				stop(ctx, err)
			}
			onEnd(i, func(ctx context.Context, o outcome) error {
				if cause := of(ctx).err; cause != nil && ctx.Err() == nil && holdsItself(o.err, 0) == nil && errors.Is(o.err, cause) {
					return errors.New(o.err.Error())
				}
				return o.again()
			})
		}),
		wrong("an interrupt after another signal is logged like any signal", "LOG-2", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if s.Logger == nil || s.Signals == nil {
					return run(main, s)
				}
				var stopped atomic.Bool
				s.Logger = slog.New(recorder{s.Logger.Handler(), func(r slog.Record, write func(slog.Record)) {
					if attr(r, "to") == "draining" {
						stopped.Store(attr(r, "hint") == "")
					}
					if stopped.Load() {
						r = withoutAttr(r, "hint")
					}
					write(r)
				}})
				return run(main, s)
			})
		}),
	}
}
