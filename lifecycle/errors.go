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

// Errors that errors.Is finds in the result of [Run].
var (
	// ErrDrainTimeout: work was still in flight when the drain timeout ran
	// out. The error is a [*DrainTimeoutError].
	ErrDrainTimeout = errors.New("lifecycle: drain timeout")
	// ErrShutdownTimeout: a hook, or all of them together, took too long.
	// The error is a [*ShutdownTimeoutError], or a [*HookError] for a hook
	// that exceeded its own timeout.
	ErrShutdownTimeout = errors.New("lifecycle: shutdown timeout")
	// ErrMainRunning: main had not returned when Run did. The text has what main
	// waited for and its innermost frames, at most four, unless the process has more
	// than 20,000 goroutines, main's stack has more than 32 frames, or it cannot be
	// told from that of another run's main. Of a main that waits for a Run of its own
	// it has only that call; give the inner one shorter timeouts.
	ErrMainRunning = errors.New("lifecycle: main is still running")
	// ErrForced: a forcing signal (a second interrupt) cut a phase short (SIG-2).
	// The text lists what was busy, or which hooks did not run.
	ErrForced = errors.New("lifecycle: forced by a signal")
	// ErrGoexit: main, a task, a hook, a function given to ServeFunc or a
	// listener given to Serve called runtime.Goexit.
	ErrGoexit = errors.New("lifecycle: runtime.Goexit was called")
)

var (
	errNilHook = errors.New("the hook is nil")
	errNilTask = errors.New("the task is nil")
)

// DrainTimeoutError lists what was still busy when the drain timeout ran out
// (DRAIN-2). errors.Is finds [ErrDrainTimeout] in it.
type DrainTimeoutError struct {
	// Timeout is the drain timeout that ran out.
	Timeout time.Duration
	// Groups lists the drain groups that were busy, as file:line of the calls of
	// DrainGroup, oldest first.
	Groups []string
	// MayBeBusy lists the drain groups that may have been busy. It is empty unless
	// package sync has changed since Go 1.26, so that the counter cannot be read.
	MayBeBusy []string
	// Tasks lists the running tasks, as file:line of the calls of Go.
	Tasks []string
	// Tracked is the number of units of Track that were not done.
	Tracked int
	// Requests is the number of HTTP requests that were not answered.
	Requests int
}

func (e *DrainTimeoutError) Error() string {
	return fmt.Sprintf("%v (%v): %s", ErrDrainTimeout, e.Timeout, e.text())
}

// Is reports whether target is [ErrDrainTimeout].
func (e *DrainTimeoutError) Is(target error) bool { return target == ErrDrainTimeout }

func (e *DrainTimeoutError) text() string {
	parts := append(groupRepeats("drain group created at ", e.Groups), groupRepeats("task started at ", e.Tasks)...)
	if e.Tracked > 0 {
		parts = append(parts, plural(e.Tracked, "tracked unit"))
	}
	if e.Requests > 0 {
		parts = append(parts, plural(e.Requests, "request"))
	}
	var text []string
	if len(parts) > 0 {
		text = append(text, "still busy: "+strings.Join(parts, "; "))
	}
	if len(e.MayBeBusy) > 0 {
		text = append(text, "may be busy: "+strings.Join(groupRepeats("drain group created at ", e.MayBeBusy), "; "))
	}
	if len(text) == 0 {
		return "nothing is known to be busy"
	}
	return strings.Join(text, "; ")
}

// ShutdownTimeoutError lists the hooks that the shutdown timeout cut short or
// kept from running (HOOK-3). errors.Is finds [ErrShutdownTimeout] in it.
type ShutdownTimeoutError struct {
	// Timeout is the shutdown timeout that ran out.
	Timeout time.Duration
	// Running is the hook that was running, as its name, if it has one, and the
	// file:line that registered it; empty if none was running.
	Running string
	// RunningFor is how long that hook had been running.
	RunningFor time.Duration
	// NotRun lists the hooks that never began, in the order in which they would
	// have run.
	NotRun []string
	// Ran lists the hooks that had run before, in order, with how long each took:
	// an earlier hook may have used up most of the time.
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
	if e.allHaveRun() {
		return "every hook has run, but main is still running"
	}
	var parts []string
	if e.Running != "" {
		parts = append(parts, fmt.Sprintf("%s was still running after %v", e.Running, e.RunningFor.Round(time.Millisecond)))
	}
	if len(e.NotRun) > 0 {
		parts = append(parts, fmt.Sprintf("%s never ran: %s", plural(len(e.NotRun), "hook"), strings.Join(groupRepeats("", e.NotRun), ", ")))
	}
	if len(e.Ran) > 0 {
		longest := slices.MaxFunc(e.Ran, func(a, b HookRun) int { return cmp.Compare(a.Took, b.Took) })
		if took := longest.Took.Round(time.Millisecond); took > 0 {
			parts = append(parts, fmt.Sprintf("of those that ran, %s took longest, %v", longest.Hook, took))
		}
	}
	return strings.Join(parts, "; ")
}

