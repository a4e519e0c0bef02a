package health

import (
	"container/heap"
	"math"
	"time"
)

// startQueued starts the queued runs that can start now. Optional checks wait until no
// required check is queued, or until their latest start time.
func (s *scheduler) startQueued(now time.Duration) {
	for kind := range s.queues {
		q := &s.queues[kind]
		for len(*q) > 0 {
			c := (*q)[0].check
			if s.count >= maxRuns && c.turn > now {
				break
			}
			heap.Pop(q)
			s.start(c, now) // a removed one is not called, see nextReady
		}
	}
	s.startWorker()
}

// never is after all times.
const never = time.Duration(math.MaxInt64)

// due returns when the check needs attention next: when its run stops counting towards
// maxRuns, at its timeout, at each further timeout that counts, and when another error
// may be logged. A queued run needs none: it starts long before its deadline.
func (c *check) due() time.Duration {
	at := never
	if c.counted {
		at = c.began + maxCounted
	}
	switch {
	case c.removed:
		return at
	case !c.running:
	case !c.run.decided:
		at = min(at, c.deadline)
	case c.streak < c.failAfter:
		at = min(at, c.nextTimeout)
	}
	if c.logTextAt != 0 {
		at = min(at, c.logTextAt)
	}
	return at
}

// setAlarm sets the check's alarm to due. An alarm that is earlier than needed, but
// soon, is kept: timerFired then sets the next one.
func (s *scheduler) setAlarm(c *check, now time.Duration) {
	at := c.due()
	switch {
	case c.alarm == at, c.alarm == 0 && at == never, c.alarm != 0 && c.alarm <= min(at, now+maxCounted):
		return
	case at == never:
		heap.Remove(&s.alarms, c.alarmIndex)
		return
	case c.alarm == 0:
		c.alarm = at
		heap.Push(&s.alarms, c)
	default:
		c.alarm = at
		heap.Fix(&s.alarms, c.alarmIndex)
	}
	s.setTimer(now)
}

// setTimer sets the timer for the first alarm, or for the latest start time of the first
// run in a queue.
func (s *scheduler) setTimer(now time.Duration) {
	at := never
	if len(s.alarms) > 0 {
		at = s.alarms[0].alarm
	}
	for _, q := range s.queues {
		if len(q) > 0 {
			at = min(at, q[0].check.turn)
		}
	}
	if at == never || s.timerAt != 0 && s.timerAt <= at {
		return
	}
	s.timerAt = at
	if s.timer == nil {
		s.timer = time.AfterFunc(at-now, s.timerFired)
	} else {
		s.timer.Reset(at - now)
	}
}

// timerFired decides the runs that have timed out, logs errors that had to wait, and
// starts queued runs that are due.
func (s *scheduler) timerFired() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.timerAt = now // keeps setTimer from setting the timer below
	for len(s.alarms) > 0 && s.alarms[0].alarm <= now {
		c := s.alarms[0]
		if now-c.began >= maxCounted {
			s.release(c)
		}
		if c.running && !c.removed {
			if !c.run.decided && now >= c.deadline || c.run.decided && c.streak < c.failAfter && now >= c.nextTimeout {
				s.runTimedOut(c, now)
			}
		}
		if c.logTextAt != 0 && now >= c.logTextAt {
			s.changes.record(c, c.last, now)
		}
		heap.Pop(&s.alarms)
		s.setAlarm(c, now)
	}
	s.startQueued(now)
	s.timerAt = 0
	s.setTimer(now)
}
