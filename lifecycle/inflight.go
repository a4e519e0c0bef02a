package lifecycle

import (
	"sync"
	"sync/atomic"
	"time"
)

// work is what is in flight: tracked units and requests, counted in one word,
// and the drain groups, each a WaitGroup that somebody has to wait on.
type work struct {
	// word holds the tracked units and the requests that are out, two flags,
	// and a count that goes up whenever one is begun. So one atomic operation
	// begins a unit, one ends it, and one compare-and-swap can say "none is
	// out, none was begun since I looked, and none may begin from now on".
	word atomic.Uint64
	// idle gets a token when the last unit out ends while that is watched.
	idle chan struct{}

	mu      sync.Mutex
	groups  []*group
	tasks   taskList
	servers map[*connections]struct{} // those of Serve that are not over; each is a unit too
	closed  bool                      // no group is waited for any more
}

// The fields of the word. A unit of Track needs no goroutine, so there may be
// more than the sixteen million that its bits can hold. They carry over into
// the requests then: the sum stays right, and with it what Draining waits for,
// but the split between units and requests in a timeout's error does not. The
// count of those begun may wrap around.
const (
	oneUnit    uint64 = 1       // 24 bits
	oneRequest uint64 = 1 << 24 // 22 bits
	watched    uint64 = 1 << 46 // somebody waits for none to be out
	workClosed uint64 = 1 << 47 // Draining is over: none may begin
	oneBegun   uint64 = 1 << 48 // 16 bits
	anyOut            = watched - 1
)

// group is one drain group. Its waiters set quiet when the WaitGroup has
// reached zero.
type group struct {
	wg      sync.WaitGroup
	pc      uintptr
	made    time.Time
	awaited atomic.Bool
	quiet   atomic.Bool
	looked  atomic.Pointer[chan struct{}] // closed when the waiter of lookAround is done
}

func newWork() *work {
	return &work{idle: make(chan struct{}, 1), servers: map[*connections]struct{}{}}
}

// begin counts one more, oneUnit or oneRequest, unless Draining is over.
func (w *work) begin(one uint64) bool {
	if w.word.Add(oneBegun+one)&workClosed == 0 {
		return true
	}
	w.word.Add(-one)
	return false
}

// end counts one less.
func (w *work) end(one uint64) {
	if now := w.word.Add(-one); now&anyOut == 0 && now&watched != 0 {
		select {
		case w.idle <- struct{}{}:
		default:
		}
	}
}

// beginServer and endServer count a server and its unit in one step.
func (w *work) beginServer(c *connections) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begin(oneUnit) {
		return false
	}
	w.servers[c] = struct{}{}
	return true
}

func (w *work) endServer(c *connections) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.servers, c)
	w.end(oneUnit)
}

// serves says whether any server is not over.
func (w *work) serves() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.servers) > 0
}

// out is how many units and requests are out. The servers, which are units, are
// left out: they wait for the requests. A request whose handler is back is out
// for as long as a server has not sent its answer.
func (w *work) out() (units, requests int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	word := w.word.Load()
	unanswered := 0
	for c := range w.servers {
		n, _ := c.unanswered(time.Time{})
		unanswered += n
	}
	units = int(word&(oneRequest-1)) - len(w.servers)
	return max(0, units), max(int(word&anyOut/oneRequest), unanswered)
}

// tasksOut is how many of the units are tasks.
func (w *work) tasksOut() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tasks.n
}

// busyUnits says whether any unit or request is out, servers included.
func (w *work) busyUnits() bool { return w.word.Load()&anyOut != 0 }

// add registers a group, unless Draining is over.
func (w *work) add(g *group) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.groups = append(w.groups, g)
	return true
}

// known returns the groups made so far. Groups are only ever appended.
func (w *work) known() []*group {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.groups
}

// tryClose ends the taking of work if none is out, none was begun and no group
// was made since word and groups were looked at.
func (w *work) tryClose(word uint64, groups int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.groups) != groups || word&anyOut != 0 || !w.word.CompareAndSwap(word, word|workClosed) {
		return false
	}
	w.closed = true
	return true
}

// shut ends the taking of work whatever is still out. It answers false if
// that had been done.
func (w *work) shut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.closed
	w.closed = true
	w.word.Or(workClosed)
	return !was
}

// await returns true once no work is left, having ended the taking of it, or
// false when over is closed first.
//
// Work makes groups and adds to them, so a group is waited for when whoever
// may have done that is done: units come first, and groups in the order in
// which they were made, one after the other. So a group that was made by work
// in flight is not waited for beside its first Add, which would be a race, and
// work that a unit or a group hands on is seen. A second pass is for what is
// handed on to a group that was made earlier. The word is compared at the end,
// because units may have begun meanwhile.
func (w *work) await(over <-chan struct{}) bool {
	w.word.Or(watched)
	for {
		word, ok := w.awaitUnits(over)
		if !ok {
			return false
		}
		groups := w.known()
		for range 2 {
			for _, g := range groups {
				if looked := g.looked.Load(); looked != nil {
					<-*looked
				}
				g.await()
			}
		}
		select {
		case <-over:
			return false
		default:
		}
		if w.tryClose(word, len(groups)) {
			return true
		}
	}
}

// lookAround finds out which groups are busy beside the one whose turn it is,
// for those who ask: each gets a waiter of its own, which await then waits for,
// since WaitGroup takes it ill when one that is reused has several. A waiter
// whose group never gets to zero outlives the run: there is no other way. It
// says whether there was anything to find out.
func (w *work) lookAround() (any bool) {
	for _, g := range w.known() {
		if g.awaited.Load() {
			continue
		}
		any = true
		over := make(chan struct{})
		g.awaited.Store(true)
		g.looked.Store(&over)
		go func() {
			defer close(over)
			g.await()
		}()
	}
	return any
}

// awaitUnits returns the word once no unit is out.
func (w *work) awaitUnits(over <-chan struct{}) (word uint64, ok bool) {
	for {
		if word = w.word.Load(); word&anyOut == 0 {
			return word, true
		}
		select {
		case <-w.idle:
		case <-over:
			return 0, false
		}
	}
}

// await waits for the group to be at zero. When its user adds to it just as it
// gets there, WaitGroup panics in the waiter ("reused before previous Wait has
// returned"): then there is work again, which is waited for (DRAIN-6).
func (g *group) await() {
	g.awaited.Store(true)
	g.quiet.Store(false)
	for !g.wait() {
	}
	g.quiet.Store(true)
}

func (g *group) wait() (ok bool) {
	defer func() { _ = recover() }()
	g.wg.Wait()
	return true
}

// busy says that somebody waits for the group.
func (g *group) busy() bool { return g.awaited.Load() && !g.quiet.Load() }

// busy returns the places of the groups that were looked at and are not at
// zero, and of the tasks that are under way.
func (w *work) busy() (groups, tasks []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	places := places{}
	for _, g := range w.groups {
		if g.busy() {
			groups = append(groups, places.of(g.pc))
		}
	}
	for t := w.tasks.first; t != nil; t = t.next {
		tasks = append(tasks, places.of(t.pc))
	}
	return groups, tasks
}
