package lifecycle

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// hooksPhase is what the loop knows of the phase Hooks.
type hooksPhase struct {
	deadline time.Time
	running  *attempt

	interrupted *attempt // the one that was under way when the phase was cut short
	ran         []hookRan
	cutUntil    time.Time // until when servers that were cut are waited for
	over        bool      // hooksOver is closed
}

// cutPatience is how long the first hook waits for servers whose requests were
// cut (HTTP-2, HTTP-8).
func (r *run) cutPatience() time.Duration {
	return min(100*time.Millisecond, r.cfg.shutdownTimeout/10)
}

// attempt is a hook under way.
type attempt struct {
	hook   *hookEntry
	began  time.Time
	cancel context.CancelCauseFunc // of its context
	timer  *time.Timer             // of its own timeout, if it has one
}

// hookContext is a context with a deadline at which the loop cancels it, in
// place of a timer of its own: on busy processors two timers that are due at
// once keep each other waiting.
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

// hookRan is a hook that has run, or was abandoned.
type hookRan struct {
	hook  *hookEntry
	began time.Time
	took  time.Duration
	err   error
}

// enterHooks begins the phase. cause is what work contexts are cancelled with.
func (r *run) enterHooks(why fsm.Event, cause error) {
	timeout := r.cfg.shutdownTimeout
	step := r.take(why)
	hooks := r.hooks.size()
	r.phase.deadline = time.Now().Add(timeout)
	r.arm(timeout, r.shutdownTimedOut) // without a hook too: one may be registered now
	if r.work.serves() {
		patience := r.cutPatience()
		r.phase.cutUntil = time.Now().Add(patience)
		r.arm(patience, func() {}) // advanceHooks looks at the time
	}
	r.workCancel(cause)
	slow := r.work.many() || why == fsm.Forced && !r.mainBack // to say what was not done
	if slow && !r.firstHookWaits() {
		if h, _ := r.hooks.next(false); h != nil {
			r.startHook(h)
		}
	}
	failure := r.unfinished(why)
	r.report(step, transitionDetails{cause: failure, hooks: hooks, atMost: timeout, interruptible: r.stop.interrupted})
}

// firstHookWaits says whether servers that were cut are to end before the first
// hook begins.
func (r *run) firstHookWaits() bool { return r.work.serves() && time.Now().Before(r.phase.cutUntil) }

// advanceHooks begins the next hook, or ends the phase when there is none and
// main is back (HOOK-1).
func (r *run) advanceHooks() {
	if r.phase.running != nil || r.firstHookWaits() {
		return
	}
	switch h, closed := r.hooks.next(r.mainBack); {
	case h != nil:
		r.startHook(h)
	case closed:
		r.leaveHooks(fsm.HooksFinished, nil)
	default: // main is out, and may register more
		r.endHooks()
	}
}

// endHooks ends what serves until no hook is left (HTTP-7).
func (r *run) endHooks() {
	if !r.phase.over {
		r.phase.over = true
		close(r.hooksOver)
	}
}

func (r *run) leaveHooks(why fsm.Event, failure error) {
	r.report(r.take(why), transitionDetails{cause: failure})
	r.endHooks()
}

// startHook begins a hook. When it ends is seen where it runs, because the loop
// may look later.
func (r *run) startHook(h *hookEntry) {
	a := &attempt{hook: h, began: time.Now()}
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
		judged(func() { runContext = ctx.Err() == nil && isCanceled(err) }, func() {
			a.cancel(nil)
			if !r.post(func() { r.hookEnded(a, ended, err, runContext) }) && err != nil {
				r.log.tooLate(h.pc, "hook", h.failed(err))
			}
		})
	})
}

// hookEnded takes the end of a hook. One that ends at its deadline or after it
// was timed out, even if the timer has not been looked at yet. The end of one
// that was abandoned changes nothing (HOOK-8).
func (r *run) hookEnded(a *attempt, ended time.Time, err error, runContext bool) {
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
	r.hookOver(a, ended, err)
	if err == nil {
		return
	}
	failure := a.hook.failed(err)
	r.failures.hooks = append(r.failures.hooks, failure)
	attrs := []slog.Attr{slog.Any("error", failure)}
	if runContext {
		attrs = append(attrs, slog.String("hint", "it used the run's context, which is cancelled by now; "+
			"register it with OnShutdownContext and use the context that the hook is given"))
	}
	r.log.add(slog.LevelError, a.hook.pc, "hook failed", attrs...)
	r.log.panicked(a.hook.pc, "hook", err)
}

func (r *run) hookOver(a *attempt, ended time.Time, err error) {
	r.disarm(a.timer)
	r.phase.running = nil
	r.phase.ran = append(r.phase.ran, hookRan{a.hook, a.began, ended.Sub(a.began), err})
}

// hookTimedOut abandons a hook that has exceeded its own timeout (HOOK-6). When
// that of the phase ends at the same moment, it is the phase that ends.
func (r *run) hookTimedOut(a *attempt) {
	if r.phase.running != a {
		return
	}
	if !time.Now().Before(r.phase.deadline) {
		r.shutdownTimedOut()
		return
	}
	err := fmt.Errorf("%w: its own timeout of %v ran out; it is abandoned", ErrShutdownTimeout, a.hook.timeout)
	r.hookOver(a, time.Now(), err)
	failure := a.hook.failed(err)
	r.failures.hooks = append(r.failures.hooks, failure)
	r.log.add(slog.LevelWarn, a.hook.pc, "hook abandoned", slog.Any("error", failure))
	a.cancel(ErrShutdownTimeout)
}

// shutdownTimedOut ends the phase at its deadline (HOOK-3).
func (r *run) shutdownTimedOut() { r.interruptHooks(fsm.ShutdownTimedOut) }

// interruptHooks ends the phase before its time: the hook under way is not
// awaited, those that have not begun do not run, and the error names them all
// (HOOK-3). Main may be out too (RUN-11).
func (r *run) interruptHooks(why fsm.Event) {
	var failure error = r.unfinishedHooks()
	cause := ErrShutdownTimeout
	if why == fsm.Forced {
		failure = fmt.Errorf("%w while hooks ran: %s", ErrForced, failure.(*ShutdownTimeoutError).text())
		cause = ErrForced
	}
	r.phase.running, r.phase.interrupted = nil, r.phase.running
	r.failures.shutdown = append(r.failures.shutdown, failure)
	if !r.mainBack {
		r.failures.running = append(r.failures.running, r.mainRunning())
	}
	r.log.add(slog.LevelWarn, 0, "hooks were cut short", slog.Any("error", failure), slog.Bool("main_running", !r.mainBack))
	r.leaveHooks(why, failure)
	if a := r.phase.interrupted; a != nil {
		a.cancel(cause)
	}
}

// unfinishedHooks closes the stack and says which hooks have run, runs, and
// will not run.
func (r *run) unfinishedHooks() *ShutdownTimeoutError {
	e := &ShutdownTimeoutError{Timeout: r.cfg.shutdownTimeout}
	texts := hookTexts{places: places{}, unnamed: map[uintptr]string{}}
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
