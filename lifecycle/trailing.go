package lifecycle

import (
	"slices"
	"sync"
)

// trailing is what serves until no hook is left to run (HTTP-7). It is no work
// in flight; the end of Run waits a moment for it.
type trailing struct {
	mu     sync.Mutex
	ended  []chan struct{} // closed by what has ended
	closed bool
}

// begin registers one, unless the run is over. The channel is to be given to
// end.
func (t *trailing) begin() (ended chan struct{}, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, false
	}
	ended = make(chan struct{})
	t.ended = append(t.ended, ended)
	return ended, true
}

func (t *trailing) end(ended chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(ended)
	t.ended = slices.DeleteFunc(t.ended, func(c chan struct{}) bool { return c == ended })
}

// any says whether one has not ended.
func (t *trailing) any() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.ended) > 0
}

// close registers no more, and returns those that have not ended.
func (t *trailing) close() []chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	return slices.Clone(t.ended)
}
