package lifecycle

import (
	"context"
	"net/http"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
)

// call runs fn and hands its outcome to end exactly once, however fn ends: a
// panic becomes a *PanicError, runtime.Goexit becomes ErrGoexit.
func call(fn func() error, end func(error)) {
	err := ErrGoexit // stays when fn's Goexit lets nothing below run
	defer func() { end(err) }()
	err = recovered(fn)
}

// recovered runs fn and returns its error, or its panic as one. A nil panic is
// told from a normal return by the flag, because under GODEBUG=panicnil=1
// recover answers nil for it. During a Goexit the deferred function runs too,
// but recovered does not return, so what it sets is not seen.
func recovered(fn func() error) (err error) {
	returned := false
	defer func() {
		if !returned {
			value := recover()
			err = &PanicError{Value: value, Stack: debug.Stack(), Place: panicPlace()}
		}
	}()
	err = fn()
	returned = true
	return err
}

// panicPlace returns the file:line that panicked: the first frame outside the
// runtime above the runtime's own frames of the panic. It is meant to be
// called by a deferred function that has just recovered.
func panicPlace() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	inPanic := false
	for {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if inPanic && !inRuntime {
			return frameText(frame)
		}
		inPanic = inPanic || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}

// clean reports whether err is what a piece of code returns that was asked to
// stop: http.ErrServerClosed, context.Canceled or a cancel cause, wrapped or
// joined, every leaf of it (RUN-7). A panic is not, whatever its value wraps. It
// calls methods of the user's error types, so it runs where the user's code ran;
// one that panics is not clean.
func clean(err error, causes ...error) (ok bool) {
	if _, panicked := err.(*PanicError); panicked {
		return false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return cleanTree(err, append(causes, http.ErrServerClosed, context.Canceled))
}

func cleanTree(err error, targets []error) bool {
	for _, target := range targets {
		if target != nil && sameError(err, target) {
			return true
		}
	}
	switch x := err.(type) {
	case interface{ Unwrap() []error }:
		return cleanLeaves(x.Unwrap(), targets)
	case interface{ WrappedErrors() []error }: // hashicorp/go-multierror
		return cleanLeaves(x.WrappedErrors(), targets)
	case interface{ Unwrap() error }:
		if inner := x.Unwrap(); inner != nil {
			return cleanTree(inner, targets)
		}
	}
	return false
}

func cleanLeaves(leaves []error, targets []error) bool {
	for _, leaf := range leaves {
		if leaf == nil || !cleanTree(leaf, targets) {
			return false
		}
	}
	return len(leaves) > 0
}

// sameError asks whether err itself, not what it wraps, is target: by identity,
// or by an Is method of its own. The Is of one that wraps several answers for
// any of them, so it is not asked.
func sameError(err, target error) bool {
	switch x := err.(type) {
	case interface{ Unwrap() []error }, interface{ WrappedErrors() []error }:
	case interface{ Is(error) bool }:
		if x.Is(target) {
			return true
		}
	}
	return reflect.TypeOf(target).Comparable() && err == target
}
