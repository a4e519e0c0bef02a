package health

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of HEALTH-10 and HEALTH-15.
const (
	// maxRuns is how many runs are begun before one has to end.
	maxRuns = 64
	// patience is how long a run counts towards maxRuns. What takes longer is
	// waiting for something, not working, and is not worth holding others up.
	patience = 100 * time.Millisecond
	// optionalGrace is how long optional checks are waited for when the others
	// are done.
	optionalGrace = 100 * time.Millisecond
)

// run is what one run of a check came to, for every probe that gets it: the
// first to find it done, or its deadline over, decides, once (HEALTH-9).
type run struct {
	out     *failure      // nil: it passed
	done    chan struct{} // closed when it is decided; made by the first who waits
	decided bool          // out and fails are not changed from then on
	fails   bool          // whether it makes the check fail; see FailAfter
}

// result is what a probe gets of one check.
type result struct {
	check *check
	run   *run // decided, once the probe is answered
}

// scheduler has the checks, decides when each runs, and brings its result to
// every probe that waits for it. Of one check at most one run is under way, or
// queued; a probe that finds one joins it (HEALTH-9).
//
// A run that must wait for its turn waits in the queue, which costs no
// goroutine. It leaves the queue, in the order in which half of the timeouts
// will be over, when a run ends, when a run has used up its patience, or when
// its turn can be put off no longer; optional checks have a queue of their own,
// behind the others. Those turns are spread evenly over the
// second quarter of the timeout, so that what is late does not start all at
// once. So checks that hang delay the others by at most half of their timeout,
// however many hang.
//
// A run that has its turn is ready, and a worker calls the check: one check on one
// goroutine, which the check may leave in any state, such as locked to a thread.
// Each worker starts the next one before it calls its check. So checks that block
// run side by side, while quick ones run one after the other on one processor,
// which costs less than to start all at once.
//
// Deadlines belong to runs, not to probes: one timer is set for the first thing
// that time brings about, for whichever check. It is left alone when a run ends,
// as the check's alarm is, so that quick runs in a row set it once in a while.
//
// One lock guards all of it and every check's run. No code of the user's is
// called with it held.
type scheduler struct {
	changes changes
	epoch   time.Time // the zero of all its times, which are monotonic

	// sorted is the checks in the order of their keys; nil when it has to be
	// made anew.
	sorted atomic.Pointer[[]*check]

	mu     sync.Mutex
	byName map[string]*check
	base   []*check // sorted, with some that are removed
	added  []*check // since base was made
	count  int      // the runs that count towards maxRuns
	ready  readied  // the checks to call now
	coming bool     // a worker was started that has not looked at ready yet
	worker func()   // work, made once: a method value allocates
	queues [2]queue // of the checks that decide, and of the optional ones
	came   uint64   // how many were ever queued
	alarms alarms
	timer  *time.Timer
	set    time.Duration // when the timer fires; 0: it does not
	blank  []run         // made ahead: few, because one that hangs keeps them all
}

func (s *scheduler) init(epoch time.Time) {
	s.epoch, s.changes.epoch = epoch, epoch
	s.byName = map[string]*check{}
	s.worker = s.work
}

func (s *scheduler) now() time.Duration { return time.Since(s.epoch) }

// put adds a check in place of the one of that name. With nil it removes that.
func (s *scheduler) put(name string, c *check) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byName[name]
	if old == nil && c == nil {
		return
	}
	if c == nil {
		delete(s.byName, name)
	} else {
		s.byName[name] = c
	}
	s.sorted.Store(nil)
	if old != nil {
		old.removed = true
		if r := old.run; r != nil && !r.decided { // those who wait for it need not any more
			s.settle(r, nil)
		}
		s.watch(old, s.now())
	}
	if c == nil {
		return
	}
	if old != nil {
		c.inherit(old)
	}
	s.added = append(s.added, c)
	if len(s.added) > 2*len(s.byName)+64 {
		s.added = slices.DeleteFunc(s.added, isRemoved)
	}
}

func isRemoved(c *check) bool { return c.removed }

// all returns the checks in the order of their keys. Those that were added since
// the last call are sorted and merged with the others.
func (s *scheduler) all() []*check {
	if sorted := s.sorted.Load(); sorted != nil {
		return *sorted
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	added := slices.DeleteFunc(s.added, isRemoved)
	slices.SortFunc(added, byKey)
	sorted := make([]*check, 0, len(s.byName))
	for _, c := range s.base {
		if c.removed {
			continue
		}
		for len(added) > 0 && byKey(added[0], c) < 0 {
			sorted, added = append(sorted, added[0]), added[1:]
		}
		sorted = append(sorted, c)
	}
	sorted = append(sorted, added...)
	s.base, s.added = sorted, nil
	s.sorted.Store(&sorted)
	return sorted
}

func byKey(a, b *check) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.name, b.name))
}

