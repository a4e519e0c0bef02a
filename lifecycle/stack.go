package lifecycle

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

// mainRunningError is ErrMainRunning with what main is doing instead of coming
// back.
type mainRunningError struct {
	doing string
}

func (e *mainRunningError) Error() string {
	return ErrMainRunning.Error() + ": " + e.doing
}

// Is reports whether target is [ErrMainRunning].
func (e *mainRunningError) Is(target error) bool { return target == ErrMainRunning }

const (
	// dumpLimit is with how many frames of all goroutines together they are
	// dumped: that stops the world, and Run has a time to return in. Of a
	// goroutine 32 frames are counted at most.
	dumpLimit = 2000
	// dumpSize is how much of the dump is kept, in bytes, and frameSize how much
	// for each frame.
	dumpSize  = 1 << 20
	frameSize = 1 << 10
	// stackFrames is how many of main's innermost frames are named.
	stackFrames = 4
)

// goroutineID returns the number of the calling goroutine, which is only to be
// had from the text of its stack.
func goroutineID() string {
	buf := make([]byte, 64)
	id, _, _ := strings.Cut(strings.TrimPrefix(string(buf[:runtime.Stack(buf, false)]), "goroutine "), " ")
	return id
}

// onStack counts the calls of a function of this package that the caller runs
// within.
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

// ownPath is what the names of this package's functions begin with.
func ownPath() string { return reflect.TypeFor[run]().PkgPath() + "." }

// mainRunning is the error for a main that has not come back, with its
// innermost frames if they are to be had at a small cost.
func (r *run) mainRunning() error {
	goroutine, frames := r.mainID.Load(), framesOfAll()
	if goroutine == nil || frames > dumpLimit {
		return ErrMainRunning
	}
	buf := make([]byte, min(dumpSize, (frames+16)*frameSize))
	doing := stackOf(buf[:runtime.Stack(buf, true)], *goroutine)
	if doing == "" {
		return ErrMainRunning // it has come back just now
	}
	return &mainRunningError{doing: doing}
}

// framesOfAll is how many frames all goroutines have.
func framesOfAll() (n int) {
	running := runtime.NumGoroutine()
	if running > dumpLimit {
		return dumpLimit + 1
	}
	records := make([]runtime.StackRecord, running+16) // a few may have begun since
	goroutines, ok := runtime.GoroutineProfile(records)
	if !ok {
		return dumpLimit + 1
	}
	for i := range goroutines {
		n += len(records[i].Stack())
	}
	return n
}

// stackOf finds a goroutine in a dump, and tells what it waits for and its
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

// userFrames returns the innermost frames of a goroutine that are main's. Where
// main has called this package, only what it has called is told of that.
func userFrames(lines []string) (frames []string) {
	own := ownPath()
	called := ""
	for i := 0; i+1 < len(lines) && len(frames) < stackFrames; i += 2 {
		function := lines[i]
		if strings.HasPrefix(function, "created by ") || strings.HasPrefix(function, own+"(*run).start.") {
			break // from here on it is Run's own
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
