package model

import "slices"

// cancel cancels main's context. The drain timeout and the return grace count
// from here (DRAIN-2, DRAIN-4).
func (l *life) cancel() {
	if l.cancelled {
		return
	}
	l.cancelled = true
	l.trace.Cancelled = Cancellation{l.now, l.cause}
	if grace := l.s.grace(); grace == 0 {
		l.graceOver = true
	} else {
		l.at(l.now+grace, unranked, func() { l.graceOver = true })
	}
	l.at(l.now+l.s.drainTimeout(), unranked, l.drainTimedOut)
	if l.s.Main.AfterCancel {
		l.at(plus(l.now, l.s.Main.After), unranked, l.mainEnds)
	}
}

// awaitingWork says whether it is the work's turn to be waited for: main is
// back, or its grace is over (DRAIN-4).
func (l *life) awaitingWork() bool {
	return l.state == Draining && l.cancelled && (l.mainBack || l.graceOver)
}

// drained says whether Draining is over by itself (DRAIN-1, DRAIN-5).
func (l *life) drained() bool { return l.awaitingWork() && l.inFlight == 0 }

// drainTimedOut ends Draining with work unfinished. The grace is at most half
// of the timeout, so work is all that can be unfinished by now (DRAIN-4).
func (l *life) drainTimedOut() {
	if l.state == Draining {
		l.errs.drain = DrainTimeout
		l.enterHooks(DrainTimedOut, DrainTimeout)
	}
}

// accepting says whether work that begins now is waited for (DRAIN-3).
func (l *life) accepting() bool { return l.state != Hooks && l.state != Stopped }

// makeGroup is a call of DrainGroup. A group that is made too late can be
// used, but is not waited for (DRAIN-3).
func (l *life) makeGroup(g int) {
	l.notAwaited[g] = !l.accepting()
	for u, unit := range l.s.Groups[g].Units {
		if unit.After == 0 {
			l.addUnit(g, u)
		} else {
			l.at(plus(l.now, unit.After), unranked, func() { l.addUnit(g, u) })
		}
	}
}

// addUnit is Add(1) on a group. To add from zero while the library's Wait may
// be under way is outside of what WaitGroup promises, and so undefined here.
func (l *life) addUnit(g, u int) {
	if l.notAwaited[g] || !l.accepting() {
		return // nobody waits for it
	}
	if l.busy[g] == 0 && l.awaitingWork() {
		l.undefined(func(s *Scenario) { s.Groups[g].Units = slices.Delete(s.Groups[g].Units, u, u+1) },
			"Groups[%d].Units[%d] is added from zero at %s, while its group may be waited for", g, u, stamp(l.now))
	}
	l.busy[g]++
	l.inFlight++
	l.at(plus(l.now, l.s.Groups[g].Units[u].Lasts), unranked, func() {
		l.busy[g]--
		l.inFlight--
	})
}

// track is a call of Track, whose done is called later.
func (l *life) track(i int) {
	if !l.accepting() {
		return
	}
	l.trace.Tracks[i] = true
	l.inFlight++
	l.at(plus(l.now, l.s.Tracks[i].Lasts), unranked, func() { l.inFlight-- })
}

// startTask is a call of Go.
func (l *life) startTask(i int) {
	if !l.accepting() {
		return
	}
	l.trace.Tasks[i] = true
	l.inFlight++
	l.at(plus(l.now, l.s.Tasks[i].Lasts), unranked, func() { l.taskEnds(i) })
}

// taskEnds is the end of a task. A failed one requests a stop (DRAIN-8). To
// end as asked is clean after main's own exit too (RUN-7).
func (l *life) taskEnds(i int) {
	l.inFlight--
	if l.state == Stopped {
		return // too late for Run's result
	}
	failure := l.outcome(l.s.Tasks[i].Ends, l.stopping(), TaskError(i+1), TaskPanic(i+1), TaskGoexit(i+1))
	if failure != "" {
		l.errs.tasks = append(l.errs.tasks, failure)
		l.requestStop(failure, l.s.DrainDelay)
	}
}

// enterHooks ends Draining, and with it every WorkContext (DRAIN-8). The
// shutdown timeout counts from here (HOOK-3).
func (l *life) enterHooks(on Event, cause Kind) {
	l.fire(on)
	l.trace.WorkEnded = Cancellation{l.now, cause}
	l.at(l.now+l.s.shutdownTimeout(), outerDeadline, l.shutdownTimedOut)
}
