package lifecycle

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// hooksPhase is the loop's state of the Hooks phase.
type hooksPhase struct {
	deadline time.Time
	running  *runningHook

	interrupted *runningHook // the one that was running when the phase was cut short
	ran         []finishedHook
	cutDeadline time.Time // until when the first hook waits for servers that were cut
	hooksDone   bool      // run.hooksDone is closed
}

// cutWait is how long the first hook waits for servers whose requests were cut
// (HTTP-2, HTTP-8).
func (r *run) cutWait() time.Duration {
	return min(100*time.Millisecond, r.cfg.shutdownTimeout/10)
}

// runningHook is a hook that is running.
type runningHook struct {
	hook   *hookEntry
	began  time.Time
	cancel context.CancelCauseFunc // of its context
	timer  *time.Timer             // of its HookTimeout, if it has one
}

// hookContext is a context with a deadline at which the loop cancels it. It has
// no timer, because on a busy machine two timers that are due at the same time
// delay each other.
type hookContext struct {
	context.Context
	deadline time.Time
}

func (c hookContext) Deadline() (time.Time, bool) { return c.deadline, true }

func (c hookContext) Err() error {
	err := c.Context.Err()
	if err != nil && context.Cause(c.Context) == ErrShutdownTimeout {
		return context.DeadlineExceeded
	}
	return err
}

// finishedHook is a hook that has run, or was abandoned.
type finishedHook struct {
	hook  *hookEntry
	began time.Time
	took  time.Duration
	err   error
}

// enterHooks begins the phase; work contexts are cancelled with cause.
func (r *run) enterHooks(why fsm.Event, cause error, busy busyWork) {
	timeout := r.cfg.shutdownTimeout
	step := r.transition(why)
	hooks := r.hooks.size()
	r.phase.deadline = time.Now().Add(timeout)
	r.arm(timeout, r.shutdownTimedOut) // even without hooks: one may be registered later
	if r.work.serves() {
		patience := r.cutWait()
		r.phase.cutDeadline = time.Now().Add(patience)
		r.arm(patience, func() {}) // advanceHooks checks the time
	}
	r.workCancel(cause)
	if why != fsm.Drained && !r.firstHookWaits() { // before what is busy is listed, which may take a while
		if h, _ := r.hooks.next(false); h != nil {
			r.startHook(h)
		}
	}
	failure := r.unfinished(why, busy)
	r.report(step, transitionDetails{cause: failure, hooks: hooks, atMost: timeout, interruptible: r.stop.interrupted})
}

// firstHookWaits reports whether the first hook still waits for servers that were
// cut.
func (r *run) firstHookWaits() bool { return r.work.serves() && time.Now().Before(r.phase.cutDeadline) }

// advanceHooks starts the next hook, or ends the phase when there is none and
// main has returned (HOOK-1).
func (r *run) advanceHooks() {
	if r.phase.running != nil || r.firstHookWaits() {
		return
	}
	switch h, closed := r.hooks.next(r.mainBack); {
	case h != nil:
		r.startHook(h)
	case closed:
		r.leaveHooks(fsm.HooksFinished, nil)
	default: // main has not returned, and may register more
		r.closeHooksDone()
	}
}

// closeHooksDone stops the servers with UntilStopped (HTTP-7).
func (r *run) closeHooksDone() {
	if !r.phase.hooksDone {
		r.phase.hooksDone = true
		close(r.hooksDone)
	}
}

func (r *run) leaveHooks(why fsm.Event, failure error) {
	r.report(r.transition(why), transitionDetails{cause: failure})
	r.closeHooksDone()
}

// startHook starts a hook. The time at which it ends is taken on its own
// goroutine, because the loop may be late.
func (r *run) startHook(h *hookEntry) {
	a := &runningHook{hook: h, began: time.Now()}
	ctx := hookContext{deadline: r.phase.deadline}
	if h.timeout > 0 {
		a.timer = r.arm(h.timeout, func() { r.hookTimedOut(a) })
		if own := a.began.Add(h.timeout); own.Before(ctx.deadline) {
			ctx.deadline = own
		}
	}
	ctx.Context, a.cancel = context.WithCancelCause(r.base)
	r.phase.running = a
	go call(func() error { return h.run(ctx) }, func(err error) {
		ended, runContext := time.Now(), false
		callThen(func() { runContext = isCanceled(err) }, func() {
			a.cancel(nil)
			if !r.post(func() { r.hookEnded(a, ended, err, runContext) }) && err != nil {
				r.log.tooLate(h.pc, "hook", h.failed(err))
			}
		})
	})
}

