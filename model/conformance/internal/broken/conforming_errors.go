package broken

import (
	"context"
	"errors"
	"fmt"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
)

// errorVariants differ in how Run's errors are made and put together: what is
// found in them, and in which order, is the same.
func errorVariants() []variant {
	return []variant{
		{"joins a hook's error with a sentinel of its own", "RUN HOOK", func(i *impl) {
			onEachError(i, func(err error) error {
				if hook := (*lifecycle.HookError)(nil); errors.As(err, &hook) {
					return fmt.Errorf("%w: %w", errSentinel, err)
				}
				return err
			})
		}},
		{"joins every error with a sentinel of its own", "RUN DRAIN HOOK SIG", func(i *impl) {
			onEachError(i, func(err error) error { return fmt.Errorf("%w: %w", errSentinel, err) })
		}},
		{"has a sentinel beside every error", "RUN DRAIN HOOK SIG", func(i *impl) {
			onEachError(i, func(err error) error { return errors.Join(err, errSentinel) })
		}},
		{"has errors of one type only, and sentinels beside them", "RUN DRAIN HOOK SIG", func(i *impl) {
			onEachError(i, func(err error) error { return fmt.Errorf("%w: %w", errSentinel, err) })
			i.Is = nil
		}},
		{"has errors with other texts", "RUN DRAIN HOOK", func(i *impl) {
			onEachError(i, func(err error) error { return reworded{err, "it was to be feared: " + err.Error()} })
		}},
		{"wraps each error three times", "RUN DRAIN HOOK SIG", func(i *impl) {
			onEachError(i, func(err error) error {
				for _, layer := range []string{"phase", "stage", "step"} {
					err = fmt.Errorf("%s: %w", layer, err)
				}
				return err
			})
		}},
		{"wraps what it has joined", "RUN DRAIN HOOK SIG", func(i *impl) {
			onJoined(i, func(joined error) error { return fmt.Errorf("run: %w", joined) })
		}},
		{"joins errors two by two from the first", "RUN DRAIN HOOK", func(i *impl) {
			onErrors(i, func(all []error) []error {
				for len(all) > 2 {
					all = append([]error{errors.Join(all[0], all[1])}, all[2:]...)
				}
				return all
			})
		}},
		{"joins errors two by two from the last", "RUN DRAIN HOOK", func(i *impl) {
			onErrors(i, func(all []error) []error {
				for n := len(all); n > 2; n = len(all) {
					all = append(all[:n-2:n-2], fmt.Errorf("%w, and %w", all[n-2], all[n-1]))
				}
				return all
			})
		}},
		{"has a type for panics that unwraps to two errors", "RUN HOOK DRAIN", func(i *impl) {
			if is := i.Is; is != nil {
				i.Is = func(err error, kind model.Kind) bool {
					p := (*panicked)(nil)
					return kind == model.Panic && errors.As(err, &p) || is(err, kind)
				}
			}
			onEachError(i, func(err error) error {
				_, joined := err.(interface{ Unwrap() []error })
				if p := (*lifecycle.PanicError)(nil); !joined && errors.As(err, &p) {
					value, _ := p.Value.(error)
					if value == nil {
						value = errors.New(fmt.Sprint(p.Value))
					}
					return &panicked{err.Error(), value}
				}
				return err
			})
		}},
	}
}

var errSentinel = errors.New("the service failed")

// reworded is an error in other words.
type reworded struct {
	error
	text string
}

func (r reworded) Error() string { return r.text }
func (r reworded) Unwrap() error { return r.error }

// panicked is an error about a panic.
type panicked struct {
	text  string
	value error
}

func (p *panicked) Error() string   { return p.text }
func (p *panicked) single()         {}
func (p *panicked) Unwrap() []error { return []error{errSentinel, p.value} }

// onEachError has f change each error in Run's result, but not main's when that
// is the only one: it is returned as it is (RUN-6).
func onEachError(i *impl, f func(err error) error) {
	onErrors(i, func(all []error) []error {
		for n, err := range all {
			if len(all) > 1 || isLibrarys(err) {
				all[n] = f(err)
			}
		}
		return all
	})
}

// isLibrarys says whether an error is of a type of the library's, and so not
// main's.
func isLibrarys(err error) bool {
	switch err.(type) {
	case *lifecycle.HookError, *lifecycle.TaskError, *lifecycle.PanicError, *lifecycle.DrainTimeoutError, *lifecycle.ShutdownTimeoutError:
		return true
	}
	return err == lifecycle.ErrGoexit || errors.Is(err, lifecycle.ErrMainRunning)
}

// onJoined has f change what Run has joined of several errors.
func onJoined(i *impl, f func(joined error) error) {
	onRun(i, func(main task, s settings, run runner) error {
		own := error(nil) // main's, which may be joined itself
		wrapped := main
		if main != nil {
			wrapped = func(ctx context.Context) error { own = main(ctx); return own }
		}
		err := run(wrapped, s)
		if joined, ok := err.(interface{ Unwrap() []error }); ok && err != own && len(joined.Unwrap()) > 1 {
			return f(err)
		}
		return err
	})
}
