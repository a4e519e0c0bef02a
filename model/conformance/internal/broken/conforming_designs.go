package broken

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"

	"github.com/greynewell/mist-go/lifecycle"
)

// designVariants have errors and contexts of other designs, which hold the same.
func designVariants() []variant {
	return []variant{
		{"has error types that answer Is and As and unwrap to nothing", "RUN DRAIN HOOK SIG", func(i *impl) {
			onEachError(i, func(err error) error {
				switch err.(type) {
				case *lifecycle.HookError, *lifecycle.TaskError:
					if holdsItself(err, 0) == nil {
						return opaque{err}
					}
				}
				return err
			})
		}},
		{"has signal errors that unwrap to two errors", "RUN SIG", splitSignals},
		{"wraps every cause, context.Canceled too", "RUN DRAIN HOOK SIG STATE", onContexts(func(cause error) error {
			return fmt.Errorf("the service stops: %w", cause)
		})},
		{"has contexts with a Done channel of their own", "RUN DRAIN HOOK SIG STATE", onContexts(func(cause error) error { return cause })},
		{"has timeouts that are deadlines exceeded", "DRAIN HOOK RUN", func(i *impl) {
			onEachError(i, func(err error) error {
				if holdsItself(err, 0) == nil && (errors.Is(err, lifecycle.ErrDrainTimeout) || errors.Is(err, lifecycle.ErrShutdownTimeout)) {
					return fmt.Errorf("%w (%w)", err, context.DeadlineExceeded)
				}
				return err
			})
		}},
		{"wraps the error of a signal", "RUN SIG", func(i *impl) {
			onErrors(i, func(all []error) []error {
				last := &all[len(all)-1] // another may be main's own
				if s, ok := (*last).(*lifecycle.SignalError); ok {
					*last = fmt.Errorf("the service was interrupted: %w", s)
				}
				return all
			})
		}},
		{"says where main is when it stays", "RUN DRAIN HOOK", func(i *impl) {
			onEachError(i, func(err error) error {
				if err == lifecycle.ErrMainRunning {
					return reworded{err, fmt.Sprintf("%v:\n\n%s", err, debug.Stack())}
				}
				return err
			})
		}},
		{"joins an error that is alone", "RUN DRAIN HOOK SIG", func(i *impl) {
			onErrors(i, func(all []error) []error {
				if len(all) == 1 && isLibrarys(all[0]) {
					return []error{errors.Join(nil, all[0])}
				}
				return all
			})
		}},
		{"returns a list whose type cannot be compared", "RUN DRAIN HOOK SIG", func(i *impl) {
			onJoined(i, func(joined error) error { return failures(joined.(interface{ Unwrap() []error }).Unwrap()) })
		}},
		{"groups errors by phase", "RUN DRAIN HOOK SIG", func(i *impl) {
			onErrors(i, func(all []error) []error {
				var phases []error
				for n := 0; n < len(all); {
					next := n + 1
					for next < len(all) && reflect.TypeOf(all[next]) == reflect.TypeOf(all[n]) {
						next++
					}
					if len(all) == 1 {
						return all
					}
					phases = append(phases, phaseError{fmt.Sprintf("phase %d", len(phases)+1), all[n:next:next]})
					n = next
				}
				return phases
			})
		}},
		{"ends each text with advice", "RUN DRAIN HOOK SIG", func(i *impl) {
			onEachError(i, func(err error) error {
				return reworded{err, fmt.Sprintf("%v\n\tsee https://example.com/errors for what to do", err)}
			})
		}},
		{"answers from other goroutines", "STATE DRAIN RUN", func(i *impl) {
			state, work, code := i.State, i.WorkContext, i.ExitCode
			i.State = func(ctx context.Context) (s string) {
				contained(func() error { s = state(ctx); return nil })
				return s
			}
			i.WorkContext = func(ctx context.Context) (c context.Context) {
				if blameForeign(ctx, place(1)) {
					return ctx
				}
				contained(func() error { c = work(ctx); return nil })
				return c
			}
			i.ExitCode = func(err error) (n int) {
				contained(func() error { n = code(err); return nil })
				return n
			}
		}},
	}
}

