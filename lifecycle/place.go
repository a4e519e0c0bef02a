package lifecycle

import (
	"runtime"
	"strconv"
)

// caller returns the program counter of the call site of the exported function
// that called caller. It is formatted only when needed.
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

// isGoStatement reports whether the call was itself a go statement, such as
// `go lifecycle.Stop(ctx, err)`. The stack does not have the line of that.
func isGoStatement(pc uintptr) bool {
	fn := runtime.FuncForPC(pc - 1)
	return fn != nil && fn.Name() == "runtime.goexit"
}

// places caches the texts of program counters: one line may have started a
// million tasks.
type places map[uintptr]string

func (p places) of(pc uintptr) string {
	text, known := p[pc]
	if !known {
		text = place(pc)
		p[pc] = text
	}
	return text
}

// ofAll returns the texts in the same order; nil for none.
func (p places) ofAll(pcs []uintptr) (texts []string) {
	for _, pc := range pcs {
		texts = append(texts, p.of(pc))
	}
	return texts
}

func frameText(frame runtime.Frame) string {
	return frame.File + ":" + strconv.Itoa(frame.Line)
}
