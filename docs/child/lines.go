package child

import (
	"strings"
	"sync"
	"time"
)

// Lines is what a process has written, line by line. It is an io.Writer.
type Lines struct {
	mu      sync.Mutex
	lines   []string
	partial string
	ended   bool
	changed chan struct{} // closed, and replaced, when there is more
}

func newLines() *Lines { return &Lines{changed: make(chan struct{})} }

// Write takes what the process writes.
func (l *Lines) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	parts := strings.Split(l.partial+string(data), "\n")
	last := len(parts) - 1
	l.lines, l.partial = append(l.lines, parts[:last]...), parts[last]
	close(l.changed)
	l.changed = make(chan struct{})
	return len(data), nil
}

func (l *Lines) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.partial != "" {
		l.lines, l.partial = append(l.lines, l.partial), ""
	}
	l.ended = true
	close(l.changed)
	l.changed = make(chan struct{})
}

// All returns the lines there are.
func (l *Lines) All() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}

// String returns the lines there are as one text.
func (l *Lines) String() string { return strings.Join(l.All(), "\n") }

// Find returns the index of the first line that contains text, or -1.
func (l *Lines) Find(text string) int {
	for i, line := range l.All() {
		if strings.Contains(line, text) {
			return i
		}
	}
	return -1
}

// Attr returns the value of a key in a line of slog's text handler, if it is one
// that needs no quotes.
func Attr(line, key string) string {
	_, value, _ := strings.Cut(line, " "+key+"=")
	value, _, _ = strings.Cut(value, " ")
	return value
}

// Await waits for a line that contains text, and returns it. It gives up when
// there will be no more lines, or after limit.
func (l *Lines) Await(text string, limit time.Duration) (string, bool) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for {
		l.mu.Lock()
		ended, changed := l.ended, l.changed
		l.mu.Unlock()
		if i := l.Find(text); i >= 0 {
			return l.All()[i], true
		}
		if ended {
			return "", false
		}
		select {
		case <-changed:
		case <-timeout.C:
			return "", false
		}
	}
}
