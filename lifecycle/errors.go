package lifecycle

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// What errors.Is finds in the error that [Run] returns.
var (
	// ErrDrainTimeout: work was still in flight when the drain timeout ran
	// out. The error is a [*DrainTimeoutError].
	ErrDrainTimeout = errors.New("lifecycle: drain timeout")
	// ErrShutdownTimeout: a hook, or all of them together, took too long.
	// The error is a [*ShutdownTimeoutError], or a [*HookError] for a hook
	// that exceeded its own timeout.
	ErrShutdownTimeout = errors.New("lifecycle: shutdown timeout")
	// ErrMainRunning: main had not come back when Run returned.
	ErrMainRunning = errors.New("lifecycle: main is still running")
	// ErrForced: a forcing signal ended a phase before its time (SIG-2). The
	// text says what was busy, or which hooks did not run.
	ErrForced = errors.New("lifecycle: forced by a signal")
	// ErrGoexit: main, a task, a hook, a function given to ServeFunc or a
	// listener given to Serve called runtime.Goexit.
	ErrGoexit = errors.New("lifecycle: runtime.Goexit was called")
)

var (
	errNilHook = errors.New("the hook is nil")
	errNilTask = errors.New("the task is nil")
)

// DrainTimeoutError says what was still busy when the drain timeout ran out
// (DRAIN-2). errors.Is finds [ErrDrainTimeout] in it.
type DrainTimeoutError struct {
	// Timeout is the drain timeout that ran out.
	Timeout time.Duration
	// Groups are the drain groups still busy, as file:line of the calls of
	// DrainGroup that made them, oldest first.
	Groups []string
	// MayBeBusy are the drain groups of which this package cannot say whether
	// they are busy. It is empty unless package sync has changed since Go 1.26.
	MayBeBusy []string
	// Tasks are the tasks still running, as file:line of the calls of Go.
	Tasks []string
	// Tracked is how many units of Track were not done.
	Tracked int
	// Requests is how many HTTP requests were not answered.
	Requests int
}

func (e *DrainTimeoutError) Error() string {
	return fmt.Sprintf("%v (%v): %s", ErrDrainTimeout, e.Timeout, e.text())
}

// Is reports whether target is [ErrDrainTimeout].
func (e *DrainTimeoutError) Is(target error) bool { return target == ErrDrainTimeout }

func (e *DrainTimeoutError) text() string {
	parts := append(once("drain group made at ", e.Groups), once("task begun at ", e.Tasks)...)
	if e.Tracked > 0 {
		parts = append(parts, count(e.Tracked, "tracked unit"))
	}
	if e.Requests > 0 {
		parts = append(parts, count(e.Requests, "request"))
	}
	var text []string
	if len(parts) > 0 {
		text = append(text, "still busy: "+strings.Join(parts, "; "))
	}
	if len(e.MayBeBusy) > 0 {
		text = append(text, "may be busy: "+strings.Join(once("drain group made at ", e.MayBeBusy), "; "))
	}
	if len(text) == 0 {
		return "nothing known is still busy"
	}
	return strings.Join(text, "; ")
}

// ShutdownTimeoutError says what the shutdown timeout cut short (HOOK-3).
// errors.Is finds [ErrShutdownTimeout] in it.
type ShutdownTimeoutError struct {
	// Timeout is the shutdown timeout that ran out.
	Timeout time.Duration
	// Running is the hook that was under way, by its name, if it has one,
	// and the file:line that registered it; empty if none was.
	Running string
	// RunningFor is how long that hook had been running.
	RunningFor time.Duration
	// NotRun are the hooks that never began, in the order in which they
	// would have run.
	NotRun []string
	// Ran are the hooks that had run before, in order, with how long each
	// took: the one that hung may not be the one that used up the time.
	Ran []HookRun
}

// HookRun is one hook that has run.
type HookRun struct {
	// Hook is its name, if it has one, and the file:line that registered it.
	Hook string
	// Took is how long it ran, or was waited for.
	Took time.Duration
}

func (e *ShutdownTimeoutError) Error() string {
	return fmt.Sprintf("%v (%v): %s", ErrShutdownTimeout, e.Timeout, e.text())
}

// Is reports whether target is [ErrShutdownTimeout].
func (e *ShutdownTimeoutError) Is(target error) bool { return target == ErrShutdownTimeout }