// allHaveRun reports whether only main was still running.
func (e *ShutdownTimeoutError) allHaveRun() bool { return e.Running == "" && len(e.NotRun) == 0 }

// HookError is the failure of one hook (HOOK-2).
type HookError struct {
	// Name is the hook's HookName, or empty.
	Name string
	// Place is the file:line that registered it.
	Place string
	// Err is what it returned, a [*PanicError], [ErrGoexit], or an error that
	// wraps [ErrShutdownTimeout] if it exceeded its HookTimeout.
	Err error
}

func (e *HookError) Error() string {
	return fmt.Sprintf("lifecycle: %s: %v", hookText(e.Name, e.Place), e.Err)
}

// Unwrap returns Err.
func (e *HookError) Unwrap() error { return e.Err }

// TaskError is the failure of a task started by [Go] (DRAIN-8), of a server run
// by [ServeFunc] (HTTP-8), or of one with [UntilStopped] (HTTP-7).
type TaskError struct {
	// Place is the file:line of the call of Go, ServeFunc, Serve or one of its
	// variants. The call site of `go lifecycle.ServeFunc(...)` is not known: then
	// Place is the file:line of the serve function, or else "a go statement".
	Place string
	// Err is what the task or the server returned, a [*PanicError] or [ErrGoexit],
	// or an error that wraps one of these and names shutdown, closeNow or the
	// server's address.
	Err error
}

func (e *TaskError) Error() string {
	return fmt.Sprintf("lifecycle: task started at %s: %v", e.Place, e.Err)
}

// Unwrap returns Err.
func (e *TaskError) Unwrap() error { return e.Err }

// PanicError is a panic in main, a task, a hook, a function given to [ServeFunc]
// or a listener given to [Serve] (RUN-4).
type PanicError struct {
	// Value is the argument of panic. For panic(nil) it is a
	// *runtime.PanicNilError, or nil under GODEBUG=panicnil=1.
	Value any
	// Stack is the stack of the goroutine that panicked, as debug.Stack
	// formats it.
	Stack []byte
	// Place is the file:line of the panic.
	Place string
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("lifecycle: panic at %s: %v", e.Place, e.Value)
}

// Unwrap returns Value if it is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// SignalError is the cause of main's context after a stop requested by a signal
// (RUN-2). Run returns it only with [WithSignalError] (RUN-14); otherwise such a
// stop is not a failure.
type SignalError struct {
	// Signal is the signal that requested the stop: one sent to the process, or a
	// value received from the channel given to WithSignalSource (SIG-1, SIG-2).
	Signal os.Signal
}

func (e *SignalError) Error() string {
	return fmt.Sprintf("lifecycle: stopped by signal: %v", e.Signal)
}

// join is errors.Join, except that it returns a single error unchanged (RUN-6).
func join(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// groupRepeats lists each place once, with its count: a loop may create many
// things at one call site.
func groupRepeats(what string, places []string) (all []string) {
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

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// ExitCode returns the exit code for a process whose [Run] returned err: 0 for
// nil, 128 plus the signal's number, as in shells, if every leaf of err's tree is
// a [*SignalError], and 1 otherwise (RUN-14). With [WithSignalError], a batch job
// that was interrupted exits with 143 for SIGTERM and 130 for SIGINT:
//
//	os.Exit(lifecycle.ExitCode(lifecycle.Run(run, lifecycle.WithSignalError())))
//
// If err has several signals, the first counts.
func ExitCode(err error) (exit int) {
	if err == nil {
		return 0
	}
	code := 0
	defer func() {
		if recover() != nil { // a method of the error panicked
			exit = 1
		}
	}()
	signals := everyLeaf(err, func(n errorNode) verdict {
		stopped, _ := n.err.(*SignalError)
		if stopped == nil {
			return undecided
		}
		number, _ := stopped.Signal.(syscall.Signal)
		if number <= 0 {
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
