package lifecycle

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
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
	// dumpLimit is the number of frames, of all goroutines together, beyond which
	// no stacks are dumped: a dump stops the world, and Run must return in time. Of
	// each goroutine at most 32 frames are counted.
	dumpLimit = 2000
	// dumpSize is how much of the dump is kept, in bytes, and frameSize how much
	// for each frame.
	dumpSize  = 1 << 20
	frameSize = 1 << 10
	// stackFrames is how many of main's innermost frames are reported.
	stackFrames = 4
)

// goroutineID returns the ID of the calling goroutine, which only the text of its
// stack has.
func goroutineID() string {
	buf := make([]byte, 64)
	id, _, _ := strings.Cut(strings.TrimPrefix(string(buf[:runtime.Stack(buf, false)]), "goroutine "), " ")
	return id
}

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

// mainRunningError returns the error for a main that has not returned, with its
// innermost frames unless a dump would take too long.
func (r *run) mainRunningError() error {
	goroutine, frames := r.mainID.Load(), framesOfAll()
	if goroutine == nil || frames > dumpLimit {
		return ErrMainRunning
	}
	buf := make([]byte, min(dumpSize, (frames+16)*frameSize))
	doing := stackOf(buf[:runtime.Stack(buf, true)], *goroutine)
	if doing == "" {
		return ErrMainRunning // it has just returned
	}
	return &notReturnedError{stack: doing}
}

// framesOfAll returns the number of frames of all goroutines together.
func framesOfAll() (n int) {
	running := runtime.NumGoroutine()
	if running > dumpLimit {
		return dumpLimit + 1
	}
	records := make([]runtime.StackRecord, running+64) // the count is a rough one, and a few may have begun since
	goroutines, ok := runtime.GoroutineProfile(records)
	if !ok {
		return dumpLimit + 1
	}
	for i := range goroutines {
		n += len(records[i].Stack())
	}
	return n
}

// stackOf finds a goroutine in a dump, and returns what it waits for and its
// innermost frames outside the runtime, such as
// "select in main.poll (/src/poll.go:17), called by main.run (/src/main.go:9)".
func stackOf(dump []byte, goroutine string) string {
	for block := range bytes.SplitSeq(dump, []byte("\n\n")) {
		text := strings.TrimPrefix(string(block), "goroutine ")
		id, rest, _ := strings.Cut(text, " ")
		if id != goroutine {
			continue
		}
		state, rest, _ := strings.Cut(strings.TrimPrefix(rest, "["), "]")
		lines := strings.Split(rest, "\n")[1:]
		state, _, _ = strings.Cut(state, ",")
		return state + " in " + strings.Join(userFrames(lines), ", called by ")
	}
	return ""
}

// userFrames returns the innermost frames of main's goroutine that are not the
// runtime's. Of frames in this package only the function that main called is
// included.
func userFrames(lines []string) (frames []string) {
	own := ownPath()
	called := ""
	for i := 0; i+1 < len(lines) && len(frames) < stackFrames; i += 2 {
		function := lines[i]
		if strings.HasPrefix(function, "created by ") || strings.HasPrefix(function, own+"(*run).start.") {
			break // the frames from here on are Run's
		}
		if open := strings.LastIndex(function, "("); open > 0 {
			function = function[:open]
		}
		place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
		frame := fmt.Sprintf("%s (%s)", function, place)
		switch {
		case strings.HasPrefix(function, "runtime."):
		case strings.HasPrefix(function, own):
			called = frame
		default:
			if called != "" {
				frames = append(frames, called)
				called = ""
			}
			frames = append(frames, frame)
		}
	}
	return frames
}
