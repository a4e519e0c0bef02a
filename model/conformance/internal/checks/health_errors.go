package checks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"syscall"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
)

// Errors whose values are nil or zero: they are errors all the same.
type (
	pointerError struct{}
	sliceError   []string
	mapError     map[string]string
	funcError    func()
	chanError    chan int
	emptyError   struct{}
)

func (*pointerError) Error() string { return "a nil pointer" }
func (sliceError) Error() string    { return "a nil slice" }
func (mapError) Error() string      { return "a nil map" }
func (funcError) Error() string     { return "a nil function" }
func (chanError) Error() string     { return "a nil channel" }
func (emptyError) Error() string    { return "an empty struct" }

// anyError says that it is every other error.
type anyError struct{ emptyError }

// Is reports true.
func (anyError) Is(error) bool { return true }

// KnownErrors checks HEALTH-2: errors that a library is tempted to take for its own, or
// for no failure.
func KnownErrors(c *Checker) {
	c.bubble(func() {
		for _, err := range []error{
			context.Canceled, context.DeadlineExceeded, io.EOF, net.ErrClosed, http.ErrServerClosed, http.ErrAbortHandler, os.ErrDeadlineExceeded, errors.ErrUnsupported,
			(*pointerError)(nil), sliceError(nil), mapError(nil), funcError(nil), chanError(nil), emptyError{}, anyError{}, syscall.Errno(0),
		} {
			for _, err := range []error{err, fmt.Errorf("db: %w", err)} {
				h := c.health()
				h.AddCheck("bad", func() error { return err })
				r := play.Ask(h.Readiness, http.MethodGet)
				c.expectReply(fmt.Sprintf("with a check that returns %q", err.Error()), r, http.StatusServiceUnavailable, "degraded")
				c.expect(r.Checks["bad"] == err.Error(), "a check that returns %q is reported as %q, want its text", err.Error(), r.Checks["bad"])
			}
		}
	})
}

// panickingError is an error whose text cannot be had.
type panickingError struct{}

// Error panics.
func (panickingError) Error() string { panic("in Error") }

// silentValue is a value that cannot be printed.
type silentValue struct{}

// String panics.
func (silentValue) String() string { panic("in String") }

// Values that cannot be printed, and panic with what cannot be printed either, which fmt
// does not contain.
type (
	panicsAgain  struct{}
	stringsAgain struct{}
	formatsAgain struct{}
)

func (v panicsAgain) Error() string           { panic(v) }
func (v stringsAgain) String() string         { panic(v) }
func (v formatsAgain) Format(fmt.State, rune) { panic(v) }
func (formatsAgain) Error() string            { return "formatted otherwise" }

// exitsError is an error that ends the goroutine that wants its text.
type exitsError struct{}

// Error calls Goexit.
func (exitsError) Error() string { runtime.Goexit(); return "" }

// PanickingError checks HEALTH-8: an error that panics in Error.
func PanickingError(c *Checker) {
	c.mayBeOf("HEALTH-2")
	c.bubble(func() {
		for what, err := range map[string]error{
			"panics in Error": panickingError{}, "panics in Error with itself": panicsAgain{}, "calls Goexit in Error": exitsError{},
		} {
			h := c.health()
			h.AddCheck("bad", func() error { return err })
			h.AddCheck("exits", func() error { runtime.Goexit(); return nil })
			h.AddCheck("good", func() error { return nil })
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Invalid == nil, "with an error that %s, the body is not JSON: %s", what, r.Body)
			c.expect(r.Checks["good"] == "ok" && r.Checks["bad"] != "ok" && len(r.Checks) == 3, "with an error that %s, checks are %v", what, r.Checks)
		}
	})
}

// PanicValues checks HEALTH-8: values that a panic may have.
func PanicValues(c *Checker) {
	c.mayBeOf("HEALTH-2")
	c.bubble(func() {
		for what, value := range map[string]any{
			"http.ErrAbortHandler": http.ErrAbortHandler, "context.Canceled": context.Canceled, "an error that panics in Error": panickingError{},
			"a value that panics in String": silentValue{}, "a nil pointer": (*panickingError)(nil), "an empty text": "", "ok": "ok", "a function": func() {},
			"an error that panics in Error with itself": panicsAgain{}, "a value that panics in String with itself": stringsAgain{},
			"an error that panics in Format with itself": formatsAgain{}, "a list of values that panic with themselves": []any{stringsAgain{}, panicsAgain{}},
		} {
			h := c.health()
			h.AddCheck("bad", func() error { panic(value) })
			h.AddCheck("good", func() error { return nil })
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Checks["good"] == "ok" && r.Checks["bad"] != "ok" && len(r.Checks) == 2, "with a check that panics with %s, the body is %s", what, r.Body)
		}
	})
}
