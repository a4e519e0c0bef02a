package lifecycle

import (
	"sync"
	"sync/atomic"
	"time"
)

// inFlight is the in-flight work: tracked units and requests, counted in one
// word, and the drain groups.
type inFlight struct {
	// word holds the numbers of units and of requests in flight, two flags, and a
	// count of all that have begun. So one atomic operation begins a unit, one
	// ends it, and one compare-and-swap can state "none is in flight, none has
	// begun since the last look, and none may begin from now on".
	word atomic.Uint64
	// idle gets a token when the last unit ends while hasWaiter is set.
	idle chan struct{}

	mu      sync.Mutex
	groups  []*group // only ever appended to
	tasks   list[task]
	servers map[drainedServer]struct{} // running; each counts as a unit too
	closed  bool                       // groups are no longer accepted
}

// The fields of the word. A unit of Track needs no goroutine, so there may be
// more than the sixteen million that its bits can hold. They then carry over into
// the requests: the sum stays right, and so does what Draining waits for, but the
// split between units and requests in a timeout's error is wrong. The count of
// those begun may wrap around.
const (
	oneUnit    uint64 = 1       // 24 bits
	oneRequest uint64 = 1 << 24 // 22 bits
	hasWaiter  uint64 = 1 << 46 // drainWaiter waits for none to be in flight
	workClosed uint64 = 1 << 47 // Draining has ended: none may begin
	oneBegun   uint64 = 1 << 48 // 16 bits
	unitMask          = hasWaiter - 1
)

// drainedServer is a server that Draining waits for, and whose requests are cut
// when Draining ends first.
type drainedServer interface {
	// unanswered returns the number of requests without a complete response whose
	// handlers have returned.
	unanswered() int
}

func newInFlight() *inFlight {
	return &inFlight{idle: make(chan struct{}, 1), servers: map[drainedServer]struct{}{}}
}

// begin counts one more, oneUnit or oneRequest, unless Draining has ended.
func (w *inFlight) begin(one uint64) bool {
	if w.word.Add(oneBegun+one)&workClosed == 0 {
		return true
	}
	w.word.Add(-one)
	return false
}

// end counts one fewer.
func (w *inFlight) end(one uint64) {
	if now := w.word.Add(-one); now&unitMask == 0 && now&hasWaiter != 0 {
		select {
		case w.idle <- struct{}{}:
		default:
		}
	}
}

// beginTask and endTask count and list a task in one step.
func (w *inFlight) beginTask(t *item[task]) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begin(oneUnit) {
		return false
	}
	t.v.began = time.Now() // under the lock: the list is in the order in which tasks begin
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
func (w *inFlight) beginServer(s drainedServer) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begin(oneUnit) {
		return false
	}
	w.servers[s] = struct{}{}
	return true
}

func (w *inFlight) endServer(s drainedServer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.servers, s)
	w.end(oneUnit)
}

// serves reports whether any server has not ended.
func (w *inFlight) serves() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.servers) > 0
}

// counts is the amount of in-flight work, by kind.
type counts struct{ groups, tasks, tracked, requests int }

// counts returns how many units and requests are in flight. Servers, which are
// units, are not counted: they only wait for their requests.
func (w *inFlight) counts() (n counts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	word := w.word.Load()
	unanswered := 0
	for s := range w.servers {
		unanswered += s.unanswered()
	}
	n.tasks = w.tasks.n
	n.tracked = max(0, int(word&(oneRequest-1))-len(w.servers)-n.tasks)
	n.requests = int(word&unitMask/oneRequest) + unanswered
	return n
}

// anyUnits reports whether any unit or request is in flight, including servers.
func (w *inFlight) anyUnits() bool { return w.word.Load()&unitMask != 0 }

// add registers a group, unless Draining has ended.
func (w *inFlight) add(g *group) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.groups = append(w.groups, g)
	return true
}

// known returns the groups created so far, oldest first.
func (w *inFlight) known() []*group {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.groups
}

// closeIfIdle refuses further work if none is in flight and there is no group.
func (w *inFlight) closeIfIdle() bool { return w.tryClose(w.word.Load(), 0) }

// tryClose refuses further work if none is in flight, and none has begun and no
// group was created since word and groups were read.
func (w *inFlight) tryClose(word uint64, groups int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.groups) != groups || word&unitMask != 0 || !w.word.CompareAndSwap(word, word|workClosed) {
		return false
	}
	w.closed = true
	return true
}

// close refuses further work, whatever is in flight. It returns false if work
// was already refused.
func (w *inFlight) close() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.closed
	w.closed = true
	w.word.Or(workClosed)
	return !was
}

// busyWork is the work that is in flight, or may be, at one moment. Servers are not
// listed.
type busyWork struct {
	counts
	busy, unknown []uintptr // the call sites of groups, oldest first
	running       []uintptr // and of tasks
}

// busy returns what is in flight. It makes no texts, which take longer.
func (w *inFlight) busy() (b busyWork) {
	b.counts = w.counts()
	for _, g := range w.known() {
		switch g.state() {
		case groupUnknown:
			b.unknown = append(b.unknown, g.pc)
		case groupBusy:
			b.busy = append(b.busy, g.pc)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	b.running = make([]uintptr, 0, w.tasks.n)
	for t := w.tasks.first; t != nil; t = t.next {
		b.running = append(b.running, t.v.pc)
	}
	b.tasks = len(b.running)
	return b
}

func (b *busyWork) none() bool {
	return b.tasks+b.tracked+b.requests+len(b.busy)+len(b.unknown) == 0
}

// err returns the error that lists the work (DRAIN-2).
func (b *busyWork) err(timeout time.Duration) *DrainTimeoutError {
	places := places{}
	return &DrainTimeoutError{
		Timeout: timeout,
		Groups:  places.ofAll(b.busy), MayBeBusy: places.ofAll(b.unknown), Tasks: places.ofAll(b.running),
		Tracked: b.tracked, Requests: b.requests,
	}
}

// idleGroups returns the call sites of the groups that are at zero.
func (w *inFlight) idleGroups() (pcs []uintptr) {
	for _, g := range w.known() {
		if g.state() == groupIdle {
			pcs = append(pcs, g.pc)
		}
	}
	return pcs
}

// busyGroups returns how many groups are busy or may be.
func (w *inFlight) busyGroups() (n int) {
	for _, g := range w.known() {
		if g.state() != groupIdle {
			n++
		}
	}
	return n
}
