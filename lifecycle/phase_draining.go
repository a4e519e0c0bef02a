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

// drainStep is a step of Draining; advanceDraining moves from one to the next.
type drainStep uint8

const (
	inDelay      drainStep = iota // main's context is still live (DRAIN-7)
	awaitingMain                  // until it has returned or its grace is over (DRAIN-4)
	awaitingWork                  // until no work is in flight (DRAIN-1)
)

// draining is the loop's state of the Draining phase.
type draining struct {
	step         drainStep
	delay        time.Duration
	delayOver    bool
	graceOver    bool
	workDone     bool
	mainReturned chan struct{} // closed when main has returned, for drainWaiter
	deadline     time.Time     // of the phase
}

// enterDraining begins the stop; cause is for the log.
func (r *run) enterDraining(event fsm.Event, s stopRequest, cause error) {
	r.listenForBrokenPipe()
	r.stop.at = time.Now()
	r.drain.delay, r.drain.delayOver = s.delay, s.delay == 0
	r.drain.mainReturned = make(chan struct{})
	r.drain.deadline = r.stop.at.Add(sum(s.delay, r.cfg.drainTimeout))
	waits := r.waits() // before the cancel, as LOG-1 asks
	step := r.transition(event)
	if s.delay > 0 {
		r.arm(s.delay, func() { r.drain.delayOver = true })
	}
	r.report(step, transitionDetails{cause: cause, at: s.at, waits: &waits, atMost: sum(s.delay, r.cfg.drainTimeout), delayed: s.delay > 0, interruptible: r.stop.interrupted})
	r.advanceDraining()
}

// advanceDraining takes the steps of Draining that are due: the context is
// cancelled when the delay is over or main has returned, work is waited for when
// main has returned or its grace is over, and the phase ends when no work is
// left (DRAIN-1, DRAIN-4, DRAIN-5, DRAIN-7).
func (r *run) advanceDraining() {
	d := &r.drain
	if d.step == inDelay && (d.delayOver || r.mainBack) {
		d.step = awaitingMain
		r.cancelMain()
	}
	if r.mainBack && !isClosed(d.mainReturned) {
		close(d.mainReturned) // before awaitWork, which reads it
	}
	if d.step == awaitingMain && (r.mainBack || d.graceOver || r.returnGrace() == 0) {
		d.step = awaitingWork
		r.awaitWork()
	}
	if d.step == awaitingWork && d.workDone {
		r.endDraining(fsm.Drained)
	}
}

// cancelMain arms the drain timeout and main's grace, which count from the
// cancel, and then cancels main's context (DRAIN-2, DRAIN-4).
func (r *run) cancelMain() {
	r.drain.deadline = time.Now().Add(r.cfg.drainTimeout)
	r.arm(r.cfg.drainTimeout, r.drainTimedOut)
	if grace := r.returnGrace(); grace > 0 && !r.mainBack {
		r.logIdleGroups()
		r.arm(grace/5, r.warnMainNotBack)
		r.arm(grace, r.endGrace)
	}
	r.cancel(r.stop.cause)
}

// returnGrace is how long main is waited for: at most half the drain timeout,
// so that time is left for the work (DRAIN-4).
func (r *run) returnGrace() time.Duration { return min(r.cfg.grace, r.cfg.drainTimeout/2) }

// logIdleGroups lists the groups that can no longer be added to safely: an Add
// from zero during a Wait can panic or be missed (DRAIN-3).
func (r *run) logIdleGroups() {
	if idle := r.work.idleGroups(); len(idle) > 0 {
		r.log.idleGroups(idle)
	}
}

// warnMainNotBack warns early that main has not returned. While tracked work is
// in flight there is no warning: main may be waiting for that, and it has all of
// the drain timeout.
func (r *run) warnMainNotBack() {
	if !r.mainBack && !r.work.anyUnits() {
		grace := r.returnGrace()
		r.log.add(slog.LevelWarn, 0, "main has not returned since its context was cancelled; hooks run without it when its grace is over",
			duration("grace_left", grace-grace/5), slog.String("hint", r.graceHint()))
	}
}

// endGrace stops waiting for main.
func (r *run) endGrace() {
	if r.mainBack {
		return
	}
	r.drain.graceOver = true
	if !r.work.anyUnits() {
		r.log.add(slog.LevelWarn, 0, "main has not returned within its grace and is no longer waited for",
			duration("grace", r.returnGrace()), slog.String("hint", r.graceHint()))
	}
}

// graceHint suggests why main may not have returned, and the remedy.
func (r *run) graceHint() string {
	const hint = "if only a hook makes it return, serve with lifecycle.Serve or ServeFunc instead; " +
		"if it is finishing work, count that with Track or set a longer WithReturnGrace"
	if r.untilStopped.any() {
		return "if it waits for a server with UntilStopped, which stops after the last hook, start that server with a plain go statement; " + hint
	}
	return hint
}

// awaitWork starts waiting for the in-flight work.
func (r *run) awaitWork() {
	if r.work.closeIfIdle() {
		r.drain.workDone = true
		return
	}
	w := drainWaiter{work: r.work, drainEnded: r.machine.Reached(fsm.Hooks), mainReturned: r.drain.mainReturned}
	go func() {
		if w.await() {
			r.post(func() { r.drain.workDone = true })
		}
	}()
}

// drainTimedOut ends Draining. Main's grace has ended before, unless the process was
// stopped for longer than both: the timers then fire in any order.
func (r *run) drainTimedOut() {
	if r.drain.step == awaitingMain {
		r.endGrace()
	}
	r.endDraining(fsm.DrainTimedOut)
}

// endDraining leaves Draining for Hooks. If all work ended at the same moment as
// its time ran out, or only main or silent connections were waited for, that is
// not a timeout.
func (r *run) endDraining(why fsm.Event) {
	cause, closed := context.Canceled, r.work.close()
	var busy busyWork
	if closed {
		busy = r.work.busy() // before the work contexts are cancelled, which ends some of it
	}
	switch {
	case !closed || why == fsm.DrainTimedOut && busy.none():
		why = fsm.Drained
	case why == fsm.Forced:
		cause = ErrForced
	default:
		cause = ErrDrainTimeout
	}
	r.enterHooks(why, cause, busy)
}

// unfinished returns the error of a Draining that was cut short (DRAIN-2,
// SIG-2). Listing what is busy can take a while, so the first hook may begin
// before.
func (r *run) unfinished(why fsm.Event, busy busyWork) error {
	if why == fsm.Drained {
		return nil
	}
	listed := busy.err(r.cfg.drainTimeout)
	var failure error = listed
	message := "in-flight work did not finish in time"
	if why == fsm.Forced {
		message = "in-flight work was cut short by a signal"
		failure = fmt.Errorf("%w while draining: %s", ErrForced, listed.text())
		if !r.mainBack {
			failure = fmt.Errorf("%w; %s", failure, strings.TrimPrefix(r.mainRunningError().Error(), "lifecycle: "))
		}
	}
	r.failures.drain = append(r.failures.drain, failure)
	r.log.add(slog.LevelWarn, 0, message, slog.Any("error", failure))
	return failure
}

// sum adds two non-negative durations, without overflow.
func sum(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
