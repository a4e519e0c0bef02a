package health

import (
	"container/heap"
	"context"
	"runtime"
	"sync"
	"time"
)

// probe is one readiness probe that waits for its checks.
type probe struct {
	start   time.Duration // on the scheduler's clock
	tickets []ticket      // one for each check, in the order of the checks
	pending int           // tickets without an outcome; guarded by scheduler.mu
	wake    chan struct{} // gets one value when a run makes pending zero
}

// ticket is a probe's place among those that wait for a check. It is guarded
// by scheduler.mu until nothing of its probe is pending.
type ticket struct {
	probe  *probe
	check  *check
	node   node[*ticket]
	starts bool // this probe starts the run
	done   bool
	out    *failure // nil for one that passed
}

// settle gives the ticket its outcome and takes it off the check's list, so
// that a check that hangs keeps nothing of the probes that gave it up.
func (t *ticket) settle(out *failure) {
	t.check.waiting.remove(&t.node)
	t.out, t.done = out, true
	t.probe.pending--
	if t.probe.pending == 0 {
		t.probe.wake <- struct{}{}
	}
}

// ask returns the outcome of every check, in their order: of a run that was
// under way or began after the call, of one within CacheFor, or that there was
// none within the check's timeout. When ctx is done it waits no longer; the
// runs go on for those who still wait (HEALTH-11).
func (s *scheduler) ask(ctx context.Context, checks []*check) []ticket {
	p, waits := s.begin(checks)
	if !waits {
		return p.tickets
	}
	// Checks that need not wait are done when their goroutines have had a turn,
	// and the probe needs no timer.
	runtime.Gosched()
	select {
	case <-p.wake:
		return p.tickets
	default:
	}
	timer := time.NewTimer(p.shortest())
	defer timer.Stop()
	for {
		select {
		case <-p.wake:
			return p.tickets
		case <-timer.C:
			if next := s.expire(p, s.now()); next > 0 {
				timer.Reset(next)
			}
		case <-ctx.Done():
			s.abandon(p, failed("not waited for: "+ctx.Err().Error()))
		}
	}
}

// shortest returns the smallest timeout of the probe's checks.
func (p *probe) shortest() time.Duration {
	d := p.tickets[0].check.timeout
	for i := range p.tickets {
		d = min(d, p.tickets[i].check.timeout)
	}
	return d
}

// expire settles the tickets whose timeout, counted from the probe, is over,
// and returns the time to the next, or zero when none is left.
func (s *scheduler) expire(p *probe, now time.Duration) (next time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waited := now - p.start
	for i := range p.tickets {
		t := &p.tickets[i]
		if t.done {
			continue
		}
		if left := t.check.timeout - waited; left > 0 {
			if next == 0 || left < next {
				next = left
			}
			continue
		}
		out := timedOut(t.check.timeout)
		t.settle(out)
		s.changes.note(t.check, out)
	}
	return next
}

// abandon settles every ticket that is left.
func (s *scheduler) abandon(p *probe, out *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range p.tickets {
		if t := &p.tickets[i]; !t.done {
			t.settle(out)
		}
	}
}

// The bounds of HEALTH-10.
const (
	// maxRuns is how many runs are begun before one has to end.
	maxRuns = 64
	// patience is how long a run counts towards maxRuns. What takes longer is
	// waiting for something, not working, and is not worth holding others up.
	patience = 100 * time.Millisecond
)

// scheduler decides when a check runs, and brings its result to every probe
// that waits for it. Of one check at most one run is under way, or queued; a
// probe that finds one joins it (HEALTH-9).
//
// A check that must wait for its turn waits in the queue, which costs no
// goroutine. It leaves the queue, in the order in which half of the timeouts
// will be over, when a run ends, when a run has used up its patience, or when
// its turn can be put off no longer: those turns are spread evenly over the
// second quarter of the timeout, so that what is late does not start all at
// once. So checks that hang delay the others by at most half of their
// timeout, however many hang.
//
// One lock guards all of it and every check's run. No code of the user's is
// called with it held.
type scheduler struct {
	changes changes
	epoch   time.Time // the zero of all its times, which are monotonic

	mu     sync.Mutex
	recent list[*check] // the runs that count, oldest first
	count  int          // how many those are
	queue  queue
	timer  *time.Timer // set while the queue is not empty
}

// begin asks for a result of every check, for a probe that starts now. It
// returns the probe, and whether there is anything left to wait for.
func (s *scheduler) begin(checks []*check) (*probe, bool) {
	p := &probe{start: s.now(), tickets: make([]ticket, len(checks)), wake: make(chan struct{}, 1)}
	starts := 0
	s.mu.Lock()
	for i, c := range checks {
		t := &p.tickets[i]
		t.probe, t.check = p, c
		if c.phase == idle && c.fresh(p.start) {
			t.out, t.done = c.last, true
			continue
		}
		p.pending++
		t.node.value = t
		c.waiting.push(&t.node)
		switch {
		case c.phase != idle:
		case s.count < maxRuns && s.queue.empty():
			s.start(c, p.start)
			t.starts = true
			starts++
		default:
			s.enqueue(c, p.start, i+1, len(checks))
		}
	}
	s.admit(p.start)
	waits := p.pending > 0
	s.mu.Unlock()

	for i := 0; starts > 0; i++ {
		if p.tickets[i].starts {
			starts--
			go p.tickets[i].check.work()
		}
	}
	return p, waits
}