// of returns the checks of these groups and those of none (HEALTH-17).
func (s *scheduler) of(groups []string) (some []*check) {
	for _, c := range s.all() {
		if c.in(groups) {
			some = append(some, c)
		}
	}
	return some
}

// ask returns what each check comes to, in their order: in a run that was under
// way or begins after the call, or one within CacheFor. A check that is replaced
// or removed meanwhile is left out. When ctx is done it waits no longer; the runs
// go on for those who still wait (HEALTH-11).
func (s *scheduler) ask(ctx context.Context, checks []*check) []result {
	results := s.begin(checks)
	// Checks that need not wait are done when their goroutines have had a turn.
	runtime.Gosched()
	if results, all := s.take(results, nil); all {
		return results
	}
	left := s.await(ctx, results)
	results, _ = s.take(results, left)
	return results
}

// begin starts a run of every check that has none, or queues it: the checks that
// decide before the optional ones.
func (s *scheduler) begin(checks []*check) []result {
	results := make([]result, len(checks))
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for kind := range s.queues {
		for i, c := range checks {
			if c.kind() == kind {
				results[i] = result{c, s.assign(c, now, i, len(checks))}
			}
		}
	}
	if s.queued() {
		s.admit(now)
		s.arm(now)
	}
	s.attend()
	return results
}

