package main

import (
	"bytes"
	"io"
	"time"
)

// asyncWriter writes on a goroutine of its own, so that a reader of stderr that
// hangs delays no request and no hook. What does not fit into its queue is
// dropped. Write may be called concurrently, and after Close too.
type asyncWriter struct {
	queue   chan []byte // nil: the end
	written chan struct{}
}

// newAsyncWriter returns a writer to w, with room for size writes that wait.
func newAsyncWriter(w io.Writer, size int) *asyncWriter {
	a := &asyncWriter{queue: make(chan []byte, size), written: make(chan struct{})}
	go func() {
		defer close(a.written)
		for line := range a.queue {
			if line == nil {
				return
			}
			_, _ = w.Write(line) // there is no place left to report it to
		}
	}()
	return a
}

// Write takes p, and never fails.
func (a *asyncWriter) Write(p []byte) (int, error) {
	select {
	case a.queue <- bytes.Clone(p):
	default:
	}
	return len(p), nil
}

// Close waits until what was written before is out, up to limit.
func (a *asyncWriter) Close(limit time.Duration) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case a.queue <- nil:
	case <-timeout.C:
		return
	}
	select {
	case <-a.written:
	case <-timeout.C:
	}
}
