package plain

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrGoexit is the error of a function that called runtime.Goexit.
var ErrGoexit = errors.New("plain: runtime.Goexit was called")

// PanicError is the error of a function that panicked.
type PanicError struct {
	Value any
	Stack []byte
}

// Error prints the value. fmt survives a value that panics while it is printed, but not
// one that panics with what panics too.
func (e *PanicError) Error() (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("plain: panic: a %T", e.Value)
		}
	}()
	return fmt.Sprintf("plain: panic: %v", e.Value)
}

// Unwrap returns the value, when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// An outcome is a function under way, and how it ended.
type outcome struct {
	done chan struct{}
	err  error // valid once done is closed
}

// call runs f on a goroutine of its own. However f ends, it ends with an error
// or without one, and takes nothing else with it (RUN-4, RUN-5, HOOK-2).
func call(f func() error) *outcome {
	o := &outcome{done: make(chan struct{}), err: ErrGoexit}
	go func() {
		defer close(o.done)
		defer func() {
			if v := recover(); v != nil {
				o.err = &PanicError{v, debug.Stack()}
			}
		}()
		o.err = f()
	}()
	return o
}
