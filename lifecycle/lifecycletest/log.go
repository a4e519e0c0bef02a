package lifecycletest

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
)

// testLog writes the run's log to the test's output, and fails the test for errors
// that come too late to be in the run's result. The output must not be used after
// the end of the test, but code that is still running may log: that is dropped.
type testLog struct {
	t testing.TB

	mu       sync.Mutex
	runOver  bool
	testOver bool
}

func (l *testLog) handler() slog.Handler {
	return &failOnError{log: l, Handler: slog.NewTextHandler(writer{l}, &slog.HandlerOptions{Level: slog.LevelDebug})}
}

func (l *testLog) runEnded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runOver = true
}

func (l *testLog) testEnded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.testOver = true
}

// writer writes to the test's output until the end of the test.
type writer struct{ log *testLog }

func (w writer) Write(p []byte) (int, error) {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	if w.log.testOver {
		return len(p), nil
	}
	return w.log.t.Output().Write(p)
}

var _ io.Writer = writer{}

// failOnError is a handler that fails the test for an error logged after the run's
// end. Errors before that are in the run's result.
type failOnError struct {
	slog.Handler
	log *testLog
}

func (f *failOnError) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelError {
		record.Attrs(func(a slog.Attr) bool {
			if err, ok := a.Value.Any().(error); ok {
				f.log.fail(record.Message, err)
			}
			return true
		})
	}
	return f.Handler.Handle(ctx, record)
}

func (l *testLog) fail(what string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runOver && !l.testOver {
		l.t.Errorf("lifecycletest: %s: %v", what, err)
	}
}