// opaque is an error that does not say what it wraps, but answers for it.
type opaque struct{ inner error }

func (o opaque) Error() string        { return o.inner.Error() }
func (o opaque) Is(target error) bool { return errors.Is(o.inner, target) }
func (o opaque) As(target any) bool   { return errors.As(o.inner, target) }

// failures is a list of errors.
type failures []error

func (f failures) Error() string   { return errors.Join(f...).Error() }
func (f failures) Unwrap() []error { return f }

// phaseError is what failed in a phase.
type phaseError struct {
	phase string
	all   []error
}

func (p phaseError) Error() string   { return p.phase + ": " + errors.Join(p.all...).Error() }
func (p phaseError) Unwrap() []error { return p.all }

// signalled is an error about a signal that is a cancellation as well.
type signalled struct{ *lifecycle.SignalError }

func (s signalled) single()         {}
func (s signalled) Unwrap() []error { return []error{errSentinel, context.Canceled} }
func (s signalled) As(target any) bool {
	to, ok := target.(**lifecycle.SignalError)
	if ok {
		*to = s.SignalError
	}
	return ok
}

// splitSignals has errors about signals unwrap to other errors.
func splitSignals(i *impl) {
	onErrors(i, func(all []error) []error {
		last := &all[len(all)-1] // another may be main's own
		if s, ok := (*last).(*lifecycle.SignalError); ok {
			*last = signalled{s}
		}
		return all
	})
	code := i.ExitCode
	i.ExitCode = func(err error) int {
		all := contained(func() error { // a method Unwrap may panic
			if holdsItself(err, 0) != nil {
				return err
			}
			return plainSignals(err)
		})
		if all.panicked {
			return 1
		}
		return code(all.err)
	}
}

// plainSignals is the tree of an error with the library's own errors about signals.
func plainSignals(err error) error {
	switch e := err.(type) {
	case signalled:
		return e.SignalError
	case interface{ Unwrap() []error }:
		if all := e.Unwrap(); len(all) > 0 {
			var plain []error
			for _, inner := range all {
				plain = append(plain, plainSignals(inner))
			}
			return errors.Join(plain...)
		}
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return plainSignals(inner)
		}
	}
	return err
}

// onContexts has main, hooks and work have contexts of another type, with a cause that
// f makes of the library's.
func onContexts(f func(cause error) error) func(i *impl) {
	return func(i *impl) {
		type mains struct{ ctx context.Context }
		of := notes[mains](i)
		onMain(i, func(ctx context.Context, main task) error {
			own := ownDone(ctx, f)
			of(ctx).ctx = own
			return main(own)
		})
		onHook(i, func(ctx context.Context, hook task, takesContext bool) task {
			return func(own context.Context) error {
				if main := of(ctx).ctx; main != nil {
					<-main.Done() // which is a moment later than the library's
				}
				return hook(ownDone(own, f))
			}
		})
		i.CancelOnStop = nil // whose contexts would end a moment before main's
		work := i.WorkContext
		i.WorkContext = func(ctx context.Context) context.Context {
			if blameForeign(ctx, place(1)) {
				return ctx
			}
			return ownDone(work(ctx), f)
		}
	}
}

// ownDone is a context that ends with another, for a cause that f makes of its
// cause, and that the context package does not know.
func ownDone(ctx context.Context, f func(cause error) error) context.Context {
	below, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	end := func() { cancel(f(context.Cause(ctx))) }
	if ctx.Err() != nil {
		end()
	}
	context.AfterFunc(ctx, end)
	return &ownContext{Context: hasDeadlineOf{below, ctx}}
}
