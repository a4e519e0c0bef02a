package process

import (
	"io"
	"slices"
	"sync"
)

// tail is a writer that keeps the beginning and the end of what it is given:
// the runtime writes first why it gives up, a test last.
type tail struct {
	mu          sync.Mutex
	first, last []byte
}

// TailSize is how much is kept of the beginning, and of the end.
const TailSize = 4 << 10

// Write keeps p.
func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	head := p[:min(len(p), TailSize-len(w.first))]
	w.first = append(w.first, head...)
	w.last = append(w.last, p[len(head):]...)
	if extra := len(w.last) - TailSize; extra > 0 {
		w.last = slices.Delete(w.last, 0, extra)
	}
	return len(p), nil
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.first) + string(w.last)
}

var _ io.Writer = (*tail)(nil)
