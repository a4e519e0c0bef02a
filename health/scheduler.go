package health

import (
	"sync"
	"time"
)

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
