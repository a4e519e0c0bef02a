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
	ctx      context.Context // for hooks: live until the phase ends; nil before the first
	cancel   context.CancelCauseFunc
	release  context.CancelFunc // of its parent, which ends at the deadline
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

func (r *run) cutPatience() time.Duration { return min(cutPatience, r.cfg.shutdownTimeout/10) }

// attempt is a hook under way.
type attempt struct {
	hook  *hookEntry
	ctx   context.Context
	began time.Time
}

// hookRan is a hook that has run, or was abandoned.
type hookRan struct {
	hook  *hookEntry
	began time.Time
	took  time.Duration
	err   error
}

// enterHooks begins the phase. failure is why Draining ended early, and cause
// what work contexts are cancelled with.
func (r *run) enterHooks(why fsm.Event, failure, cause error) {
	timeout := r.cfg.shutdownTimeout
	step := r.take(why)
	r.phase.deadline = time.Now().Add(timeout)
	r.arm(timeout, r.shutdownTimedOut)
	r.report(step, transitionDetails{cause: failure, hooks: r.hooks.size(), atMost: timeout, interruptible: r.stop.interrupted})
	if r.work.serves() {
		patience := r.cutPatience()
		r.phase.cutUntil = time.Now().Add(patience)
		r.arm(patience, func() {}) // advanceHooks looks at the time
	}
	r.workCancel(cause)
}

// advanceHooks begins the next hook, or ends the phase when there is none and
// main is back (HOOK-1).
func (r *run) advanceHooks() {
	if r.phase.running != nil || r.work.serves() && time.Now().Before(r.phase.cutUntil) {
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

// makeContext makes the context of the phase, if it is not there. Without hooks
// there is no need for one.
func (p *hooksPhase) makeContext(base context.Context) {
	if p.ctx != nil {
		return
	}
	expires, release := context.WithDeadlineCause(base, p.deadline, ErrShutdownTimeout)
	p.release = release
	p.ctx, p.cancel = context.WithCancelCause(expires)
}

// interrupt cancels the context of the hook under way.
func (p *hooksPhase) interrupt(cause error) {
	if p.ctx != nil {
		p.cancel(cause)
		p.release()
	}
}

func (r *run) startHook(h *hookEntry) {
	r.phase.makeContext(r.base)
	ctx, release := r.phase.ctx, context.CancelFunc(func() {})
	if h.timeout > 0 {
		ctx, release = context.WithTimeoutCause(r.phase.ctx, h.timeout, ErrShutdownTimeout)
	}
	a := &attempt{hook: h, ctx: ctx, began: time.Now()}
	if h.timeout > 0 {
		r.arm(h.timeout, func() { r.hookTimedOut(a) })
	}
	r.phase.running = a
	go call(func() error { return h.run(ctx) }, func(err error) {
		runContext := ctx.Err() == nil && isCanceled(err)
		release()
		if !r.post(func() { r.hookEnded(a, err, runContext) }) && err != nil {
			r.log.tooLate(h.pc, "hook", h.failed(err))
		}
	})
}

// hookEnded takes the end of a hook. One that ends at its deadline or after it
// was timed out, even if the timer has not been looked at yet. The end of one
// that was abandoned changes nothing (HOOK-8).
func (r *run) hookEnded(a *attempt, err error, runContext bool) {
	now := time.Now()
	if r.phase.running == a && a.hook.timeout > 0 && now.Sub(a.began) >= a.hook.timeout {
		r.hookTimedOut(a)
	}
	if r.State() == fsm.Hooks && !now.Before(r.phase.deadline) {
		r.shutdownTimedOut()
	}
	if r.phase.running != a {
		if err != nil {
			r.log.tooLate(a.hook.pc, "abandoned hook", a.hook.failed(err))
		}
		return
	}
	r.hookOver(a, now, err)
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
	r.log.panicked("hook", err)
}

func (r *run) hookOver(a *attempt, now time.Time, err error) {
	r.phase.running = nil
	r.phase.ran = append(r.phase.ran, hookRan{a.hook, a.began, now.Sub(a.began), err})
}

// hookTimedOut abandons a hook that has exceeded its own timeout (HOOK-6). When
// that of the phase ends at the same moment, it is the phase that ends.
func (r *run) hookTimedOut(a *attempt) {
	if r.phase.running != a || r.State() != fsm.Hooks {
		return
	}
	if !time.Now().Before(r.phase.deadline) {
		r.shutdownTimedOut()
		return
	}
	<-a.ctx.Done() // due now: the hook's context ends by its deadline, not with the phase
	err := fmt.Errorf("%w: its own timeout of %v ran out; it is abandoned", ErrShutdownTimeout, a.hook.timeout)
	r.hookOver(a, time.Now(), err)
	failure := a.hook.failed(err)
	r.failures.hooks = append(r.failures.hooks, failure)
	r.log.add(slog.LevelWarn, a.hook.pc, "hook abandoned", slog.Any("error", failure))
}

// shutdownTimedOut ends the phase at its deadline (HOOK-3).
func (r *run) shutdownTimedOut() {
	if r.State() == fsm.Hooks {
		if r.phase.ctx != nil {
			<-r.phase.ctx.Done() // due now, as above
		}
		r.interruptHooks(fsm.ShutdownTimedOut)
	}
}

// interruptHooks ends the phase before its time: the hook under way is not
// awaited, those that have not begun do not run, and the error names them all
// (HOOK-3). Main may be out too (RUN-11).
func (r *run) interruptHooks(why fsm.Event) {
	var failure error = r.unfinishedHooks()
	r.phase.running, r.phase.interrupted = nil, r.phase.running
	if why == fsm.Forced {
		failure = fmt.Errorf("%w while hooks ran: %s", ErrForced, failure.(*ShutdownTimeoutError).text())
		r.phase.interrupt(ErrForced)
	}
	r.failures.shutdown = append(r.failures.shutdown, failure)
	if !r.mainBack {
		r.failures.running = append(r.failures.running, r.mainRunning())
	}
	r.log.add(slog.LevelWarn, 0, "hooks were cut short", slog.Any("error", failure), slog.Bool("main_running", !r.mainBack))
	r.leaveHooks(why, failure)
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