// hookEnded handles a hook's return. A hook that ends at or after its deadline
// has timed out, even if its timer has not been handled yet. The return of a
// hook that was abandoned changes nothing (HOOK-8).
func (r *run) hookEnded(a *runningHook, ended time.Time, err error, runContext bool) {
	if r.phase.running == a && a.hook.timeout > 0 && ended.Sub(a.began) >= a.hook.timeout {
		r.hookTimedOut(a)
	}
	if r.State() == fsm.Hooks && !ended.Before(r.phase.deadline) {
		r.shutdownTimedOut()
	}
	if r.phase.running != a {
		if err != nil {
			r.log.tooLate(a.hook.pc, "abandoned hook", a.hook.failed(err))
		}
		return
	}
	r.removeRunning(a, ended, err)
	if err == nil {
		return
	}
	failure := a.hook.failed(err)
	r.failures.hooks = append(r.failures.hooks, failure)
	attrs := []slog.Attr{slog.Any("error", failure)}
	if runContext {
		attrs = append(attrs, slog.String("hint", "it used the run's context, which is already cancelled; "+
			"register it with OnShutdownContext and use the context passed to the hook"))
	}
	r.log.add(slog.LevelError, a.hook.pc, "hook failed", attrs...)
	r.log.panicked(a.hook.pc, "hook", err)
}

func (r *run) removeRunning(a *runningHook, ended time.Time, err error) {
	r.disarm(a.timer)
	r.phase.running = nil
	r.phase.ran = append(r.phase.ran, finishedHook{a.hook, a.began, ended.Sub(a.began), err})
}

// hookTimedOut abandons a hook that has exceeded its HookTimeout (HOOK-6). If the
// shutdown timeout ends at the same moment, the whole phase has timed out.
func (r *run) hookTimedOut(a *runningHook) {
	if r.phase.running != a {
		return
	}
	if !time.Now().Before(r.phase.deadline) {
		r.shutdownTimedOut() // now: hookEnded would take a hook that has just ended for one that ended in time
		return
	}
	err := fmt.Errorf("%w: exceeded its HookTimeout of %v and was abandoned", ErrShutdownTimeout, a.hook.timeout)
	r.removeRunning(a, time.Now(), err)
	failure := a.hook.failed(err)
	r.failures.hooks = append(r.failures.hooks, failure)
	r.log.add(slog.LevelWarn, a.hook.pc, "hook abandoned", slog.Any("error", failure))
	a.cancel(ErrShutdownTimeout)
}

// shutdownTimedOut ends the phase at its deadline (HOOK-3).
func (r *run) shutdownTimedOut() { r.interruptHooks(fsm.ShutdownTimedOut) }

// interruptHooks cuts the phase short: the running hook is no longer waited for,
// those that have not begun do not run, and the error names them all (HOOK-3).
// Main may not have returned either (RUN-11).
func (r *run) interruptHooks(why fsm.Event) {
	unfinished := r.unfinishedHooks()
	var failure error = unfinished
	cause := ErrShutdownTimeout
	if why == fsm.Forced {
		failure = fmt.Errorf("%w while hooks ran: %s", ErrForced, unfinished.text())
		cause = ErrForced
	}
	r.phase.running, r.phase.interrupted = nil, r.phase.running
	r.failures.shutdown = append(r.failures.shutdown, failure)
	if !r.mainBack {
		r.failures.running = append(r.failures.running, r.mainRunningError())
	}
	message := "hooks were cut short"
	if unfinished.allHaveRun() {
		message = "hooks have run, and main is still running"
	}
	r.log.add(slog.LevelWarn, 0, message, slog.Any("error", failure), slog.Bool("main_running", !r.mainBack))
	r.leaveHooks(why, failure)
	if a := r.phase.interrupted; a != nil {
		a.cancel(cause)
	}
}

// unfinishedHooks closes the stack and lists the hooks that have run, the one
// that is running and those that will not run.
func (r *run) unfinishedHooks() *ShutdownTimeoutError {
	e := &ShutdownTimeoutError{Timeout: r.cfg.shutdownTimeout}
	texts := hookNames{places: places{}, unnamed: map[uintptr]string{}}
	for _, h := range r.hooks.close() {
		e.NotRun = append(e.NotRun, texts.of(h))
	}
	for _, ran := range r.phase.ran {
		e.Ran = append(e.Ran, HookRun{Hook: texts.of(ran.hook), Took: ran.took})
	}
	if a := r.phase.running; a != nil {
		e.Running, e.RunningFor = texts.of(a.hook), time.Since(a.began)
	}
	return e
}
