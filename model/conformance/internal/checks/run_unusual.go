package checks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// fields is an error whose type cannot be compared, as those of validators are.
type fields []string

// Error lists them.
func (f fields) Error() string { return fmt.Sprint("bad fields: ", []string(f)) }

// pointed is an error of which there is a nil pointer, which cannot be read.
type pointed struct{ text string }

// Error panics for a nil pointer.
func (p *pointed) Error() string { return p.text }

// hollow is an error that could wrap others, and wraps none.
type hollow struct{ all []error }

// Error has a text of its own.
func (*hollow) Error() string { return "an error that wraps nothing" }

// Unwrap returns no errors.
func (h *hollow) Unwrap() []error { return h.all }

// lone is hollow for one error.
type lone struct{ hollow }

// Unwrap returns no error.
func (*lone) Unwrap() error { return nil }

// denies is an error that says of every other that it is not that one.
type denies struct{}

// Error has a text of its own.
func (*denies) Error() string { return "an error that is no other" }

// Is reports false.
func (*denies) Is(error) bool { return false }

// unusualErrors are errors of types that a library may not expect. None is a clean
// end.
func unusualErrors() map[string]error {
	return map[string]error{
		"whose type cannot be compared":      fields{"name", "port"},
		"that wraps one that cannot be":      fmt.Errorf("config: %w", fields{"name"}),
		"that is a nil pointer":              (*pointed)(nil),
		"that is joined":                     errors.Join(errors.New("one error"), errors.New("another error")),
		"that wraps two":                     fmt.Errorf("%w, and %w", errors.New("one error"), errors.New("another error")),
		"that could wrap one, and does not":  &lone{},
		"that could wrap many, and does not": &hollow{},
		"whose Is says that it is no other":  &denies{},
	}
}

// AnyErrorIsReturned checks RUN-6: main's error is returned as it is, of whatever type.
func AnyErrorIsReturned(c *Checker) {
	for what, mine := range unusualErrors() {
		c.expect(c.returned(mine), "main returns an error %s, and Run returns another error", what)
	}
}

// ErrorsAfterASignal checks RUN-6. It has main end with errors of what a stop often closes,
// after a real SIGTERM. None of them is what RUN-7 names.
func ErrorsAfterASignal(c *Checker) {
	c.mayBeOf("RUN-7")
	for _, mine := range []error{
		context.DeadlineExceeded, os.ErrDeadlineExceeded, os.ErrClosed, io.EOF, io.ErrClosedPipe, io.ErrUnexpectedEOF, syscall.EPIPE,
		syscall.EINTR, http.ErrAbortHandler, fmt.Errorf("serve: %w", io.EOF), errors.New("signal: terminated"), errors.New("context canceled"),
	} {
		err := c.Impl.Run(func(ctx context.Context) error { c.stopBySignal(ctx); return mine }, 0, 0)
		c.expect(same(err, mine), "main returns %q after SIGTERM, and Run returns %v, want that", mine, err)
	}
}

// returned says whether Run returns main's error as it is.
func (c *Checker) returned(mine error) (is bool) {
	c.bubble(func() { is = same(c.Impl.Run(func(context.Context) error { return mine }, 0, 0), mine) })
	return is
}

// UnusualCauses checks RUN-2: whatever error is given to Stop is the cause, and that of
// the parent too.
func UnusualCauses(c *Checker) {
	for what, mine := range unusualErrors() {
		stopped := func(by string, s subject.Settings, stop func(ctx context.Context)) {
			var cause error
			err := c.run(func(ctx context.Context) error {
				stop(ctx)
				play.Wait(ctx.Done(), time.Hour)
				cause = context.Cause(ctx)
				return nil
			}, s)
			c.expect(holds(cause, mine, 8), "%s is given an error %s, and the cause is %v, want that error", by, what, cause)
			c.expect(!c.offered[subject.NeedIs] || err == nil || !c.Impl.Is(err, model.Panic), "%s is given an error %s, and Run returns %v, want no panic", by, what, err)
		}
		c.bubble(func() {
			stopped("Stop", subject.Settings{}, func(ctx context.Context) { c.Impl.Stop(ctx, mine) })
		})
		c.bubble(func() {
			if c.offered[subject.NeedParent] {
				parent, cancel := context.WithCancelCause(context.Background())
				stopped("the parent's cancellation", subject.Settings{Parent: parent}, func(context.Context) { cancel(mine) })
			}
		})
	}
}

