package systemd

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"
)

// lockedBuffer is what slog.Default() writes to in a test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func captureLog(t *testing.T) *lockedBuffer {
	log := &lockedBuffer{}
	was := slog.Default()
	t.Cleanup(func() { slog.SetDefault(was) })
	slog.SetDefault(slog.New(slog.NewTextHandler(log, nil)))
	return log
}

// nextLine is the place below the call.
func nextLine() string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, line+1)
}

func runtimeGoexit() { runtime.Goexit() }

type panicError struct{}

func (panicError) Error() string { panic("in Error") }
