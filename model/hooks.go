package model

import "slices"

// register is a call of OnShutdown or OnShutdownContext for hook i, from 0.
// Before Stopped it goes on top of the stack, so that the last registered is
// the first to run, and one that is registered by a running hook is the next
// (HOOK-1, HOOK-4).
func (l *life) register(i int) {
	if l.state == Stopped {
		l.runLate(i)
		return
	}
	l.waiting = append(l.waiting, i)
}

// nextHook begins the hook on top of the stack when none is running (HOOK-1).
func (l *life) nextHook() {
	if l.state != Hooks || l.running != 0 || len(l.waiting) == 0 {
		return
	}
	top := len(l.waiting) - 1
	i := l.waiting[top]
	l.waiting = l.waiting[:top]
	h := l.s.Hooks[i]

	l.running = i + 1
	deadline := l.trace.Entered(Hooks) + l.s.shutdownTimeout()
	if h.Timeout > 0 {
		deadline = min(deadline, l.now+h.Timeout)
		l.at(l.now+h.Timeout, ownDeadline, func() { l.abandon(i) })
	}
	l.trace.Hooks = append(l.trace.Hooks, HookRun{Hook: i + 1, Start: l.now, Deadline: deadline})
	l.at(plus(l.now, h.Lasts), underDeadline, func() { l.hookEnds(i) })
	l.registerFrom(i)
}

// registerFrom registers what hook i registers, and takes back what it takes
// back. What a late hook registers as
// the first thing it does would run on it, and so make it longer by an amount
// that the contract does not fix.
func (l *life) registerFrom(i int) {
	for j, h := range l.s.Hooks {
		switch {
		case h.By != i+1:
		case h.At == 0 && l.state == Stopped:
			l.undefined(func(s *Scenario) { s.Hooks[j].At = grain },
				"Hooks[%d] is registered on the caller of a late hook", j)
		case h.At == 0:
			l.register(j)
		default:
			l.at(plus(l.now, h.At), unranked, func() { l.register(j) })
		}
	}
	for j, t := range l.s.TakeBacks {
		switch {
		case t.By != i+1:
		case t.At == 0:
			l.takeBack(j)
		default:
			l.at(plus(l.now, t.At), unranked, func() { l.takeBack(j) })
		}
	}
}

// takeBack is a call of the function that takes a hook back: one that waits for
// its turn will not run, and the answer is true. Nothing else can be taken back
// (HOOK-10).
func (l *life) takeBack(i int) {
	if at := slices.Index(l.waiting, l.s.TakeBacks[i].Hook-1); at >= 0 {
		l.waiting = slices.Delete(l.waiting, at, at+1)
		l.trace.TakeBacks[i] = true
	}
}

// hookEnds is hook i coming back. One that was let go of before changes
// nothing (HOOK-8); one that fails does not stop the others (HOOK-2).
func (l *life) hookEnds(i int) {
	if l.running != i+1 {
		return
	}
	l.letGo(Ended)
	failure := l.s.Hooks[i].Ends.kind(HookError(i+1), HookPanic(i+1), HookGoexit(i+1))
	if failure != "" {
		l.errs.hooks = append(l.errs.hooks, failure)
	}
}

// abandon is the end of the timeout that hook i has of its own (HOOK-6).
func (l *life) abandon(i int) {
	if l.running != i+1 {
		return
	}
	l.letGo(Abandoned)
	l.errs.hooks = append(l.errs.hooks, HookTimeout(i+1))
}

// letGo ends the run of the hook that is running.
func (l *life) letGo(outcome HookOutcome) {
	run := &l.trace.Hooks[len(l.trace.Hooks)-1]
	run.End, run.Outcome = l.now, outcome
	l.running = 0
}

// shutdownTimedOut ends Hooks with a hook, or main, still out (HOOK-3).
func (l *life) shutdownTimedOut() {
	if l.state == Hooks {
		l.errs.shutdown = ShutdownTimeout
		l.enterStopped(ShutdownTimedOut)
	}
}

// enterStopped ends the run: what is running is interrupted and not awaited,
// what has not begun is not run, and Run returns (RUN-1, HOOK-3). Main that
// is not back by now has its own error (RUN-11).
func (l *life) enterStopped(on Event) {
	if l.running != 0 {
		l.letGo(Interrupted)
	}
	for top := len(l.waiting) - 1; top >= 0; top-- {
		l.trace.NotRun = append(l.trace.NotRun, l.waiting[top]+1)
	}
	l.waiting = nil
	if !l.mainBack {
		l.errs.running = MainRunning
	}
	if l.s.SignalError && (l.cause == CauseSIGINT || l.cause == CauseSIGTERM) {
		l.errs.signal = l.cause
	}
	l.fire(on)
	l.trace.Returned = l.now
	l.trace.Errors = l.errs.joined()
}

// runLate is a hook that is registered after Stopped: it runs at once, on its
// caller, with a shutdown timeout of its own, and its error is only logged
// (HOOK-4). It waits for nothing, so its whole run is known here.
func (l *life) runLate(i int) {
	h := l.s.Hooks[i]
	run := HookRun{Hook: i + 1, Start: l.now, Late: true, Outcome: Interrupted, Deadline: l.now + l.s.shutdownTimeout()}
	if own := l.now + h.Timeout; h.Timeout > 0 && own < run.Deadline {
		run.Deadline, run.Outcome = own, Abandoned
	}
	run.End = run.Deadline
	if end := plus(l.now, h.Lasts); end < run.Deadline {
		run.End, run.Outcome = end, Ended
	}
	l.trace.Hooks = append(l.trace.Hooks, run)
	l.registerFrom(i)
}