// same says whether two errors are one.
func same(a, b error) bool {
	if a == nil || b == nil || reflect.TypeOf(a) != reflect.TypeOf(b) {
		return a == nil && b == nil
	}
	if reflect.TypeOf(a).Comparable() {
		return a == b
	}
	return reflect.DeepEqual(a, b)
}

// OthersAreNotClean checks RUN-7: what is no clean end is an error after a stop too.
func OthersAreNotClean(c *Checker) {
	all := unusualErrors()
	delete(all, "that is a nil pointer") // which some take for nil, at any time
	for _, err := range []error{context.DeadlineExceeded, io.EOF, io.ErrClosedPipe, os.ErrClosed, os.ErrDeadlineExceeded, http.ErrAbortHandler, http.ErrHandlerTimeout} {
		all["that is "+err.Error()] = err
	}
	for _, clean := range usualEnds {
		twin := errors.New(clean.Error())
		all["that has the text of "+clean.Error()] = twin
		all["that joins "+clean.Error()+" and one with its text"] = errors.Join(clean, twin)
	}
	for what, mine := range all {
		if !c.returned(mine) {
			continue // RUN-6 says so
		}
		c.endAfterStop(subject.Settings{}, mine, func(how string, result error) {
			c.expect(holds(result, mine, 8), "%s ends with an error %s after a stop, and Run returns %v, want that error", how, what, result)
		})
	}
}

// unreadable is a value that panics when it is shown.
type unreadable struct{}

// String panics.
func (unreadable) String() string { panic("panic of String") }

// PanicInGoexit checks RUN-4: a panic in a function that main deferred is an error,
// whatever made it run.
func PanicInGoexit(c *Checker) {
	for what, end := range map[string]func(){"returns": func() {}, "calls Goexit": runtime.Goexit, "panics": func() { panic("another") }} {
		c.bubble(func() {
			mine := errors.New("error of the deferred function")
			err := c.Impl.Run(func(context.Context) error {
				defer func() { panic(mine) }()
				end()
				return nil
			}, 0, 0)
			c.expect(c.Impl.Is(err, model.Panic) && errors.Is(err, mine) && strings.Contains(err.Error(), mine.Error()), "main %s, a function that it deferred panics, and Run returns %v, want a panic that shows %q", what, err, mine)
		})
	}
}

// UnusualPanics checks RUN-4: a panic with a value of any type is an error, which
// unwraps to it where it is one.
func UnusualPanics(c *Checker) {
	for what, value := range unusualValues() {
		c.bubble(func() {
			err := c.Impl.Run(func(context.Context) error { panic(value) }, 0, 0)
			c.expect(err != nil && c.Impl.Is(err, model.Panic), "main panics with a value %s, and Run returns %v, want a panic", what, err)
			if mine, ok := value.(error); ok {
				c.expect(holds(err, mine, 8), "main panics with an error %s, and Run returns %v, which does not unwrap to it", what, err)
			}
		})
	}
}

func unusualValues() map[string]any {
	all := map[string]any{
		"that cannot be shown":    unreadable{},
		"that cannot be compared": []func(){nil},
		"of the runtime":          indexError(),
	}
	for what, err := range unusualErrors() {
		all[what] = err
	}
	return all
}

// indexError is what the runtime panics with.
func indexError() (value any) {
	defer func() { value = recover() }()
	var none []int
	return none[len(none)]
}

// PanicIsNeverClean checks RUN-4: main panics after a stop, and WithCleanError takes any
// error for a clean end.
func PanicIsNeverClean(c *Checker) {
	for what, value := range map[string]any{"a text": "boom", "an error": errors.New("boom")} {
		c.bubble(func() {
			err := c.run(func(ctx context.Context) error {
				c.Impl.Stop(ctx, nil)
				play.Wait(ctx.Done(), time.Hour)
				panic(value)
			}, subject.Settings{CleanError: func(error) bool { return true }})
			c.expect(err != nil, "main panics with %s after a stop, WithCleanError takes any error for a clean end, and Run returns nil, want an error", what)
		})
	}
}
