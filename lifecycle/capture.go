package lifecycle

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// call runs fn and gives its outcome to end exactly once, however fn ends: a
// panic becomes a *PanicError, runtime.Goexit becomes ErrGoexit, and a panic of
// a function that Goexit ran on its way both.
func call(fn func() error, end func(error)) {
	var p *PanicError
	err := ErrGoexit // stays when a Goexit of fn lets nothing below run
	defer func() {
		if err == ErrGoexit && p != nil {
			err = &panicInGoexit{p}
		}
		end(err)
	}()
	err = recovered(fn, &p)
}

// panicInGoexit is a panic of a function that Goexit ran on its way.
type panicInGoexit struct{ panicked *PanicError }

func (e *panicInGoexit) Error() string { return e.panicked.Error() + "\n" + ErrGoexit.Error() }

// Unwrap returns both.
func (e *panicInGoexit) Unwrap() []error { return []error{e.panicked, ErrGoexit} }

// judged calls judge, which runs methods and functions of the user's, and then
// next, even if judge panics or calls Goexit.
func judged(judge, next func()) {
	call(func() error { judge(); return nil }, func(error) { next() })
}

// recovered runs fn and returns its error, or its panic as one. During a Goexit
// the deferred function runs too, but recovered does not return, so a panic is
// left in panicked as well. A panic is told from a normal return by the flag,
// because under GODEBUG=panicnil=1 recover answers nil for panic(nil), as it
// does where there is no panic.
func recovered(fn func() error, panicked **PanicError) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		value := recover()
		p := &PanicError{Value: value, Stack: debug.Stack(), Place: panicPlace()}
		if value != nil {
			*panicked = p
		}
		err = p
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
