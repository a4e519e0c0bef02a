package broken

import (
	"context"
	"errors"
	"os"
	"slices"

	"syscall"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// resultCases are wrong for errors of one shape, for one instant, or in one order.
func resultCases() []Case {
	return slices.Concat(shapeCases(), signalOrderCases(), []Case{
		wrong("Run does not wait for an observer that is slow", "STATE-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				observe := s.Observe
				if observe == nil || s.Signals != nil {
					return
				}
				steps := make(chan conformance.Step, 8) // more than there are
				go func() {
					for step := range steps {
						contained(func() error { observe(step); return nil })
						if step.To == "stopped" {
							return
						}
					}
				}()
				s.Observe = func(step conformance.Step) { steps <- step }
			})
		}),
		wrong("Run returns a fifth of a second after it has stopped", "RUN-1", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				err := run(main, s)
				if isPlay(s) {
					time.Sleep(200 * time.Millisecond)
				}
				return err
			})
		}),
		wrong("a Step has the time of the observer's call", "STATE-4", func(i *impl) {
			onObserver(i, func(s conformance.Step, observe func(conformance.Step)) {
				s.At = time.Now()
				observe(s)
			})
		}),
		wrong("a work context has the deadline of the one it is asked with", "DRAIN-8", func(i *impl) {
			work := i.WorkContext
			i.WorkContext = func(ctx context.Context) context.Context {
				if blameForeign(ctx, place(1)) {
					return ctx
				}
				return hasDeadlineOf{work(ctx), ctx}
			}
		}),
		wrong("a work context made in a hook does not say what ended draining", "DRAIN-8", func(i *impl) {
			work := i.WorkContext
			i.WorkContext = func(ctx context.Context) context.Context {
				if blameForeign(ctx, place(1)) {
					return ctx
				}
				if i.State(ctx) != "hooks" {
					return work(ctx)
				}
				below, cancel := context.WithCancel(ctx)
				cancel()
				return below
			}
		}),
		wrong("a hook that a hook registers cannot be taken back", "HOOK-10", func(i *impl) {
			i.OnShutdownStop = func(ctx context.Context, hook task, timeout time.Duration) func() bool {
				stop := register(ctx, hook, timeout, place(1))
				if i.State(ctx) == "hooks" {
					return func() bool { return false }
				}
				return stop
			}
		}),
		wrong("the error of a signal that is joined with itself has no exit code", "RUN-14", func(i *impl) {
			code := i.ExitCode
			i.ExitCode = func(err error) int {
				if _, joined := err.(interface{ Unwrap() []error }); joined {
					return 1
				}
				return code(err)
			}
		}),
	})
}

// hasDeadlineOf is a context with the deadline of another.
type hasDeadlineOf struct {
	context.Context
	other context.Context
}

// Deadline is that of the other.
func (c hasDeadlineOf) Deadline() (time.Time, bool) { return c.other.Deadline() }

func shapeCases() []Case {
	return []Case{
		wrong("of the errors of two tasks the later comes first", "RUN-6", func(i *impl) {
			onErrors(i, func(all []error) (kept []error) {
				var tasks []int
				for n, err := range all {
					if _, ok := err.(*lifecycle.TaskError); ok {
						tasks = append(tasks, n)
					}
				}
				kept = slices.Clone(all)
				for n, at := range tasks {
					kept[at] = all[tasks[len(tasks)-1-n]]
				}
				return kept
			})
		}),
		wrong("a panic of a function that main deferred is lost when main calls Goexit", "RUN-4", func(i *impl) {
			onErrors(i, func(all []error) []error {
				if _, panicked := all[0].(*lifecycle.PanicError); panicked && len(all) > 1 && all[1] == lifecycle.ErrGoexit {
					return all[1:]
				}
				return all
			})
		}),
		wrong("the error of a panic in a function that main deferred does not show the value when main calls Goexit", "RUN-4", func(i *impl) {
			onErrors(i, func(all []error) []error {
				if _, panicked := all[0].(*lifecycle.PanicError); panicked && len(all) > 1 && all[1] == lifecycle.ErrGoexit {
					all[0] = reworded{all[0], "main panicked"}
				}
				return all
			})
		}),
		wrong("what the cause wraps is clean", "RUN-7", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if cause := context.Cause(ctx); cause != nil && err != nil && holdsItself(err, 0) == nil && errors.Is(cause, err) {
					return nil
				}
				return err
			})
		}),
		wrong("an error of Stop is dropped if it wraps a signal's", "LOG-1 RUN-6 RUN-14", func(i *impl) {
			stop := i.Stop
			i.Stop = func(ctx context.Context, err error) {
				if blameForeign(ctx, place(1)) {
					return
				}
				if s := (*lifecycle.SignalError)(nil); errors.As(err, &s) {
					err = nil
				}
				stop(ctx, err)
			}
		}),
	}
}

// signalOrderCases are wrong for signals that come in a certain order, or at a certain time.
func signalOrderCases() []Case {
	const least = 250 * time.Millisecond
	dropping := func(name, breaks string, drops func(sig os.Signal, last os.Signal, after time.Duration) bool) Case {
		return wrong(name, breaks, func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) {
				var last os.Signal
				var at time.Time
				return func(sig os.Signal) {
					if last == nil || !drops(sig, last, time.Since(at)) {
						deliver(sig)
					}
					last, at = sig, time.Now()
				}
			})
		})
	}
	return []Case{
		dropping("a SIGINT exactly 250 ms after another does not force", "SIG-2", func(sig, last os.Signal, after time.Duration) bool {
			return sig == os.Interrupt && after == least
		}),
		dropping("a SIGINT soon after a SIGTERM does not force", "LOG-2 SIG-2", func(sig, last os.Signal, after time.Duration) bool {
			return sig == os.Interrupt && last == syscall.SIGTERM && after < least && after > 0
		}),
		wrong("an interrupt two seconds after another, when a timeout may have run out, ends the process", "SIG-2", func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) {
				var first time.Time
				return func(sig os.Signal) {
					if sig == os.Interrupt && time.Since(first) == 2*time.Second {
						go panic("event without a row")
						select {}
					}
					first = time.Now()
					deliver(sig)
				}
			})
		}),
		wrong("of the signals that are in the source the last is the cause", "RUN-2", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				source, out, over := s.Signals, make(chan os.Signal, 16), make(chan struct{})
				if source == nil || cap(source) < 2 {
					return run(main, s)
				}
				defer close(over)
				s.Signals = out
				go forward(source, over, func(sig os.Signal) {
					for range len(source) {
						sig = <-source
					}
					out <- sig
				}, func() {})
				return run(main, s)
			})
		}),
		wrong("the context of a hook that a signal ends has the timeout as its cause", "SIG-2", func(i *impl) {
			onHook(i, func(_ context.Context, hook task, takesContext bool) task {
				if !takesContext {
					return hook
				}
				return func(own context.Context) error {
					below, cancel := context.WithCancelCause(context.WithoutCancel(own))
					context.AfterFunc(own, func() {
						cause := context.Cause(own)
						if errors.Is(cause, lifecycle.ErrForced) {
							cause = lifecycle.ErrShutdownTimeout
						}
						cancel(cause)
					})
					return hook(hasDeadlineOf{below, own})
				}
			})
		}),
	}
}
