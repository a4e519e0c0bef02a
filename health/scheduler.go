package health

import (
	"container/heap"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of HEALTH-10 and HEALTH-15.
const (
	// maxRuns is how many runs may be in progress, of those that count.
	maxRuns = 64
	// maxCounted is how long a run counts towards maxRuns. A run that takes longer is
	// blocked rather than working, and should not hold up others.
	maxCounted = 100 * time.Millisecond
	// optionalGrace is how long optional checks are waited for once the others are
	// done.
	optionalGrace = 100 * time.Millisecond
)

// run is one run of a check, with one result for every probe that shares it: the run's
// end or its deadline, whichever is first, decides it (HEALTH-9).
type run struct {
	out     *failure      // nil: it passed
	done    chan struct{} // closed when decided is set; created by the first waiter
	decided bool          // out and fails are final
	fails   bool          // whether it makes the check fail; see FailAfter
}

// result is the result of one check for a probe.
type result struct {
	check *check
	run   *run // decided once the probe is answered
}

// scheduler has the checks, decides when each runs, and passes its result to every
// probe that waits for it. At most one run of a check is in progress or queued; a probe
// that finds one joins it (HEALTH-9).
//
// If maxRuns is reached, a run waits in a queue, without a goroutine. Queued runs are
// ordered by the time at which half of their timeout has passed. The first is started
// when a run ends, when a run no longer counts towards maxRuns, or at its latest start
// time (check.turn). Those times are spread evenly over the second quarter of the
// timeout, so that late runs do not all start at once. So checks that hang delay the
// others by at most half of their timeout, however many hang. Optional checks have a
// separate queue, with lower priority.
//
// A run that is started is put on the ready list, and a worker calls the check: one
// check per goroutine, because a check may leave its goroutine in any state, such as
// locked to a thread. Each worker starts the next one before it calls its check. So
// checks that block run concurrently, while quick ones run one after another on one
// processor, which is cheaper than starting all at once.
//
// Deadlines belong to runs, not to probes. Each check has an alarm, the time at which it
// needs attention next, and one timer is set for the earliest. Both stay set when a run
// ends, so that quick consecutive runs rarely have to set them.
//
// One lock guards the scheduler and every check's run. It is not held while user code
// is called.
type scheduler struct {
	changes changes
	epoch   time.Time // the zero of all times, which are monotonic

	// sorted is the checks sorted by key; nil if it has to be rebuilt.
	sorted atomic.Pointer[[]*check]

	mu             sync.Mutex
	byName         map[string]*check
	base           []*check  // sorted; some may be removed
	added          []*check  // since base was built
	count          int       // the runs that count towards maxRuns
	ready          readyList // the checks to call now
	workerStarting bool      // a started worker has not read ready yet
	worker         func()    // the method value work, which would allocate each time
	queues         [2]queue  // of required and of optional checks
	sequence       uint64    // number of the last queue entry
	alarms         alarms
	timer          *time.Timer
	timerAt        time.Duration // when the timer fires; 0: it does not
	spareRuns      []run         // allocated in small batches, because one that hangs keeps the whole batch
}

func (s *scheduler) init(epoch time.Time) {
	s.epoch, s.changes.epoch = epoch, epoch
	s.byName = map[string]*check{}
	s.worker = s.work
}

func (s *scheduler) now() time.Duration { return time.Since(s.epoch) }

// probe returns the results of the checks, in their order: of a run that was in
// progress or begins after the call, or of one within CacheFor. A check that is replaced
// or removed meanwhile is left out. When ctx is done probe stops waiting; the runs
// continue for other probes (HEALTH-11).
func (s *scheduler) probe(ctx context.Context, checks []*check) []result {
	results := s.startRuns(checks)
	// Checks that do not block are done after their goroutines were scheduled once.
	runtime.Gosched()
	if results, all := s.complete(results, nil); all {
		return results
	}
	pending := s.await(ctx, results)
	results, _ = s.complete(results, pending)
	return results
}

// startRuns starts or queues a run of every check that needs one: required checks before
// optional ones.
func (s *scheduler) startRuns(checks []*check) []result {
	results := make([]result, len(checks))
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for kind := range s.queues {
		for i, c := range checks {
			if c.queueIndex() == kind {
				results[i] = result{c, s.assign(c, now, i, len(checks))}
			}
		}
	}
	if s.queued() {
		s.startQueued(now)
		s.setTimer(now)
	}
	s.startWorker()
	return results
}

// assign returns the run that answers a probe for c, the i-th of n checks.
func (s *scheduler) assign(c *check, now time.Duration, i, n int) *run {
	if c.removed { // since all returned
		return nil
	}
	fresh := c.fresh(now)
	if c.run == nil && (!fresh || c.refreshAhead && now-c.lastAt >= c.cacheFor/2) {
		s.request(c, now, i, n)
	}
	if fresh {
		return c.last
	}
	return c.run
}

// fresh reports whether the last result may answer a probe that arrives now.
func (c *check) fresh(now time.Duration) bool {
	return c.last != nil && now-c.lastAt < c.cacheFor
}

// request creates a run of c, the i-th of n checks of a probe, and starts or queues it.
func (s *scheduler) request(c *check, now time.Duration, i, n int) {
	if len(s.spareRuns) == 0 {
		s.spareRuns = make([]run, 16)
	}
	c.run, s.spareRuns = &s.spareRuns[0], s.spareRuns[1:]
	c.deadline = now + c.timeout
	if s.count < maxRuns { // then nothing is queued: startQueued has started all
		s.start(c, now)
		return
	}
	quarter := c.timeout / 4
	c.turn = now + quarter + quarter/time.Duration(n)*time.Duration(i)
	s.sequence++
	heap.Push(&s.queues[c.queueIndex()], entry{now + 2*quarter, s.sequence, c})
}

func (s *scheduler) queued() bool { return len(s.queues[0])+len(s.queues[1]) > 0 }

// start puts the check on the ready list. The caller must call startWorker after its
// last call of start.
func (s *scheduler) start(c *check, now time.Duration) {
	c.running, c.began, c.counted = true, now, true
	s.count++
	s.ready.push(c)
	s.setAlarm(c, now)
}

// startWorker starts a worker if a check is ready and no worker is already starting.
func (s *scheduler) startWorker() {
	if s.ready.first != nil && !s.workerStarting {
		s.workerStarting = true
		go s.worker()
	}
}

// work is a worker: it runs the first ready check. The check may end the goroutine with
// runtime.Goexit; then only the deferred function runs.
func (s *scheduler) work() {
	s.mu.Lock()
	c := s.nextReady()
	s.workerStarting = false
	s.startWorker()
	s.mu.Unlock()
	if c == nil {
		return
	}
	out := calledGoexit
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.finish(c, out)
	}()
	out = c.call(s.epoch.Add(c.deadline))
}

// nextReady pops the first ready check that was not removed in the meantime, or returns
// nil.
func (s *scheduler) nextReady() *check {
	for s.ready.first != nil {
		c := s.ready.pop()
		if !c.removed {
			return c
		}
		s.finish(c, nil)
	}
	return nil
}
