package lifecycle

import (
	"slices"
	"sync"
)

// queue passes values to a consumer that may be slow, hang or panic, in order and
// one at a time, and never blocks the sender. Its worker ends when the queue is
// closed and empty; then done is closed.
type queue[T any] struct {
	consume func(T)
	failed  func(error) // called with a panic or Goexit of consume; may be nil
	done    chan struct{}

	mu     sync.Mutex
	wake   sync.Cond
	values []T // those from head on have not been consumed
	head   int
	closed bool
}

func newQueue[T any](consume func(T), failed func(error)) *queue[T] {
	q := &queue[T]{consume: consume, failed: failed, done: make(chan struct{}), values: make([]T, 0, 8)}
	q.wake.L = &q.mu
	go q.work()
	return q
}

// put appends v. It returns false if the queue is closed.
func (q *queue[T]) put(v T) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.values = append(q.values, v)
	q.wake.Signal()
	return true
}

// close ends the queue once the values in it have been consumed.
func (q *queue[T]) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake.Signal()
}

// work consumes until the queue is closed and empty. If the consumer calls Goexit,
// which ends the goroutine, a new one takes over.
func (q *queue[T]) work() {
	finished := false
	defer func() {
		if !finished {
			go q.work()
			return
		}
		close(q.done)
	}()
	for {
		v, ok := q.next()
		if !ok {
			finished = true
			return
		}
		call(func() error { q.consume(v); return nil }, func(err error) {
			if err != nil && q.failed != nil {
				q.failed(err)
			}
		})
	}
}

// next waits for the next value. When at least half of the slice has been
// consumed, the rest moves to its front.
func (q *queue[T]) next() (v T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.values) == 0 && !q.closed {
		q.wake.Wait()
	}
	if len(q.values) == 0 {
		return v, false
	}
	v = q.values[q.head]
	if q.head++; 2*q.head >= len(q.values) {
		q.values = slices.Delete(q.values, 0, q.head)
		q.head = 0
	}
	return v, true
}