func (e *ShutdownTimeoutError) text() string {
	if e.Running == "" && len(e.NotRun) == 0 {
		return "every hook has run, but main has not come back"
	}
	var parts []string
	if e.Running != "" {
		parts = append(parts, fmt.Sprintf("%s was still running after %v", e.Running, e.RunningFor.Round(time.Millisecond)))
	}
	if len(e.NotRun) > 0 {
		parts = append(parts, fmt.Sprintf("%s never ran: %s", count(len(e.NotRun), "hook"), strings.Join(once("", e.NotRun), ", ")))
	}
	if len(e.Ran) > 0 {
		longest := slices.MaxFunc(e.Ran, func(a, b HookRun) int { return cmp.Compare(a.Took, b.Took) })
		parts = append(parts, fmt.Sprintf("of those before, %s took longest, %v", longest.Hook, longest.Took.Round(time.Millisecond)))
	}
	return strings.Join(parts, "; ")
}

// HookError is the failure of one hook (HOOK-2).
type HookError struct {
	// Name is what HookName gave it; empty without one.
	Name string
	// Place is the file:line that registered it.
	Place string
	// Err is what it returned, a [*PanicError], [ErrGoexit], or an error that
	// wraps [ErrShutdownTimeout] if it exceeded its own timeout.
	Err error
}

func (e *HookError) Error() string {
	return fmt.Sprintf("lifecycle: %s: %v", hookText(e.Name, e.Place), e.Err)
}

// Unwrap returns Err.
func (e *HookError) Unwrap() error { return e.Err }

// TaskError is the failure of a task that Go began (DRAIN-8), of a server that
// [ServeFunc] serves (HTTP-8), or of one with [UntilStopped] (HTTP-7).
type TaskError struct {
	// Place is the file:line of the call of Go, ServeFunc, Serve or its like. Of
	// a call that is a go statement's own there is no trace: then it is the
	// file:line of the function that ServeFunc was given to serve, or else "a go
	// statement".
	Place string
	// Err is what the task or the server returned, a [*PanicError] or
	// [ErrGoexit], or an error that wraps one of these and says of what: of
	// shutdown or closeNow, or of the server on a listener.
	Err error
}

func (e *TaskError) Error() string {
	return fmt.Sprintf("lifecycle: task begun at %s: %v", e.Place, e.Err)
}

// Unwrap returns Err.
func (e *TaskError) Unwrap() error { return e.Err }

// PanicError is a panic in main, a task, a hook, a function given to [ServeFunc]
// or a listener given to [Serve] (RUN-4).
type PanicError struct {
	// Value is what was given to panic; nil for panic(nil) under
	// GODEBUG=panicnil=1, else a *runtime.PanicNilError for it.
	Value any
	// Stack is the stack of the goroutine that panicked, as debug.Stack
	// formats it.
	Stack []byte
	// Place is the file:line that panicked.
	Place string
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("lifecycle: panic at %s: %v", e.Place, e.Value)
}

// Unwrap returns the panic's value when that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// SignalError is the cause of a context that a signal has cancelled (RUN-2).
// Run returns it only with [WithSignalError] (RUN-14); otherwise a stop that a
// signal requested is not a failure.
type SignalError struct {
	// Signal is the first that came: one of the process's own, or a value of
	// the source given to WithSignalSource (SIG-1, SIG-2).
	Signal os.Signal
}

func (e *SignalError) Error() string {
	return fmt.Sprintf("lifecycle: stopped by signal: %v", e.Signal)
}

// join is errors.Join, but for a single error, which it returns as it is
// (RUN-6).
func join(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// once names each place once: a loop makes many things at one.
func once(what string, places []string) (all []string) {
	number := map[string]int{}
	for _, place := range places {
		number[place]++
	}
	for _, place := range places {
		if n := number[place]; n == 1 {
			all = append(all, what+place)
		} else if n > 1 {
			all = append(all, fmt.Sprintf("%s%s (%d of them)", what, place, n))
		}
		delete(number, place)
	}
	return all
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// ExitCode is the exit code of a process whose [Run] returned err: 0 for nil,
// 128 plus the number of the signal if every leaf of err's tree is a
// [*SignalError], as shells report a process that a signal has ended, and 1
// otherwise (RUN-14). With [WithSignalError], a batch job that was interrupted
// exits with 143 for SIGTERM and 130 for SIGINT:
//
//	os.Exit(lifecycle.ExitCode(lifecycle.Run(run, lifecycle.WithSignalError())))
//
// Of several signals the first counts. Safe for concurrent use.
func ExitCode(err error) (exit int) {
	if err == nil {
		return 0
	}
	code := 0
	defer func() {
		if recover() != nil { // of a method of the error
			exit = 1
		}
	}()
	signals := everyLeaf(err, func(n errorNode) verdict {
		stopped, ok := n.err.(*SignalError)
		if !ok || stopped == nil {
			return undecided
		}
		number, ok := stopped.Signal.(syscall.Signal)
		if !ok || number <= 0 {
			return fails
		}
		if code == 0 {
			code = 128 + int(number)
		}
		return passes
	})
	if !signals {
		return 1
	}
	return code
}
