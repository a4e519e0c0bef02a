package lifecycle

import (
	"slices"
	"sync"
	"sync/atomic"
)

// inFlight is the work in flight: tracked units and requests, counted in one
// word, and the drain groups.
type inFlight struct {
	// word holds the units and the requests that are out, two flags, and a
	// count that goes up whenever one is begun. So one atomic operation begins
	// a unit, one ends it, and one compare-and-swap can say "none is out, none
	// was begun since I looked, and none may begin from now on".
	word atomic.Uint64
	// idle gets a token when the last unit out ends while that is watched.
	idle chan struct{}

	mu      sync.Mutex
	groups  []*group // only ever appended to
	tasks   list[task]
	servers map[serving]struct{} // those that have not ended; each is a unit too
	closed  bool                 // no group is waited for any more
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

// serving is a server that Draining waits for, and that is cut when Draining ends
// before its requests do.
type serving interface {
	// unanswered is how many requests have no whole answer, though their
	// handlers are back.
	unanswered() int
}

func newInFlight() *inFlight {
	return &inFlight{idle: make(chan struct{}, 1), servers: map[serving]struct{}{}}
}

// begin counts one more, oneUnit or oneRequest, unless Draining is over.
func (w *inFlight) begin(one uint64) bool {
	if w.word.Add(oneBegun+one)&workClosed == 0 {
		return true
	}
	w.word.Add(-one)
	return false
}

// end counts one less.
func (w *inFlight) end(one uint64) {
	if now := w.word.Add(-one); now&anyOut == 0 && now&watched != 0 {
		select {
		case w.idle <- struct{}{}:
		default:
		}
	}
}

// beginTask and endTask count a task and list it in one step.
func (w *inFlight) beginTask(t *item[task]) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begin(oneUnit) {
		return false
	}
	w.tasks.add(t)
	return true
}

func (w *inFlight) endTask(t *item[task]) {
	w.mu.Lock()
	w.tasks.remove(t)
	w.mu.Unlock()
	w.end(oneUnit)
}

// beginServer and endServer count a server and its unit in one step.
func (w *inFlight) beginServer(s serving) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begin(oneUnit) {
		return false
	}
	w.servers[s] = struct{}{}
	return true
}

func (w *inFlight) endServer(s serving) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.servers, s)
	w.end(oneUnit)
}

// serves says whether any server has not ended.
func (w *inFlight) serves() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.servers) > 0
}

// counts is how much work is out, by its kind.
type counts struct{ groups, tasks, tracked, requests int }

// out is how many units and requests are out. Servers are units, but are left
// out: they wait for their requests.
func (w *inFlight) out() (n counts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	word := w.word.Load()
	unanswered := 0
	for s := range w.servers {
		unanswered += s.unanswered()
	}
	n.tasks = w.tasks.n
	n.tracked = max(0, int(word&(oneRequest-1))-len(w.servers)-n.tasks)
	n.requests = int(word&anyOut/oneRequest) + unanswered
	return n
}

// unitsOut says whether any unit or request is out, servers included.
func (w *inFlight) unitsOut() bool { return w.word.Load()&anyOut != 0 }

// add registers a group, unless Draining is over.
func (w *inFlight) add(g *group) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.groups = append(w.groups, g)
	return true
}

// known returns the groups made so far, oldest first.
func (w *inFlight) known() []*group {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.groups
}

// closeIfIdle refuses work from now on if none is out and there is no group.
func (w *inFlight) closeIfIdle() bool { return w.tryClose(w.word.Load(), 0) }

// tryClose refuses work from now on if none is out, none was begun and no
// group was made since word and groups were looked at.
func (w *inFlight) tryClose(word uint64, groups int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.groups) != groups || word&anyOut != 0 || !w.word.CompareAndSwap(word, word|workClosed) {
		return false
	}
	w.closed = true
	return true
}

// close refuses work from now on, whatever is out. It returns false if work
// was refused already.
func (w *inFlight) close() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.closed
	w.closed = true
	w.word.Or(workClosed)
	return !was
}

// many says whether there are so many groups and tasks that to look at each
// takes a while.
func (w *inFlight) many() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.groups)+w.tasks.n > 1000
}

// anyBusy says whether anything is out, or may be. Servers are left out.
func (w *inFlight) anyBusy() bool {
	n := w.out()
	return n.tasks+n.tracked+n.requests > 0 ||
		slices.ContainsFunc(w.known(), func(g *group) bool { return g.state() != groupIdle })
}

// busy is what is still out, or may be (DRAIN-2).
func (w *inFlight) busy() *DrainTimeoutError {
	n := w.out()
	e := &DrainTimeoutError{Tracked: n.tracked, Requests: n.requests}
	places := places{}
	for _, g := range w.known() {
		switch g.state() {
		case groupUnknown:
			e.MayBeBusy = append(e.MayBeBusy, places.of(g.pc))
		case groupBusy:
			e.Groups = append(e.Groups, places.of(g.pc))
		}
	}
	for _, pc := range w.taskPlaces() {
		e.Tasks = append(e.Tasks, places.of(pc))
	}
	return e
}

// taskPlaces returns where the tasks that are out were begun, oldest first.
func (w *inFlight) taskPlaces() []uintptr {
	w.mu.Lock()
	defer w.mu.Unlock()
	pcs := make([]uintptr, 0, w.tasks.n)
	for t := w.tasks.first; t != nil; t = t.next {
		pcs = append(pcs, t.v.pc)
	}
	return pcs
}

// idleGroups returns where the groups that are at zero were made.
func (w *inFlight) idleGroups() (pcs []uintptr) {
	for _, g := range w.known() {
		if g.state() == groupIdle {
			pcs = append(pcs, g.pc)
		}
	}
	return pcs
}

// busyGroups is how many groups are busy or may be.
func (w *inFlight) busyGroups() (n int) {
	for _, g := range w.known() {
		if g.state() != groupIdle {
			n++
		}
	}
	return n
}
