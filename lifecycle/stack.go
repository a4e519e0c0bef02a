package lifecycle

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// notReturnedError is ErrMainRunning with the stack of main.
type notReturnedError struct {
	stack string
}

func (e *notReturnedError) Error() string {
	return ErrMainRunning.Error() + ": " + e.stack
}

// Is reports whether target is [ErrMainRunning].
func (e *notReturnedError) Is(target error) bool { return target == ErrMainRunning }

const (
	// profileLimit is the number of goroutines beyond which main's is not looked
	// for: Run must return in time. Ten thousand take some 10 ms.
	profileLimit = 20_000
	// stackFrames is how many of main's innermost frames are reported.
	stackFrames = 4
	// startFunctions begins the names of the functions in which start calls main.
	startFunctions = "(*run).start."
)

// onStack counts the calls of a function of this package on the caller's stack.
func onStack(function string) (n int) {
	function = ownPath() + function
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		found := runtime.Callers(skip, pcs[:])
		frames := runtime.CallersFrames(pcs[:found])
		for more := found > 0; more; {
			var frame runtime.Frame
			if frame, more = frames.Next(); frame.Function == function {
				n++
			}
		}
		if found < len(pcs) {
			return n
		}
	}
}

// ownPath returns the prefix of the names of this package's functions.
func ownPath() string { return reflect.TypeFor[run]().PkgPath() + "." }

// mainRunningError returns the error for a main that has not returned, with what
// it waits for and its innermost frames.
func (r *run) mainRunningError() error {
	frames := framesOfMain(r.mainName)
	reported := userFrames(frames)
	if len(reported) == 0 {
		return ErrMainRunning
	}
	return &notReturnedError{stack: stateOf(frames) + " in " + strings.Join(reported, ", called by ")}
}

// framesOfMain returns the frames of the goroutine in which start calls main, a
// function of that name, the innermost first. It returns none if there are too many
// goroutines, if main has more frames than a profile keeps, 32, or if it cannot be
// told from the main of another run, which waits elsewhere.
func framesOfMain(name string) (frames []runtime.Frame) {
	running := runtime.NumGoroutine()
	if running > profileLimit {
		return nil
	}
	records := make([]runtime.StackRecord, running+64) // the count is a rough one, and a few may have begun since
	n, _ := runtime.GoroutineProfile(records)
	var same, others [][]uintptr // others: the name of an interface's method is not that of what it calls
	for i := range min(n, len(records)) {
		stack := records[i].Stack()
		switch called := calledByStart(stack); {
		case called == name:
			same = append(same, stack)
		case called != "":
			others = append(others, stack)
		}
	}
	if same == nil {
		same = others
	}
	if same = slices.CompactFunc(same, slices.Equal); len(same) != 1 {
		return nil
	}
	all := runtime.CallersFrames(same[0])
	for more := true; more; {
		var frame runtime.Frame
		frame, more = all.Next()
		frames = append(frames, frame)
	}
	return frames
}

// calledByStart returns the name of the function that start has called, if this is
// the stack of main's goroutine, or "".
func calledByStart(stack []uintptr) string {
	start := ownPath() + startFunctions
	for i := max(1, len(stack)-8); i < len(stack); i++ {
		if strings.HasPrefix(functionAt(stack[i]), start) {
			return functionAt(stack[i-1])
		}
	}
	return ""
}

// functionAt returns the name of the function that a stack has at pc.
func functionAt(pc uintptr) string {
	if f := runtime.FuncForPC(pc - 1); f != nil {
		return f.Name()
	}
	return "?"
}

// functionName returns the name that a function has on a stack: for a method value
// that of the method.
func functionName(f func(context.Context) error) string {
	return strings.TrimSuffix(runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name(), "-fm")
}

// stateOf returns what a goroutine with these frames waits for, as the text of a
// stack has it.
func stateOf(frames []runtime.Frame) string {
	state := "running"
	for _, frame := range frames {
		switch frame.Function {
		case "runtime.gopark":
			state = "waiting"
		case "runtime.selectgo", "runtime.block":
			return "select"
		case "runtime.chanrecv":
			return "chan receive"
		case "runtime.chansend":
			return "chan send"
		case "runtime.netpollblock":
			return "IO wait"
		case "time.Sleep":
			return "sleep"
		}
	}
	return state
}

// userFrames returns the innermost frames of interest, such as "main.poll
// (/src/poll.go:17)" and "main.run (/src/main.go:9)". Of frames of the standard
// library in a row only the outermost is included, and of those in this package only
// the function that main called.
func userFrames(frames []runtime.Frame) (texts []string) {
	own := ownPath()
	called := "" // by what comes next
	for _, frame := range frames {
		if len(texts) == stackFrames || strings.HasPrefix(frame.Function, own+startFunctions) {
			break // the frames from here on are Run's
		}
		text := fmt.Sprintf("%s (%s:%d)", frame.Function, frame.File, frame.Line)
		switch {
		case strings.HasPrefix(frame.Function, "runtime."):
		case strings.HasPrefix(frame.Function, own), standard(frame):
			called = text
		default:
			if called != "" {
				texts = append(texts, called)
				called = ""
			}
			texts = append(texts, text)
		}
	}
	return texts[:min(len(texts), stackFrames)]
}

// standard reports whether a frame is in the standard library.
func standard(frame runtime.Frame) bool {
	known := runtime.FuncForPC(reflect.ValueOf(strings.Cut).Pointer())
	file, _ := known.FileLine(known.Entry())
	if root := strings.TrimSuffix(file, "strings/strings.go"); root != "" {
		return strings.HasPrefix(frame.File, root)
	}
	// Built with -trimpath, the path of a file begins with that of its package.
	first, _, _ := strings.Cut(frame.File, "/")
	return !strings.Contains(first, ".") && !strings.HasPrefix(frame.Function, "main.")
}
