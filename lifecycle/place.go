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
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return frameText(frame)
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
