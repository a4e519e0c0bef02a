package lifecycle

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// forceAfter is how long after the stop, and after the interrupt before it, an
// interrupt counts as a further one: shells and terminals may deliver one key
// press twice (SIG-2).
const forceAfter = 250 * time.Millisecond

// stopping is what the loop knows of the stop.
type stopping struct {
	at            time.Time // when it was requested or main exited
	cause         error     // of the context's cancellation; nil is context.Canceled
	interrupted   bool      // an interrupt was received
	lastInterrupt time.Time
}

// stopRequest is a reason to stop.
type stopRequest struct {
	cause error
	at    uintptr       // the place in the code that it came from, if any
	delay time.Duration // the drain delay
}

// outcome is how main, a task or a server ended. It is found out on its own
// goroutine, because that calls methods of the error.
type outcome struct {
	err   error
	clean bool
	// parent says that the parent context had ended by then, with parentCause.
	parent      bool
	parentCause error
}

// judge finds out the outcome of what has ended with err, and gives it to next.
func (r *run) judge(err error, next func(outcome), causes ...error) {
	o := outcome{err: err}
	judged(func() {
		if r.cfg.parent.Err() != nil {
			o.parent, o.parentCause = true, context.Cause(r.cfg.parent)
			causes = append(causes, o.parentCause)
		}
		o.clean = err != nil && clean(err, r.cfg.cleanErrors, append(r.causes(), causes...)...)
	}, func() { next(o) })
}

// signalled takes a signal. The first one requests a stop, and an interrupt
// that is clearly a further one forces the phase under way to end (SIG-1,
// SIG-2). Supervisors repeat SIGTERM, so that never forces.
func (r *run) signalled(sig os.Signal) {
	now, before := time.Now(), r.stop.lastInterrupt
	interrupt := sig == os.Interrupt
	if interrupt {
		r.stop.lastInterrupt, r.stop.interrupted = now, true
	}
	if r.State() < fsm.Draining {
		cause := &SignalError{Signal: sig}
		if r.cfg.signalError {
			r.failures.signal = []error{cause}
		}
		r.requestStop(stopRequest{cause: cause, delay: r.cfg.drainDelay})
		return
	}
	if interrupt && now.Sub(r.stop.at) >= forceAfter && (before.IsZero() || now.Sub(before) >= forceAfter) {
		r.force()
		return
	}
	r.log.add(slog.LevelInfo, 0, "a further signal changes nothing: the service is stopping", slog.Any("signal", signalText{sig}))
}

// force ends the phase under way as its timeout would (SIG-2).
func (r *run) force() {
	switch {
	case r.State() == fsm.Hooks:
		r.interruptHooks(fsm.Forced)
	case r.drain.step == inDelay:
		r.log.add(slog.LevelWarn, 0, "a signal ends the drain delay early")
		r.drain.delayOver = true
	default:
		r.endDraining(fsm.Forced)
	}
}

// watchParent has the parent's end request a stop (RUN-2). Its cause is found
// out off the loop, because a context may be of any type.
func (r *run) watchParent() (stop func() bool) {
	return context.AfterFunc(r.cfg.parent, func() {
		var cause error
		judged(func() { cause = context.Cause(r.cfg.parent) }, func() {
			r.post(func() { r.parentCancelled(cause) })
		})
	})
}

func (r *run) parentCancelled(cause error) {
	if r.State() < fsm.Draining {
		r.requestStop(stopRequest{cause: cause, delay: r.cfg.drainDelay})
	}
}

// Stop requests a stop. With nil it is a clean one. Any other error joins Run's
// result, also when the service is stopping already, and is the cause of the
// context's cancellation if this is what stops the service (RUN-2, RUN-6). It returns once the machine has
// taken or ignored the request. It may be called from anywhere, hooks and
// observers included, and is safe for concurrent use. The log names the place
// that called it (LOG-1).
//
// After Stopped an error is logged, because there is no result left to join.
// With a context that does not come from [Run], nothing is stopped and an
// error is logged (HOOK-9).
func Stop(ctx context.Context, err error) {
	pc := caller()
	r := from(ctx)
	if r == nil {
		logMisuse(pc, "Stop", "nothing is stopped")
		return
	}
	taken := r.do(func() {
		if err != nil && !r.isSignalError(err) {
			r.failures.stops = append(r.failures.stops, err)
		}
		if r.State() < fsm.Draining {
			r.requestStop(stopRequest{cause: err, at: pc, delay: r.cfg.drainDelay})
		}
	})
	if !taken && err != nil {
		r.log.tooLate(pc, "Stop", err)
	}
}

