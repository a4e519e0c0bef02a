package lifecycle

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// forceAfter is the least time from the stop, and from the previous interrupt,
// to an interrupt that forces: shells and terminals may deliver one key press
// twice (SIG-2).
const forceAfter = 250 * time.Millisecond

// stopping is the loop's state of the stop.
type stopping struct {
	at            time.Time // when it was requested or main exited
	cause         error     // the cause main's context is cancelled with; nil means context.Canceled
	interrupted   bool      // an interrupt was received
	lastInterrupt time.Time
}

// stopRequest is a reason to stop.
type stopRequest struct {
	cause error
	at    uintptr       // the call site that requested it, if any
	delay time.Duration // the drain delay
}

// outcome is how main, a task or a server ended. It is determined on the
// goroutine of what ended, because that calls methods of the error.
type outcome struct {
	err   error
	clean bool
	// parent reports whether the parent context had ended by then, with parentCause.
	parent      bool
	parentCause error
}

// classify determines the outcome of what ended with err, and passes it to next.
func (r *run) classify(err error, next func(outcome), causes ...error) {
	o := outcome{err: err}
	callThen(func() {
		if r.cfg.parent.Err() != nil {
			o.parent, o.parentCause = true, context.Cause(r.cfg.parent)
			causes = append(causes, o.parentCause)
		}
		o.clean = err != nil && clean(err, r.cfg.cleanErrors, append(r.causes(), causes...)...)
	}, func() { next(o) })
}

// handleSignal handles a signal. The first one requests a stop; a further
// interrupt, at least forceAfter later, forces the current phase to end (SIG-1,
// SIG-2). Supervisors repeat SIGTERM, so that never forces.
func (r *run) handleSignal(sig os.Signal) {
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
	if interrupt && now.Sub(r.stop.at) >= forceAfter && now.Sub(before) >= forceAfter {
		r.force()
		return
	}
	r.log.add(slog.LevelInfo, 0, "signal ignored: the service is already stopping", slog.Any("signal", signalText{sig}))
}

// force ends the current phase as its timeout would (SIG-2).
func (r *run) force() {
	switch {
	case r.State() == fsm.Hooks:
		r.interruptHooks(fsm.Forced)
	case r.drain.step == inDelay:
		r.log.add(slog.LevelWarn, 0, "drain delay ended early by a signal", slog.String("hint", interruptHint("this phase")))
		r.drain.delayOver = true
	default:
		r.endDraining(fsm.Forced)
	}
}

// watchParent requests a stop when the parent context ends (RUN-2). Its cause is
// read off the loop, because the context's type, and so its methods, may be the
// user's.
func (r *run) watchParent() (stop func() bool) {
	return context.AfterFunc(r.cfg.parent, func() {
		var cause error
		callThen(func() { cause = context.Cause(r.cfg.parent) }, func() {
			r.post(func() { r.parentCancelled(cause) })
		})
	})
}

func (r *run) parentCancelled(cause error) {
	if r.State() < fsm.Draining {
		r.requestStop(stopRequest{cause: cause, delay: r.cfg.drainDelay})
	}
}

// Stop requests a stop; with a nil err, a clean one. Any other error joins Run's
// result, even if the service is already stopping, and becomes the cause of main's
// context if this call is what stops the service (RUN-2, RUN-6). Stop returns once
// the machine has accepted or ignored the request. It may be called from anywhere,
// including hooks and observers, and is safe for concurrent use. The log names
// the call site (LOG-1).
//
// After Stopped, err is logged, because there is no result left to join. With a
// context that does not come from [Run], Stop logs an error and does nothing else
// (HOOK-9).
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

// isSignalError reports whether err is the signal error that is already in the
// result (RUN-14).
func (r *run) isSignalError(err error) bool {
	signal, ok := err.(*SignalError)
	return ok && len(r.failures.signal) > 0 && r.failures.signal[0] == error(signal)
}

