package broken

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"syscall"

	"github.com/greynewell/mist-go/lifecycle"
)

// unusualCases are right for errors, values and signals of the usual types, and wrong
// for others.
func unusualCases() []Case {
	return []Case{
		wrong("a panic whose value cannot be shown ends the process", "RUN-4", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if o.panicked {
					_ = show(o.value)
				}
				return o.again()
			})
		}),
		wrong("a runtime error in main does not unwrap to its value", "RUN-4", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if e, ok := o.value.(runtime.Error); ok && o.panicked && !isNilPanic(e) {
					panic(e.Error())
				}
				return o.again()
			})
		}),
		wrong("an error of main whose type cannot be compared panics", "RUN-6 RUN-7", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if o.err != nil && !reflect.TypeOf(o.err).Comparable() {
					panic("comparing uncomparable type")
				}
				return o.again()
			})
		}),
		wrong("after a stop an error whose type cannot be compared panics", "RUN-7", func(i *impl) {
			onEnd(i, func(ctx context.Context, o outcome) error {
				if o.err != nil && ctx.Err() != nil && !reflect.TypeOf(o.err).Comparable() {
					panic("comparing uncomparable type")
				}
				return o.again()
			})
		}),
		wrong("a cause whose type cannot be compared panics", "RUN-2 RUN-7", func(i *impl) {
			onEnd(i, func(ctx context.Context, o outcome) error {
				if cause := context.Cause(ctx); cause != nil && !reflect.TypeOf(cause).Comparable() {
					panic("comparing uncomparable type")
				}
				return o.again()
			})
		}),
		wrong("an error of main that cannot be shown ends the process", "RUN-6", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if o.err != nil {
					_ = show(o.err)
				}
				return o.again()
			})
		}),
		wrong("a nil pointer that main returns as an error is dropped", "RUN-6", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if v := reflect.ValueOf(o.err); v.Kind() == reflect.Pointer && v.IsNil() {
					return nil
				}
				return o.again()
			})
		}),
		wrong("errors that main has joined are joined again", "RUN-6", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if joined, ok := err.(interface{ Unwrap() []error }); ok && ctx.Err() == nil && holdsItself(err, 0) == nil && len(joined.Unwrap()) > 0 {
					return errors.Join(joined.Unwrap()...)
				}
				return err
			})
		}),
		wrong("an error that could wrap others and does not is clean", "RUN-7", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if ctx.Err() != nil && isHollow(err) {
					return nil
				}
				return err
			})
		}),
		wrong("context.DeadlineExceeded is clean", "RUN-7", func(i *impl) { clean(i, context.DeadlineExceeded) }),
		wrong("os.ErrClosed is clean", "RUN-7", func(i *impl) { clean(i, os.ErrClosed) }),
		wrong("ExitCode of an error that unwraps to itself does not return", "RUN-14", func(i *impl) {
			exit := i.ExitCode
			i.ExitCode = func(err error) int {
				if holdsItself(err, 0) != nil {
					select {}
				}
				return exit(err)
			}
		}),
		wrong("ExitCode panics for a signal without a number", "RUN-14", func(i *impl) {
			exit := i.ExitCode
			i.ExitCode = func(err error) int {
				if s := (*lifecycle.SignalError)(nil); holdsItself(err, 0) == nil && errors.As(err, &s) {
					_ = s.Signal.(syscall.Signal)
				}
				return exit(err)
			}
		}),
		wrong("ExitCode panics for an error whose Unwrap does", "RUN-14", func(i *impl) {
			exit := i.ExitCode
			i.ExitCode = func(err error) int {
				_ = holdsItself(err, 0)
				return exit(err)
			}
		}),
		wrong("the exit code of an error that wraps nothing is 0", "RUN-14", func(i *impl) {
			exit := i.ExitCode
			i.ExitCode = func(err error) int {
				if isHollow(err) {
					return 0
				}
				return exit(err)
			}
		}),
		wrong("the exit code is the signal's though main is still running", "RUN-14", func(i *impl) {
			exit := i.ExitCode
			i.ExitCode = func(err error) int {
				if s := (*lifecycle.SignalError)(nil); holdsItself(err, 0) == nil && errors.Is(err, lifecycle.ErrMainRunning) && errors.As(err, &s) {
					return exit(s)
				}
				return exit(err)
			}
		}),
		wrong("a source's signal of another type than syscall.Signal panics", "RUN-14 SIG-2", func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) {
				return func(sig os.Signal) { deliver(sig.(syscall.Signal)) }
			})
		}),
	}
}

// show is what a value prints. It panics outside of what contains the user's panics.
func show(value any) string {
	shown := contained(func() error {
		if s, ok := value.(fmt.Stringer); ok {
			_ = s.String()
		} else if e, ok := value.(error); ok {
			_ = e.Error()
		}
		return nil
	})
	if shown.panicked {
		go panic(shown.value)
		select {}
	}
	return fmt.Sprint(value)
}

func isNilPanic(e runtime.Error) bool {
	_, is := e.(*runtime.PanicNilError)
	return is
}

// isHollow says whether an error has a method Unwrap that returns nothing.
func isHollow(err error) bool {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return e.Unwrap() == nil
	case interface{ Unwrap() []error }:
		return len(e.Unwrap()) == 0
	}
	return false
}

// clean makes an error of main a clean end after a stop.
func clean(i *impl, end error) {
	onMain(i, func(ctx context.Context, main task) error {
		err := main(ctx)
		if ctx.Err() != nil && err != context.Cause(ctx) && holdsItself(err, 0) == nil && errors.Is(err, end) {
			return nil
		}
		return err
	})
}
