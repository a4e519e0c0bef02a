package main

import (
	"bytes"
	"errors"
	"io"
	"time"
)

var errHangs = errors.New("the write before has not come back")

// patientWriter waits for a write to w up to limit, so that a reader of stderr
// who hangs delays a request or a hook once, and stops none. While a write
// hangs, further ones are dropped. Writes must come one at a time, as those of
// a slog handler do.
type patientWriter struct {
	w     io.Writer
	limit time.Duration
	busy  chan struct{} // holds a token while a write is under way
}

func newPatientWriter(w io.Writer, limit time.Duration) *patientWriter {
	return &patientWriter{w: w, limit: limit, busy: make(chan struct{}, 1)}
}

// Write writes p to w. One that takes longer than the limit goes on, and what
// becomes of it is not reported.
func (p *patientWriter) Write(line []byte) (int, error) {
	select {
	case p.busy <- struct{}{}:
	default:
		return 0, errHangs
	}
	line = bytes.Clone(line) // the caller uses it again
	failure := make(chan error, 1)
	go func() {
		_, err := p.w.Write(line)
		<-p.busy
		failure <- err
	}()
	limit := time.NewTimer(p.limit)
	defer limit.Stop()
	select {
	case err := <-failure:
		return len(line), err
	case <-limit.C:
		return len(line), nil
	}
}
