package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// hooking is what the loop knows of the phase Hooks.
type hooking struct {
	deadline time.Time
	ctx      context.Context // for hooks: live until the phase ends; nil before the first
	cancel   context.CancelCauseFunc
	release  context.CancelFunc // of its parent, which ends at the deadline
	running  *attempt

	interrupted *attempt // the one that was under way when the phase was cut short
	ran         []hookRan
	cut         time.Time // until when servers that were cut are waited for
}

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

// begin makes the contexts, if they are not there. A life without hooks is
// better off without them.
func (p *hooking) begin(base context.Context) {
	if p.ctx != nil {
		return
	}
	expires, release := context.WithDeadlineCause(base, p.deadline, ErrShutdownTimeout)
	p.release = release
	p.ctx, p.cancel = context.WithCancelCause(expires)
}

// interrupt cancels the context of the hook under way.
func (p *hooking) interrupt(cause error) {
	if p.ctx != nil {
		p.cancel(cause)
		p.release()
	}
}

// advanceHooks begins the next hook, or ends the phase when there is none and
// main is back (HOOK-1).
func (r *run) advanceHooks() {
	if r.phase.running != nil || r.work.serves() && time.Now().Before(r.phase.cut) {
		return
	}
	switch h, closed := r.hooks.next(r.stop.mainBack); {
	case h != nil:
		r.startHook(h)
	case closed:
		r.fire(fsm.HooksFinished, nil, nil)
	}
}

func (r *run) startHook(h *hookEntry) {
	r.phase.begin(r.base)
	ctx, release := r.phase.ctx, context.CancelFunc(func() {})
	if h.timeout > 0 {
		ctx, release = context.WithTimeoutCause(r.phase.ctx, h.timeout, ErrShutdownTimeout)
	}
	a := &attempt{hook: h, ctx: ctx, began: time.Now()}
	if h.timeout > 0 {
		r.after(h.timeout, func() { r.hookTimedOut(a) })
	}
	r.phase.running = a
	go call(func() error { return h.run(ctx) }, func(err error) {
		runContext := canceled(err) && ctx.Err() == nil
		release()
		if !r.post(func() { r.hookEnded(a, err, runContext) }) && err != nil {
			r.tooLate(h.pc, "hook", h.failed(err))
		}
	})
}

// canceled reports whether err is context.Canceled. It runs the error's
// methods, so it runs where the hook ran, and survives their panics.
func canceled(err error) (is bool) {
	defer func() { _ = recover() }()
	return errors.Is(err, context.Canceled)
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
			r.tooLate(a.hook.pc, "abandoned hook", a.hook.failed(err))
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
	r.journal.log(slog.LevelError, a.hook.pc, "hook failed", attrs...)
	r.logPanic("hook", err)
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
	r.journal.log(slog.LevelWarn, a.hook.pc, "hook abandoned", slog.Any("error", failure))
}

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
	timeout := &ShutdownTimeoutError{Timeout: r.cfg.shutdownTimeout}
	places := places{}
	for _, h := range r.hooks.shut() {
		timeout.NotRun = append(timeout.NotRun, hookText(h.name, places.of(h.pc)))
	}
	for _, ran := range r.phase.ran {
		timeout.Ran = append(timeout.Ran, HookRun{Hook: hookText(ran.hook.name, places.of(ran.hook.pc)), Took: ran.took})
	}
	if a := r.phase.running; a != nil {
		timeout.Running, timeout.RunningFor = a.hook.String(), time.Since(a.began)
		r.phase.running, r.phase.interrupted = nil, a
	}
	var failure error = timeout
	if why == fsm.Forced {
		failure = fmt.Errorf("%w while hooks ran: %s", ErrForced, timeout.cut())
		r.phase.interrupt(ErrForced)
	}
	r.failures.shutdown = append(r.failures.shutdown, failure)
	if !r.stop.mainBack {
		r.failures.running = append(r.failures.running, r.mainRunning())
	}
	r.journal.log(slog.LevelWarn, 0, "hooks were cut short", slog.Any("error", failure), slog.Bool("main_running", !r.stop.mainBack))
	r.fire(why, failure, nil)
}
