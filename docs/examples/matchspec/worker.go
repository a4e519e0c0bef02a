package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var (
	errFull    = errors.New("the queue is full")
	errStopped = errors.New("the service has stopped taking records")
)

// queue holds the records that were accepted and not yet evaluated. Its
// methods may be called concurrently.
type queue struct {
	mu      sync.RWMutex
	closed  bool
	records chan record
	put     atomic.Int64
}

func newQueue(size int) *queue { return &queue{records: make(chan record, size)} }

// Put adds a record, or says at once why it cannot. It never waits: a full
// queue is something for the client to know.
func (q *queue) Put(r record) error {
	q.mu.RLock() // beside other Puts, never beside Close
	defer q.mu.RUnlock()
	if q.closed {
		return errStopped
	}
	select {
	case q.records <- r:
		q.put.Add(1)
		return nil
	default:
		return errFull
	}
}

// Close lets the worker end once it has taken what is in the queue. A second
// call does nothing.
func (q *queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.records)
	}
}

// Len returns how many records are waiting.
func (q *queue) Len() int { return len(q.records) }

// Accepted returns how many records were ever put.
func (q *queue) Accepted() int64 { return q.put.Load() }

// worker evaluates what is in the queue and appends it to the store.
type worker struct {
	queue       *queue
	store       *store
	evaluate    time.Duration
	flushEvery  time.Duration
	checkpoints string
	unsafe      int // records taken from the queue since the store was last flushed
}

// run works until the queue is closed and empty, or the store fails. It does
// not look at a context: being asked to stop is not being done.
//
// When the store fails, no further record is accepted, and the error says how
// many that were accepted may be lost.
func (w *worker) run() error {
	err := w.work()
	if err != nil {
		w.queue.Close()
		err = fmt.Errorf("%w; the last %d records that were accepted may be lost", err, w.unsafe+w.queue.Len())
	}
	return err
}

func (w *worker) work() error {
	flush := time.NewTicker(w.flushEvery)
	defer flush.Stop()
	for {
		select {
		case r, more := <-w.queue.records:
			if !more {
				return nil
			}
			w.unsafe++
			time.Sleep(w.evaluate)
			r.Matched, _ = path.Match(r.Spec, r.Input) // the pattern was looked at when it was accepted
			if err := w.store.Append(r); err != nil {
				return fmt.Errorf("record %s was accepted and could not be kept: %w", r.ID, err)
			}
		case <-flush.C:
			if err := w.store.Flush(); err != nil {
				return err
			}
			w.unsafe = 0
			w.checkpoint()
		}
	}
}

// checkpoint notes how many records are safe. The file is replaced as a whole,
// so that a crash leaves the note before. To go without is no reason to stop:
// the readiness check fails by then.
func (w *worker) checkpoint() {
	count := strconv.Itoa(w.store.Appended())
	last := filepath.Join(w.checkpoints, "last")
	err := os.WriteFile(last+".new", []byte(count+"\n"), 0o644)
	if err == nil {
		err = os.Rename(last+".new", last)
	}
	if err != nil {
		slog.Warn("no checkpoint was written", "error", err)
	}
}

// writable returns a health check that passes while files can be made in dir.
func writable(dir string) func() error {
	return func() error {
		file, err := os.CreateTemp(dir, ".probe-*")
		if err != nil {
			return err
		}
		return errors.Join(file.Close(), os.Remove(file.Name()))
	}
}
