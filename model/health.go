package model

import (
	"net/http"
	"time"
)

// The three statuses that a body can carry.
const (
	statusOK       = "ok"
	statusDegraded = "degraded"
	statusNotReady = "not_ready"
)

// probe is one request to an endpoint, from 0.
func (l *life) probe(i int) {
	switch l.s.Probes[i].Of {
	case Liveness:
		// It waits for nothing and looks at nothing (HEALTH-1).
		l.answer(i, Answer{Code: http.StatusOK, Status: statusOK})
	case Startup:
		// Once a life is at Running or past it, start-up is no longer to be
		// waited for, whichever way it came there (HEALTH-15).
		code := http.StatusServiceUnavailable
		if l.state != Starting {
			code = http.StatusOK
		}
		l.answer(i, Answer{Code: code})
	case Readiness:
		l.readiness(i)
	}
}

// answer records the response to probe i, now.
func (l *life) answer(i int, a Answer) {
	a.At = l.now
	l.trace.Answers[i] = a
}

// ready reports whether the service wants traffic, checks aside (HEALTH-3,
// HEALTH-4).
func (l *life) ready() bool {
	return !l.notReady && (!l.s.Follow || l.state == Running)
}

// checkRun is one run of a check. What it comes to is settled once, for every
// probe that gets it (HEALTH-9).
type checkRun struct {
	ends    time.Duration
	decided time.Duration // when it ends, or its timeout is over
	failed  bool
}

// beginCheck is a run of a check that begins now. Its timeout counts from the probe
// that asked for it (HEALTH-10).
func (l *life) beginCheck(c Check) checkRun {
	r := checkRun{ends: plus(l.now, c.Lasts), failed: c.Ends != ReturnsNil}
	limit := l.now + l.s.checkTimeout()
	r.decided = min(r.ends, limit)
	// One that ends exactly then is in time, or is not.
	if r.ends > limit || r.ends == limit && l.choose(2) == 1 {
		r.failed = true
	}
	return r
}

// OptionalGrace is how long optional checks are waited for at most when the others are
// done (HEALTH-15).
const OptionalGrace = 100 * time.Millisecond

// readiness begins the checks, unless the answer is known without them, and
// answers when the last is done.
func (l *life) readiness(i int) {
	if !l.ready() {
		l.answer(i, l.refusal(nil))
		return
	}
	var ran, failed []int
	status, code := statusOK, http.StatusOK
	required := l.now // when the checks that decide are done
	for c, check := range l.s.Checks {
		// A run that is under way is joined, never doubled (HEALTH-9).
		if l.checkRuns[c].ends <= l.now {
			l.checkRuns[c] = l.beginCheck(check)
			ran = append(ran, c+1)
		}
		if check.Optional {
			continue
		}
		required = max(required, l.checkRuns[c].decided)
		if l.checkRuns[c].failed {
			status, code = statusDegraded, http.StatusServiceUnavailable
		}
	}
	done, limit := required, required+OptionalGrace
	for c, check := range l.s.Checks {
		run := l.checkRuns[c]
		listed := run.failed
		if check.Optional {
			done = max(done, min(run.decided, limit))
			// What is still running then is listed as that.
			listed = listed || run.decided > limit || run.decided == limit && l.choose(2) == 1
		}
		if listed {
			failed = append(failed, c+1)
		}
	}
	finish := func() {
		// What was true when the checks began may not be true any more
		// (HEALTH-5).
		if !l.ready() {
			l.answer(i, l.refusal(ran))
			return
		}
		l.answer(i, Answer{Code: code, Status: status, State: l.visibleState(), Ran: ran, Failed: failed})
	}
	if done == l.now {
		finish()
		return
	}
	l.at(done, unranked, finish)
}

// refusal is the answer of a service that wants no traffic.
func (l *life) refusal(ran []int) Answer {
	return Answer{Code: http.StatusServiceUnavailable, Status: statusNotReady, State: l.visibleState(), Ran: ran}
}

// visibleState is the state that a body names: none, if none is followed.
func (l *life) visibleState() State {
	if !l.s.Follow {
		return ""
	}
	return l.state
}
