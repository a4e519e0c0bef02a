package health

import (
	"context"
	"runtime"
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