// assign returns the run that a probe is answered with: of c, the i-th of n.
func (s *scheduler) assign(c *check, now time.Duration, i, n int) *run {
	if c.removed { // since the caller looked
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

// fresh reports whether the last result may answer a probe that comes now.
func (c *check) fresh(now time.Duration) bool {
	return c.cacheFor > 0 && c.last != nil && now-c.lastAt < c.cacheFor
}

// request makes a run of the check, the i-th of n that a probe asks for, and
// starts it or queues it.
func (s *scheduler) request(c *check, now time.Duration, i, n int) {
	if len(s.blank) == 0 {
		s.blank = make([]run, 16)
	}
	c.run, s.blank = &s.blank[0], s.blank[1:]
	c.deadline = now + c.timeout
	if s.count < maxRuns { // then no check is queued: admit has begun all
		s.start(c, now)
		return
	}
	quarter := c.timeout / 4
	c.turn = now + quarter + quarter/time.Duration(n)*time.Duration(i)
	s.came++
	heap.Push(&s.queues[c.kind()], entry{now + 2*quarter, s.came, c})
}

func (s *scheduler) queued() bool { return len(s.queues[0])+len(s.queues[1]) > 0 }

// start has the check called by a worker. The caller calls attend when it has
// started all that it starts.
func (s *scheduler) start(c *check, now time.Duration) {
	c.running, c.began, c.counted = true, now, true
	s.count++
	s.ready.push(c)
	s.watch(c, now)
}

// attend starts a worker if a check is ready and no worker is starting.
func (s *scheduler) attend() {
	if s.ready.first != nil && !s.coming {
		s.coming = true
		go s.worker()
	}
}

// work is a worker: one run of the first check that is ready. The check may end
// the goroutine with runtime.Goexit, and then only what is deferred happens.
func (s *scheduler) work() {
	s.mu.Lock()
	c := s.nextReady()
	s.coming = false
	s.attend()
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

// nextReady takes the first check from those that are ready, without those that
// were removed in the meantime.
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

// finish takes note that the check's run has ended.
func (s *scheduler) finish(c *check, out *failure) {
	now := s.now()
	r := c.run
	c.running, c.run, c.ended, c.took = false, nil, true, now-c.began
	s.release(c)
	if !r.decided {
		if now >= c.deadline {
			out = timedOut(c.timeout)
		}
		s.decide(c, r, out, now)
	}
	s.watch(c, now)
	if s.queued() {
		s.admit(now)
		s.arm(now)
	}
}

// release has the check's run not count any more.
func (s *scheduler) release(c *check) {
	if c.counted {
		c.counted = false
		s.count--
	}
}

// decide says what the run came to, for good.
func (s *scheduler) decide(c *check, r *run, out *failure, now time.Duration) {
	if out == nil {
		c.streak, c.warned = 0, false
	} else if c.streak < c.failAfter {
		c.streak++
	}
	r.fails = out != nil && c.streak >= c.failAfter
	if c.last == nil || c.last.fails != r.fails {
		c.since = now
	}
	c.last, c.lastAt = r, now
	s.settle(r, out)
	s.changes.note(c, r, now)
}

// overdue decides a run whose timeout is over. When it is over again, and the
// check has not failed often enough for FailAfter, that is one more failing run,
// with a result of its own: probes have the one before.
func (s *scheduler) overdue(c *check, now time.Duration) {
	if c.run.decided {
		c.run = &run{}
	}
	s.decide(c, c.run, timedOut(c.timeout), now)
	c.late = now + c.timeout
}

func (s *scheduler) settle(r *run, out *failure) {
	r.out, r.decided = out, true
	if r.done != nil {
		close(r.done)
	}
}

// admit begins what is queued and can begin now. Optional checks wait until no
// other does, or until their own turn.
func (s *scheduler) admit(now time.Duration) {
	for kind := range s.queues {
		q := &s.queues[kind]
		for len(*q) > 0 {
			c := (*q)[0].check
			if !c.removed && s.count >= maxRuns && c.turn > now {
				break
			}
			heap.Pop(q)
			if c.removed {
				continue
			}
			s.start(c, now)
		}
	}
	s.attend()
}

// take completes the results, without those of checks that were replaced or
// removed. What is not decided gets left; with nil there, take reports that it
// is not all, and completes nothing.
func (s *scheduler) take(results []result, left *failure) (complete []result, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range results {
		r := &results[i]
		switch {
		case r.check.removed: // and left out below
		case r.run.decided:
		case left == nil:
			return results, false
		default:
			r.run = &run{out: left, fails: true}
		}
	}
	return slices.DeleteFunc(results, func(r result) bool { return r.check.removed }), true
}

// await waits for the results: for those that decide, and then for optional
// ones a little longer (HEALTH-15). It returns what to say of those that are
// still not decided.
func (s *scheduler) await(ctx context.Context, results []result) (left *failure) {
	var timer *time.Timer
	var grace <-chan time.Time
	for _, optional := range []bool{false, true} {
		from := 0
		for {
			done := s.undecided(results, &from, optional)
			if done == nil {
				break
			}
			if optional && timer == nil {
				timer = time.NewTimer(optionalGrace)
				defer timer.Stop()
				grace = timer.C
			}
			select {
			case <-done:
			case <-grace:
				return stillRunning
			case <-ctx.Done():
				return failed("not waited for: " + ctx.Err().Error())
			}
		}
	}
	return stillRunning // what was removed is not waited for
}

var (
	stillRunning = failed("still running")
	calledGoexit = failed("called runtime.Goexit")
)

// undecided returns the channel of the next result, from there on, that is to be
// waited for, or nil.
func (s *scheduler) undecided(results []result, from *int, optional bool) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; *from < len(results); *from++ {
		r := results[*from]
		if r.check.optional != optional || r.check.removed || r.run.decided {
			continue
		}
		if r.run.done == nil {
			r.run.done = make(chan struct{})
		}
		return r.run.done
	}
	return nil
}

// never is after all times.
const never = time.Duration(math.MaxInt64)

// due is when a check has to be looked at again: at the end of its run's
// patience, at its timeout, while it hangs at each further one that counts, and
// when another text may be logged. One in the queue begins long before its
// deadline.
func (c *check) due() time.Duration {
	at := never
	if c.counted {
		at = c.began + patience
	}
	switch {
	case c.removed:
		return at
	case !c.running:
	case !c.run.decided:
		at = min(at, c.deadline)
	case c.streak < c.failAfter:
		at = min(at, c.late)
	}
	if c.owed != 0 {
		at = min(at, c.owed)
	}
	return at
}

// watch has the scheduler look at the check by the time that is due. An alarm that
// is earlier than needed, but soon, is left: tick sets the next one.
func (s *scheduler) watch(c *check, now time.Duration) {
	at := c.due()
	switch {
	case c.alarm == at, c.alarm == 0 && at == never, c.alarm != 0 && c.alarm <= min(at, now+patience):
		return
	case at == never:
		heap.Remove(&s.alarms, c.slot)
		return
	case c.alarm == 0:
		c.alarm = at
		heap.Push(&s.alarms, c)
	default:
		c.alarm = at
		heap.Fix(&s.alarms, c.slot)
	}
	s.arm(now)
}

// arm sets the timer for the first alarm, or for the turn of the first in a
// queue.
func (s *scheduler) arm(now time.Duration) {
	at := never
	if len(s.alarms) > 0 {
		at = s.alarms[0].alarm
	}
	for _, q := range s.queues {
		if len(q) > 0 {
			at = min(at, q[0].check.turn)
		}
	}
	if at == never || s.set != 0 && s.set <= at {
		return
	}
	s.set = at
	if s.timer == nil {
		s.timer = time.AfterFunc(at-now, s.tick)
	} else {
		s.timer.Reset(at - now)
	}
}

// tick does what time brings about: it decides the runs whose timeout is over,
// has logged what had to wait, and starts what has its turn.
func (s *scheduler) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.set = now // so that nothing below sets the timer
	for len(s.alarms) > 0 && s.alarms[0].alarm <= now {
		c := s.alarms[0]
		if now-c.began >= patience {
			s.release(c)
		}
		if c.running && !c.removed {
			if !c.run.decided && now >= c.deadline || c.run.decided && c.streak < c.failAfter && now >= c.late {
				s.overdue(c, now)
			}
		}
		if c.owed != 0 && now >= c.owed {
			s.changes.note(c, c.last, now)
		}
		heap.Pop(&s.alarms)
		s.watch(c, now)
	}
	s.admit(now)
	s.set = 0
	s.arm(now)
}
