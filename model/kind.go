package model

import (
	"strconv"
	"strings"
)

// Kind names one reason for which Run returns an error, or for which a
// context is cancelled. It is what an expected error can be compared by
// without knowing any implementation's error types: a conformance suite asks
// a function such as Is(err error, k Kind) bool, or, where an implementation
// has none, only whether the error is nil.
//
// The errors that a scenario itself causes are distinguished by their number:
// HookError(2) is the error of hook 2. [Kind.Parts] splits such a kind.
type Kind string

// The kinds that carry no number. [Trace.Errors] holds those of the first
// block; Panic and Goexit are found inside others (see [Kind.Finds]); those
// of the last block are causes of a cancelled context. A signal is in the result
// too where that is asked for (RUN-14).
const (
	MainError       Kind = "main error"       // what main returned (RUN-6)
	MainPanic       Kind = "main panic"       // main panicked (RUN-4)
	MainGoexit      Kind = "main goexit"      // main called runtime.Goexit (RUN-5)
	DrainTimeout    Kind = "drain timeout"    // work was left unfinished (DRAIN-2)
	ShutdownTimeout Kind = "shutdown timeout" // hooks, or main, were (HOOK-3)
	MainRunning     Kind = "main running"     // main never came back (RUN-11)
	Forced          Kind = "forced"           // in place of either timeout (SIG-2)

	Panic  Kind = "panic"
	Goexit Kind = "goexit"

	CauseCanceled Kind = "canceled" // context.Canceled itself (RUN-2)
	CauseSIGINT   Kind = "SIGINT"
	CauseSIGTERM  Kind = "SIGTERM"
	CauseParent   Kind = "parent" // whatever the parent was cancelled with
)

// StopError is the error that was given to Scenario.Stops[n-1] (RUN-6).
func StopError(n int) Kind { return numbered("stop error", n) }

// TaskError is the error that task n returned (DRAIN-8).
func TaskError(n int) Kind { return numbered("task error", n) }

// TaskPanic is the panic of task n (DRAIN-8).
func TaskPanic(n int) Kind { return numbered("task panic", n) }

// TaskGoexit is the runtime.Goexit of task n (DRAIN-8).
func TaskGoexit(n int) Kind { return numbered("task goexit", n) }

// HookError is the error that hook n returned (HOOK-2).
func HookError(n int) Kind { return numbered("hook error", n) }

// HookPanic is the panic of hook n (HOOK-2).
func HookPanic(n int) Kind { return numbered("hook panic", n) }

// HookGoexit is the runtime.Goexit of hook n (HOOK-2).
func HookGoexit(n int) Kind { return numbered("hook goexit", n) }

// HookTimeout says that hook n outlasted the timeout of its own (HOOK-6).
func HookTimeout(n int) Kind { return numbered("hook timeout", n) }

func numbered(name string, n int) Kind { return Kind(name + " #" + strconv.Itoa(n)) }

// Parts splits a kind into its name and its number: HookPanic(2) into "hook
// panic" and 2. The number is 0 for a kind that carries none.
func (k Kind) Parts() (name string, n int) {
	name, number, _ := strings.Cut(string(k), " #")
	n, _ = strconv.Atoi(number)
	return name, n
}

// Finds returns every kind that errors.Is and errors.As are to find in an
// error of this one: itself, and what it wraps. The panic of a hook, for one,
// is the panic, and an error of that hook, and a panic.
func (k Kind) Finds() []Kind {
	switch name, n := k.Parts(); name {
	case "main panic":
		return []Kind{k, Panic}
	case "main goexit":
		return []Kind{k, Goexit}
	case "task panic":
		return []Kind{k, TaskError(n), Panic}
	case "task goexit":
		return []Kind{k, TaskError(n), Goexit}
	case "hook panic":
		return []Kind{k, HookError(n), Panic}
	case "hook goexit":
		return []Kind{k, HookError(n), Goexit}
	case "hook timeout":
		return []Kind{k, HookError(n), ShutdownTimeout}
	}
	return []Kind{k}
}