// isSignalError says whether err is in the result already (RUN-14).
func (r *run) isSignalError(err error) bool {
	signal, ok := err.(*SignalError)
	return ok && len(r.failures.signal) > 0 && r.failures.signal[0] == error(signal)
}

// MarkStarted says that start-up is over: with [WithManualStart] the state
// becomes Running. It returns once the machine has taken or ignored it. After a
// stop, without manual start, and on a second call, it changes nothing
// (RUN-13). With a context that does not come from [Run] an error is logged
// (HOOK-9). Safe for concurrent use.
func MarkStarted(ctx context.Context) {
	r := from(ctx)
	if r == nil {
		logMisuse(caller(), "MarkStarted", "nothing is started")
		return
	}
	r.do(func() {
		if r.State() == fsm.Starting {
			r.fire(fsm.Started)
		}
	})
}

// warnOfLongStart warns when Starting has lasted for d, and after each
// doubling of that (LOG-2).
func (r *run) warnOfLongStart(d time.Duration) {
	r.arm(d-time.Since(r.began), func() {
		r.log.add(slog.LevelWarn, 0, "the service is still starting: with WithManualStart, MarkStarted ends start-up", duration("elapsed", d))
		r.warnOfLongStart(2 * d)
	})
}

// mainExited takes main's outcome. A stop that was requested before main came
// back but has not been looked at yet goes first: main may have come back
// because of it.
func (r *run) mainExited(o outcome) {
	r.takePendingStop(o)
	r.mainBack = true
	requested := r.State() >= fsm.Draining
	switch {
	case o.err == nil:
	case requested && o.clean:
		r.log.add(slog.LevelDebug, 0, "main has ended cleanly", slog.Any("error", o.err))
	default:
		r.failures.main = append(r.failures.main, o.err)
		r.log.panicked(0, "main", o.err)
	}
	if !requested {
		r.enterDraining(fsm.MainExited, stopRequest{}, o.err)
	}
}

// taskFailed takes the failure of a task or a server, which requests a stop
// (DRAIN-8, HTTP-7, HTTP-8).
func (r *run) taskFailed(pc uintptr, o outcome) {
	r.takePendingStop(o) // it may have failed because of one
	err := &TaskError{Place: place(pc), Err: o.err}
	requested := r.State() >= fsm.Draining
	if requested && o.clean {
		r.log.add(slog.LevelDebug, pc, "task has ended cleanly", slog.Any("error", err))
		return
	}
	r.failures.tasks = append(r.failures.tasks, err)
	r.log.panicked(pc, "task", o.err)
	if !requested {
		r.requestStop(stopRequest{cause: err, at: pc, delay: r.cfg.drainDelay})
	}
}

// takePendingStop takes a stop that was requested but not looked at, if there
// is one and none was taken before.
func (r *run) takePendingStop(o outcome) {
	if o.parent {
		r.parentCancelled(o.parentCause)
	}
	for r.State() < fsm.Draining {
		select {
		case sig, ok := <-r.source:
			if !ok {
				r.source = nil
				continue
			}
			r.signalled(sig)
		default:
			return
		}
	}
}

// requestStop takes a service that has not begun to stop into Draining.
func (r *run) requestStop(s stopRequest) {
	r.stop.cause = s.cause
	r.asked.Store(&s.cause)
	r.enterDraining(fsm.StopRequested, s, s.cause)
}

// brokenPipeGrace is how long after a broken pipe the stop may come that it is
// part of.
const brokenPipeGrace = 100 * time.Millisecond

// listenForBrokenPipe keeps the process alive when it writes to a standard
// output or error that nobody reads: `service | cat` loses cat to the same
// Ctrl-C (SIG-4). With a channel registered for SIGPIPE the write fails, and
// that is all; see package os/signal, SIGPIPE. A run that leaves signals alone
// leaves this one alone too.
func (r *run) listenForBrokenPipe() {
	if sigs := brokenPipeSignals(); r.signals != nil && r.brokenPipe == nil && len(sigs) > 0 {
		r.brokenPipe = make(chan os.Signal, 1)
		signal.Notify(r.brokenPipe, sigs...)
	}
}

// pipeBroken gives SIGPIPE its default effect again, unless this one was part
// of a stop: cat may be gone before the signal for this process was looked at.
func (r *run) pipeBroken() {
	if r.State() < fsm.Draining {
		r.arm(brokenPipeGrace, func() {
			if r.brokenPipe != nil { // a second one may have come within the grace
				signal.Stop(r.brokenPipe)
				r.brokenPipe = nil
			}
		})
	}
}

// releaseSignals gives signals their effect from before Run again (SIG-3).
func (r *run) releaseSignals() {
	if r.signals != nil {
		signal.Stop(r.signals)
	}
	if r.brokenPipe != nil {
		signal.Stop(r.brokenPipe)
	}
}
