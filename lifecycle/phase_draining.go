package lifecycle

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// drainStep is where in Draining the run is. advanceDraining moves from one to
// the next.
type drainStep uint8

const (
	inDelay      drainStep = iota // main's context is still live (DRAIN-7)
	awaitingMain                  // until it is back or its grace is over (DRAIN-4)
	awaitingWork                  // until no work is in flight (DRAIN-1)
)

// draining is what the loop knows of the phase Draining.
type draining struct {
	step      drainStep
	delay     time.Duration
	delayOver bool
	graceOver bool
	workDone  bool
	mainBack  chan struct{} // closed when main is back; for whoever waits for work
	deadline  time.Time     // when the phase ends at the latest
}

// enterDraining begins the stop. cause is what the log says of it.
func (r *run) enterDraining(event fsm.Event, s stopRequest, cause error) {
	r.listenForBrokenPipe()
	r.stop.at = time.Now()
	r.drain.delay, r.drain.delayOver = s.delay, s.delay == 0
	r.drain.mainBack = make(chan struct{})
	r.drain.deadline = r.stop.at.Add(sum(s.delay, r.cfg.drainTimeout))
	waits := r.waits() // as it is before the cancel (LOG-1)
	step := r.take(event)
	if s.delay > 0 {
		r.arm(s.delay, func() { r.drain.delayOver = true })
	}
	r.report(step, transitionDetails{cause: cause, at: s.at, waits: &waits, atMost: sum(s.delay, r.cfg.drainTimeout), delayed: s.delay > 0, interruptible: r.stop.interrupted})
	r.advanceDraining()
}

// advanceDraining takes the steps of Draining that are due: the context is
// cancelled when the delay is over or main is back, work is waited for when
// main is back or its grace is over, and the phase ends when no work is left
// (DRAIN-1, DRAIN-4, DRAIN-5, DRAIN-7).
func (r *run) advanceDraining() {
	d := &r.drain
	if d.step == inDelay && (d.delayOver || r.mainBack) {
		d.step = awaitingMain
		r.cancelMain()
	}
	if r.mainBack && !isClosed(d.mainBack) {
		close(d.mainBack) // before the work is waited for, which looks at it
	}
	if d.step == awaitingMain && (r.mainBack || d.graceOver || r.returnGrace() == 0) {
		d.step = awaitingWork
		r.awaitWork()
	}
	if d.step == awaitingWork && d.workDone {
		r.endDraining(fsm.Drained)
	}
}

// cancelMain cancels main's context, and arms what counts from then: the drain
// timeout and main's grace (DRAIN-2, DRAIN-4). Main is woken last: it has more
// to do than the log.
func (r *run) cancelMain() {
	r.drain.deadline = time.Now().Add(r.cfg.drainTimeout)
	r.arm(r.cfg.drainTimeout, r.drainTimedOut)
	if grace := r.returnGrace(); grace > 0 && !r.mainBack {
		r.hintAtIdleGroups()
		r.arm(grace/5, r.warnOfGrace)
		r.arm(grace, r.endGrace)
	}
	r.cancel(r.stop.cause)
}

// returnGrace is how long main is waited for: at most half the drain timeout,
// so that the work has its time too (DRAIN-4).
func (r *run) returnGrace() time.Duration { return min(r.cfg.grace, r.cfg.drainTimeout/2) }

// hintAtIdleGroups says which groups main or what it began can no longer
// safely add to: a WaitGroup that is waited for panics in such an Add, or does
// not wait for it (DRAIN-3).
func (r *run) hintAtIdleGroups() {
	if idle := r.work.idleGroups(); len(idle) > 0 {
		r.log.hintAtIdleGroups(idle)
	}
}

// warnOfGrace says early that main is not back. While tracked work is out, main
// may be waiting for it, and it has all of the drain timeout.
func (r *run) warnOfGrace() {
	if !r.mainBack && !r.work.unitsOut() {
		grace := r.returnGrace()
		r.log.add(slog.LevelWarn, 0, "main has not returned since its context was cancelled; hooks will run even so when its grace is over",
			duration("in", grace-grace/5), slog.String("hint", r.graceHint()))
	}
}

// endGrace stops waiting for main.
func (r *run) endGrace() {
	if r.mainBack {
		return
	}
	r.drain.graceOver = true
	if !r.work.unitsOut() {
		r.log.add(slog.LevelWarn, 0, "main has not returned since its context was cancelled, and is not waited for any longer",
			duration("grace", r.returnGrace()), slog.String("hint", r.graceHint()))
	}
}

// graceHint says why main may not be back.
func (r *run) graceHint() string {
	const hint = "if only a hook ends it, serve with lifecycle.Serve or ServeFunc instead; " +
		"if it finishes work, count that with Track, or give a longer WithReturnGrace"
	if r.trailing.any() {
		return "if it waits for a server with UntilStopped, which ends after the last hook, start that with a plain go statement; " + hint
	}
	return hint
}

// awaitWork begins to wait for the work in flight.
func (r *run) awaitWork() {
	if r.work.closeIfIdle() {
		r.drain.workDone = true
		return
	}
	w := awaiting{work: r.work, over: r.machine.Reached(fsm.Hooks), mainBack: r.drain.mainBack}
	go func() {
		if w.await() {
			r.post(func() { r.drain.workDone = true })
		}
	}()
}

// drainTimedOut ends Draining with work still out. If none is, and only main
// was waited for, this is the end of its grace, seen late (DRAIN-4).
func (r *run) drainTimedOut() {
	if r.drain.step == awaitingMain {
		r.endGrace()
		r.advanceDraining()
	}
	if r.State() == fsm.Draining {
		r.endDraining(fsm.DrainTimedOut)
	}
}

// endDraining leaves Draining for Hooks. Work that is found to be done at the
// very moment when the time for it ends is done; and if main, or silent
// connections, were all that was waited for, nothing has failed.
func (r *run) endDraining(why fsm.Event) {
	cause := context.Canceled
	switch closed := r.work.close(); {
	case !closed || why == fsm.DrainTimedOut && !r.work.anyBusy():
		why = fsm.Drained
	case why == fsm.Forced:
		cause = ErrForced
	case why == fsm.DrainTimedOut:
		cause = ErrDrainTimeout
	}
	r.enterHooks(why, cause)
}

// unfinished is the error of a Draining that ended early (DRAIN-2, SIG-2). To
// make it takes the longer the more is busy, so the first hook does not wait
// for it.
func (r *run) unfinished(why fsm.Event) error {
	if why == fsm.Drained {
		return nil
	}
	busy := r.work.busy()
	busy.Timeout = r.cfg.drainTimeout
	var failure error = busy
	if why == fsm.Forced {
		failure = fmt.Errorf("%w while draining: %s", ErrForced, busy.text())
		if !r.mainBack {
			failure = fmt.Errorf("%w; %s", failure, strings.TrimPrefix(r.mainRunning().Error(), "lifecycle: "))
		}
	}
	r.failures.drain = append(r.failures.drain, failure)
	r.log.add(slog.LevelWarn, 0, "work in flight has not ended in time", slog.Any("error", failure))
	return failure
}

// sum adds two durations of which neither is negative, and is never more than
// the longest duration there is.
func sum(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
