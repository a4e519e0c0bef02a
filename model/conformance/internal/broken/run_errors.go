package broken

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/greynewell/mist-go/model"
)

var errInvalid = errors.New("invalid argument")

func errorCases() []Case {
	return []Case{
		wrong("a panic in main is a plain error", "RUN-4", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if o.panicked {
					return errors.New("main failed")
				}
				return o.again()
			})
		}),
		wrong("a panic in main ends the process", "RUN-4", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if o.panicked {
					go panic(o.value)
					select {}
				}
				return o.again()
			})
		}),
		wrong("main's panic does not unwrap to its value", "RUN-4", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if o.panicked {
					o.value = fmt.Sprint(o.value)
				}
				return o.again()
			})
		}),
		// Of the others, one looks like another.
		wrong("main's panic with an error is lost", "RUN-4", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				_, isNil := o.value.(*runtime.PanicNilError)
				if _, isError := o.value.(error); isError && !isNil {
					return nil
				}
				return o.again()
			})
		}),
		wrong("the error of main's panic does not show the value", "RUN-4", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if _, isError := o.value.(error); o.panicked && !isError {
					o.value = "something"
				}
				return o.again()
			})
		}),
		wrong("Goexit in main hangs", "RUN-5", func(i *impl) {
			onEnd(i, func(ctx context.Context, o outcome) error {
				if o.exited {
					<-ctx.Done()
				}
				return o.again()
			})
		}),
		wrong("Goexit in main is a plain error", "RUN-5", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if o.exited {
					return errors.New("main failed")
				}
				return o.again()
			})
		}),
		wrong("main's error is wrapped", "RUN-6", func(i *impl) {
			isPlayed := played(i)
			onEnd(i, func(ctx context.Context, o outcome) error {
				if o.err != nil && isPlayed(ctx) {
					return fmt.Errorf("main: %w", o.err)
				}
				return o.again()
			})
		}),
		wrong("only the first error is returned", "RUN-6 RUN-11 RUN-14", func(i *impl) {
			onErrors(i, func(all []error) []error { return all[:1] })
		}).mayBreak("HTTP-8"),
		wrong("the errors are in the wrong order", "RUN-6", func(i *impl) {
			onErrors(i, func(all []error) []error {
				// One panic looks like another, and a signal is RUN-14's.
				signal := i.Is(all[len(all)-1], model.CauseSIGTERM) || i.Is(all[len(all)-1], model.CauseSIGINT)
				if len(all) == 2 && !signal && !i.Is(all[0], model.Panic) && !i.Is(all[1], model.Panic) {
					slices.Reverse(all)
				}
				return all
			})
		}),
		wrong("a clean end after a stop is an error", "RUN-7", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || !isPlay(s) {
					return run(main, s)
				}
				var asked atomic.Pointer[error]
				err := run(func(ctx context.Context) error {
					err := main(ctx)
					if joined, _ := err.(interface{ Unwrap() []error }); joined == nil && ctx.Err() != nil && isAsked(err) {
						asked.Store(&err)
					}
					return err
				}, s)
				if e := asked.Load(); e != nil {
					return errors.Join(err, *e)
				}
				return err
			})
		}),
		wrong("an error joined with a clean one is dropped", "RUN-7", func(i *impl) {
			onErrors(i, func(all []error) []error {
				if _, joined := all[0].(interface{ Unwrap() []error }); joined && len(all) == 1 && isAsked(all[0]) {
					return nil
				}
				return all
			})
		}),
		wrong("a task's clean end is not logged", "RUN-7", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if level != "DEBUG" || !strings.Contains(line, "task") {
					log(level, line)
				}
			})
		}),
		wrong("context.Canceled is clean even before a stop", "RUN-7", func(i *impl) {
			onEnd(i, func(_ context.Context, o outcome) error {
				if o.err == context.Canceled {
					return nil
				}
				return o.again()
			})
		}),
	}
}

// isAsked says whether anything in err is what a stop makes main return.
func isAsked(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, http.ErrServerClosed)
}

// onErrors has f change the list of errors that Run returns, when there are
// any.
func onErrors(i *impl, f func(all []error) []error) {
	onRun(i, func(main task, s settings, run runner) error {
		if main == nil {
			return run(nil, s)
		}
		var own atomic.Pointer[error] // main's, which may be a list itself
		err := run(func(ctx context.Context) error {
			err := main(ctx)
			own.Store(&err)
			return err
		}, s)
		if holdsItself(err, 0) != nil {
			return err // to look for anything in it has no end
		}
		all := []error{err}
		joined, ok := err.(interface{ Unwrap() []error })
		_, single := err.(interface{ single() }) // one error, which unwraps to several
		if mains := own.Load(); ok && !single && len(joined.Unwrap()) > 0 && (mains == nil || *mains != err) {
			all = joined.Unwrap()
		}
		if err == nil {
			return nil
		}
		if all = f(slices.Clone(all)); len(all) == 1 {
			return all[0]
		}
		return errors.Join(all...)
	})
}

// replaceError returns a change of a list of errors: one of a kind becomes one
// that has no kind.
func replaceError(i *impl, kind model.Kind) func(all []error) []error {
	is := i.Is
	return func(all []error) []error {
		for n, err := range all {
			if is(err, kind) {
				all[n] = errors.New("something went wrong")
			}
		}
		return all
	}
}
