package health

import (
	"context"
	"slices"
	"time"
)

// finish handles the end of the check's run.
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
	s.setAlarm(c, now)
	if s.queued() {
		s.startQueued(now)
		s.setTimer(now)
	}
}

// release stops counting the check's run towards maxRuns.
func (s *scheduler) release(c *check) {
	if c.counted {
		c.counted = false
		s.count--
	}
}

// decide sets the final result of a run.
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
	s.setResult(r, out)
	s.changes.record(c, r, now)
}

// runTimedOut decides a run that has timed out. Each further timeout of a run that hangs
// counts as one more failing run until FailAfter is reached, with a separate result,
// because probes already have the previous one.
func (s *scheduler) runTimedOut(c *check, now time.Duration) {
	if c.run.decided {
		c.run = &run{}
	}
	s.decide(c, c.run, timedOut(c.timeout), now)
	c.nextTimeout = now + c.timeout
}

func (s *scheduler) setResult(r *run, out *failure) {
	r.out, r.decided = out, true
	if r.done != nil {
		close(r.done)
	}
}

// complete returns the results without those of checks that were replaced or removed.
// Results that are not decided are set to pending; if pending is nil and one is not
// decided, complete changes nothing and returns false.
func (s *scheduler) complete(results []result, pending *failure) (kept []result, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range results {
		r := &results[i]
		switch {
		case r.check.removed: // left out below
		case r.run.decided:
		case pending == nil:
			return results, false
		default:
			r.run = &run{out: pending, fails: true}
		}
	}
	return slices.DeleteFunc(results, func(r result) bool { return r.check.removed }), true
}

// await waits for the results of required checks, and then at most optionalGrace for
// optional ones (HEALTH-15). It returns the result to show for those that are still not
// decided.
func (s *scheduler) await(ctx context.Context, results []result) (pending *failure) {
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
	return nil // for checks that were removed, which are not shown
}

var (
	stillRunning = failed("still running")
	calledGoexit = failed("called runtime.Goexit")
)

// undecided returns the channel of the next result from *from on that must be waited
// for, or nil.
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