// enqueue makes the check, the i-th of n that a probe asks for, wait.
func (s *scheduler) enqueue(c *check, now time.Duration, i, n int) {
	quarter := c.timeout / 4
	c.turn = now + quarter + quarter/time.Duration(n)*time.Duration(i)
	c.due = now + 2*quarter
	c.phase = queued
	s.queue.add(c)
}

// work is the goroutine of one run. The check may end it with runtime.Goexit,
// and then only what is deferred happens.
func (s *scheduler) work(c *check) {
	returned := false
	defer func() {
		if !returned {
			s.finish(c, failed("called runtime.Goexit"))
		}
	}()
	out := c.run()
	returned = true
	s.finish(c, out)
}

// finish delivers the outcome of the run to all who wait for it. It asks for
// the time only where it matters: the common run passes as it did before.
func (s *scheduler) finish(c *check, out *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.phase = idle
	if c.counted {
		s.release(c)
	}
	for n := c.waiting.first; n != nil; n = c.waiting.first {
		n.value.settle(out)
	}
	if c.cacheFor > 0 {
		c.last, c.ended, c.ran = out, s.now(), true
	}
	// A run that passed, but too late for the probe that began it, is no
	// recovery.
	if out != nil || c.failing && s.now()-c.began <= c.timeout {
		s.changes.note(c, out)
	}
	if !s.queue.empty() {
		s.admit(s.now())
	}
}

// start marks the check as running; the caller starts the goroutine.
func (s *scheduler) start(c *check, now time.Duration) {
	c.phase, c.began, c.counted = running, now, true
	c.started.value = c
	s.recent.push(&c.started)
	s.count++
}

// release takes the check's run out of those that count.
func (s *scheduler) release(c *check) {
	c.counted = false
	s.recent.remove(&c.started)
	s.count--
}

// forgive releases the runs whose patience is over.
func (s *scheduler) forgive(now time.Duration) {
	for !s.recent.empty() && now-s.recent.first.value.began >= patience {
		s.release(s.recent.first.value)
	}
}

// admit begins what is in the queue and can begin now, and sets the timer for
// what cannot. A check that nobody waits for any more is dropped.
func (s *scheduler) admit(now time.Duration) {
	if s.queue.empty() && s.timer == nil {
		return
	}
	s.forgive(now)
	for !s.queue.empty() && (s.count < maxRuns || s.queue.first().turn <= now) {
		c := s.queue.take()
		if c.waiting.empty() {
			c.phase = idle
			continue
		}
		s.start(c, now)
		go c.work()
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if !s.queue.empty() {
		// The queue is not empty, so maxRuns runs count: there is a first.
		next := min(s.queue.first().turn, s.recent.first.value.began+patience) - now
		s.timer = time.AfterFunc(next, s.tick)
	}
}

func (s *scheduler) now() time.Duration { return time.Since(s.epoch) }

func (s *scheduler) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.admit(s.now())
}

// queue holds the checks that wait for their turn: the one that is due soonest
// first, and of those that are due together the one that came first.
type queue struct {
	heap checkHeap
	came uint64
}

func (q *queue) empty() bool { return len(q.heap) == 0 }

// first returns the check whose turn is next; the queue must not be empty.
func (q *queue) first() *check { return q.heap[0] }

func (q *queue) add(c *check) {
	q.came++
	c.order = q.came
	heap.Push(&q.heap, c)
}

func (q *queue) take() *check { return heap.Pop(&q.heap).(*check) }

// checkHeap implements heap.Interface.
type checkHeap []*check

func (h checkHeap) Len() int { return len(h) }

func (h checkHeap) Less(i, j int) bool {
	if h[i].due == h[j].due {
		return h[i].order < h[j].order
	}
	return h[i].due < h[j].due
}

func (h checkHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *checkHeap) Push(x any) { *h = append(*h, x.(*check)) }

func (h *checkHeap) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return c
}

// list is a doubly linked list whose nodes live in what they link, so that
// joining and leaving allocate nothing. The zero value is empty.
type list[T any] struct{ first, last *node[T] }

type node[T any] struct {
	value      T
	prev, next *node[T]
}

func (l *list[T]) empty() bool { return l.first == nil }

func (l *list[T]) push(n *node[T]) {
	n.prev, n.next = l.last, nil
	if l.last == nil {
		l.first = n
	} else {
		l.last.next = n
	}
	l.last = n
}

// remove takes n out; n must be in l.
func (l *list[T]) remove(n *node[T]) {
	if n.prev == nil {
		l.first = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.last = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.prev, n.next = nil, nil
}
