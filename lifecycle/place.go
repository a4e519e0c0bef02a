package lifecycle

import (
	"runtime"
	"strconv"
)

// caller returns the program counter of the code that called the exported
// function that called caller. Only that is recorded; turning it into text is
// left to the day somebody reads it.
func caller() uintptr {
	var pcs [1]uintptr
	runtime.Callers(3, pcs[:])
	return pcs[0]
}

// place returns pc as file:line.
func place(pc uintptr) string {
	if pc == 0 {
		return "an unknown place"
	}
	if isGoStatement(pc) {
		return "a go statement"
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return frameText(frame)
}

// isGoStatement says that the caller is a goroutine's first function, as with
// `go lifecycle.Stop(ctx, err)`: of the statement itself there is no trace.
func isGoStatement(pc uintptr) bool {
	fn := runtime.FuncForPC(pc - 1)
	return fn != nil && fn.Name() == "runtime.goexit"
}

// places remembers the texts of program counters: there may be a million tasks
// that one line has begun.
type places map[uintptr]string

func (p places) of(pc uintptr) string {
	text, known := p[pc]
	if !known {
		text = place(pc)
		p[pc] = text
	}
	return text
}

func frameText(frame runtime.Frame) string {
	return frame.File + ":" + strconv.Itoa(frame.Line)
}
