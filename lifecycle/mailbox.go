package lifecycle

import (
	"slices"
	"sync"
)

// mailbox hands values to a consumer that may be slow, hang or panic, in
// order and one at a time, without ever making the sender wait. Its goroutine
// ends when the box is closed and empty; done is closed then.
type mailbox[T any] struct {
	deliver func(T)
	failed  func(error) // told of a panic or a Goexit of deliver
	done    chan struct{}

	mu     sync.Mutex
	wake   sync.Cond
	queue  []T // those from head on are still to be delivered
	head   int
	closed bool
}

func newMailbox[T any](deliver func(T), failed func(error)) *mailbox[T] {
	m := &mailbox[T]{deliver: deliver, failed: failed, done: make(chan struct{}), queue: make([]T, 0, 8)}
	m.wake.L = &m.mu
	go m.work()
	return m
}

// put queues v and reports whether the box still takes anything.
func (m *mailbox[T]) put(v T) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.queue = append(m.queue, v)
	m.wake.Signal()
	return true
}

// close has the box end once what is in it has been delivered.
func (m *mailbox[T]) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.wake.Signal()
}

// work delivers until the box is closed and empty. A consumer that calls
// Goexit takes the goroutine with it, so the rest is left to a new one.
func (m *mailbox[T]) work() {
	finished := false
	defer func() {
		if !finished {
			go m.work()
			return
		}
		close(m.done)
	}()
	for {
		v, ok := m.next()
		if !ok {
			finished = true
			return
		}
		call(func() error { m.deliver(v); return nil }, func(err error) {
			if err != nil && m.failed != nil {
				m.failed(err)
			}
		})
	}
}

// next waits for the next value. The room of those that were delivered is used
// again: when they are no fewer than the others, these move up.
func (m *mailbox[T]) next() (v T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.queue) == 0 && !m.closed {
		m.wake.Wait()
	}
	if len(m.queue) == 0 {
		return v, false
	}
	v = m.queue[m.head]
	if m.head++; 2*m.head >= len(m.queue) {
		m.queue = slices.Delete(m.queue, 0, m.head)
		m.head = 0
	}
	return v, true
}
