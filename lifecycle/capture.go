package lifecycle

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// call runs fn and passes its error to end exactly once, however fn ends: a panic
// becomes a *PanicError, runtime.Goexit becomes ErrGoexit, and a panic in a
// function deferred during Goexit becomes both.
func call(fn func() error, end func(error)) {
	var p *PanicError
	err := ErrGoexit // stays if fn calls Goexit, which skips the assignment below
	defer func() {
		if err == ErrGoexit && p != nil {
			err = &panicInGoexit{p}
		}
		end(err)
	}()
	err = recovered(fn, &p)
}

// panicInGoexit is a panic in a deferred function that Goexit ran.
type panicInGoexit struct{ panicked *PanicError }

func (e *panicInGoexit) Error() string { return e.panicked.Error() + "\n" + ErrGoexit.Error() }

// Unwrap returns both.
func (e *panicInGoexit) Unwrap() []error { return []error{e.panicked, ErrGoexit} }

// callThen calls fn, which runs user code, and then next, even if fn panics or
// calls Goexit.
func callThen(fn, next func()) {
	call(func() error { fn(); return nil }, func(error) { next() })
}

// recovered runs fn and returns its error, or its panic as a *PanicError. During a
// Goexit the deferred function runs too, but recovered does not return, so the
// panic is also stored in *panicked. The flag distinguishes a panic from a normal
// return, because under GODEBUG=panicnil=1 recover returns nil for panic(nil), as
// it does without a panic.
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

// panicPlace returns the file:line of the panic: the first frame outside the
// runtime above the runtime's own frames. It must be called by a deferred function
// that has just recovered.
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