// MarkStarted ends start-up: with [WithManualStart], the state becomes Running.
// It returns once the machine has accepted or ignored the event. It has no effect
// after a stop, without manual start, or on a second call (RUN-13). With a
// context that does not come from [Run] it logs an error (HOOK-9). It is safe for
// concurrent use.
func MarkStarted(ctx context.Context) {
	r := from(ctx)
	if r == nil {
		logMisuse(caller(), "MarkStarted", "nothing is started")
		return
	}
	r.do(func() {
		if r.State() == fsm.Starting {
			r.enterRunning()
		}
	})
}

// warnLongStart logs a warning when Starting has lasted for d, and again each
// time that has doubled (LOG-2).
func (r *run) warnLongStart(d time.Duration) {
	r.arm(d-time.Since(r.began), func() {
		r.log.add(slog.LevelWarn, 0, "still starting: call MarkStarted to end start-up (WithManualStart is set)", duration("elapsed", d))
		r.warnLongStart(2 * d)
	})
}

// mainExited handles main's return. A stop that was requested before main
// returned, but has not been handled yet, is handled first: main may have
// returned because of it.
func (r *run) mainExited(o outcome) {
	r.takePendingStop(o)
	r.mainBack = true
	requested := r.State() >= fsm.Draining
	switch {
	case o.err == nil:
	case requested && o.clean:
		r.log.add(slog.LevelDebug, 0, "main ended cleanly", slog.Any("error", o.err))
	default:
		r.failures.main = append(r.failures.main, o.err)
		r.log.panicked(0, "main", o.err)
	}
	if !requested {
		r.enterDraining(fsm.MainExited, stopRequest{}, o.err)
	}
}

// taskFailed handles the failure of a task or a server, which requests a stop
// (DRAIN-8, HTTP-7, HTTP-8).
func (r *run) taskFailed(pc uintptr, o outcome) {
	r.takePendingStop(o) // it may have failed because of one
	err := &TaskError{Place: place(pc), Err: o.err}
	requested := r.State() >= fsm.Draining
	if requested && o.clean {
		r.log.add(slog.LevelDebug, pc, "task ended cleanly", slog.Any("error", err))
		return
	}
	r.failures.tasks = append(r.failures.tasks, err)
	r.log.panicked(pc, "task", o.err)
	if !requested {
		r.requestStop(stopRequest{cause: err, at: pc, delay: r.cfg.drainDelay})
	}
}

// takePendingStop handles a stop that was requested but not handled yet, if the
// service is not already stopping.
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
			r.handleSignal(sig)
		default:
			return
		}
	}
}

// requestStop enters Draining; the service must not be stopping yet.
func (r *run) requestStop(s stopRequest) {
	r.stop.cause = s.cause
	r.stopCause.Store(&s.cause)
	r.enterDraining(fsm.StopRequested, s, s.cause)
}

// brokenPipeGrace is how long after a broken pipe a stop still counts as its
// reason.
const brokenPipeGrace = 100 * time.Millisecond

// listenForBrokenPipe keeps the process alive when it writes to a standard
// output or error whose reader is gone: in `service | cat`, the same Ctrl-C ends
// cat (SIG-4). With a channel registered for SIGPIPE the write merely fails; see
// package os/signal, SIGPIPE. A run that leaves signals alone leaves SIGPIPE
// alone too.
func (r *run) listenForBrokenPipe() {
	if sigs := brokenPipeSignals(); r.signals != nil && r.brokenPipe == nil && len(sigs) > 0 {
		r.brokenPipe = make(chan os.Signal, 1)
		signal.Notify(r.brokenPipe, sigs...)
	}
}

// handleBrokenPipe restores the default effect of SIGPIPE, unless a stop
// follows within brokenPipeGrace: cat may be gone before this process's own
// signal has been handled.
func (r *run) handleBrokenPipe() {
	if r.State() < fsm.Draining {
		r.arm(brokenPipeGrace, func() {
			if r.brokenPipe != nil { // a second one may have come within the grace
				signal.Stop(r.brokenPipe)
				r.brokenPipe = nil
			}
		})
	}
}

// releaseSignals restores the effect that signals had before Run (SIG-3). A channel
// that is nil was not registered.
func (r *run) releaseSignals() {
	signal.Stop(r.signals)
	signal.Stop(r.brokenPipe)
}
