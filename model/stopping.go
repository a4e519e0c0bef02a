package model

import "time"

// markStarted ends Starting. Later it changes nothing (RUN-13).
func (l *life) markStarted() {
	if l.state == Starting {
		l.fire(Started)
	}
}

// stop is one of Scenario.Stops (RUN-2, SIG-1).
func (l *life) stop(i int) {
	switch l.s.Stops[i].By {
	case SIGINT:
		l.interrupt()
	case SIGTERM:
		l.requestStop(CauseSIGTERM, l.s.DrainDelay)
	case ParentCancelled:
		l.requestStop(CauseParent, l.s.DrainDelay)
	case StopNil:
		l.requestStop(CauseCanceled, l.s.DrainDelay)
	case StopWithError:
		// A later Stop changes nothing but this: its error is not dropped.
		if l.state != Stopped {
			l.errs.stops = append(l.errs.stops, StopError(i+1))
		}
		l.requestStop(StopError(i+1), l.s.DrainDelay)
	}
}

// requestStop begins Draining, visibly before the context is cancelled
// (STATE-5), which the drain delay puts off (DRAIN-7). Only the first request
// counts, and it is the cause.
func (l *life) requestStop(cause Kind, delay time.Duration) {
	if l.stopping() {
		return
	}
	l.asked, l.cause, l.stopAt = true, cause, l.now
	l.fire(StopRequested)
	if delay == 0 {
		l.cancel()
		return
	}
	l.at(l.now+delay, unranked, l.cancel)
}

// stopping says whether a stop was requested or main has exited.
func (l *life) stopping() bool { return l.state != Starting && l.state != Running }

// interrupt is a SIGINT: the first is a stop, and a later one is forcing when
// it is neither the same key press once more nor an answer to a stop that the
// operator cannot have seen yet (SIG-2).
func (l *life) interrupt() {
	forces := l.now-l.lastINT >= ForceAfter && l.now-l.stopAt >= ForceAfter
	l.lastINT = l.now
	switch {
	case !l.stopping():
		l.requestStop(CauseSIGINT, l.s.DrainDelay)
	case forces:
		l.force()
	}
}

// force ends the phase under way as its timeout would.
func (l *life) force() {
	switch {
	case l.state == Draining && !l.cancelled:
		l.cancel() // only the delay ends, and that is no error
	case l.state == Draining:
		l.errs.drain = Forced
		l.enterHooks(PhaseForced, Forced)
	case l.state == Hooks:
		l.errs.shutdown = Forced
		l.enterStopped(PhaseForced)
	}
}

// mainEnds is main coming back, by whichever way. It is a stop when nothing
// has asked for one (RUN-3), and ends the drain delay (DRAIN-7). An error
// that comes before Stopped counts, however late (RUN-6).
func (l *life) mainEnds() {
	l.mainBack = true
	l.trace.MainEnded = l.now
	if l.state == Stopped {
		return
	}
	l.errs.main = l.outcome(l.s.Main.Ends, l.asked, MainError, MainPanic, MainGoexit)
	if !l.stopping() {
		l.cause, l.stopAt = CauseCanceled, l.now
		l.fire(MainExited)
	}
	l.cancel()
}

// outcome is the error of main or of a task, "" for none: a clean end is none
// once stop says that an end was wanted (RUN-7).
func (l *life) outcome(e Exit, stop bool, returned, panicked, exited Kind) Kind {
	if stop && e.clean(l.s.CleanError) {
		return ""
	}
	if e == ReturnsCause && !l.cancelled {
		return "" // the cause of a live context is nil
	}
	return e.kind(returned, panicked, exited)
}
