package lifecycle

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// stopping is what the loop knows of the stop.
type stopping struct {
	at            time.Time // when it was requested or main exited
	cause         error     // of the context's cancellation; nil is context.Canceled
	deadline      time.Time // when Draining ends at the latest
	cancelled     bool
	mainBack      bool
	lastInterrupt time.Time
}

// ending is how main or a task ended. Whether that is clean was found out on
// its own goroutine, since it runs the error's methods.
type ending struct {
	err   error
	clean bool
}

// Stop requests a stop. With nil it is a clean one; any other error is the
// cause of the context's cancellation and joins Run's result, also when the
// service is stopping already (RUN-2, RUN-6). It returns once the machine has
// taken or ignored the request, and may be called from anywhere, hooks and
// observers included.
//
// After Stopped an error is logged, because there is no result left to join.
// With a context that does not come from [Run], nothing happens but a line in
// the log (HOOK-9).
func Stop(ctx context.Context, err error) {
	pc := caller()
	r := from(ctx)
	if r == nil {
		foreign(pc, "Stop", "nothing is stopped")
		return
	}
	taken := r.do(func() {
		if err != nil {
			r.failures.stops = append(r.failures.stops, err)
		}
		if r.State() < fsm.Draining {
			r.requestStop(err, r.cfg.drainDelay)
		}
	})
	if !taken && err != nil {
		r.tooLate(pc, "Stop", err)
	}
}

// MarkStarted says that start-up is over: with [WithManualStart] the state
// becomes Running. It returns once the machine has taken or ignored it. When a
// stop came first, without manual start, and on a second call, it changes
// nothing (RUN-13). With a context that does not come from [Run] that is
// logged (HOOK-9).
func MarkStarted(ctx context.Context) {
	r := from(ctx)
	if r == nil {
		foreign(caller(), "MarkStarted", "nothing is started")
		return
	}
	r.do(func() {
		if r.State() == fsm.Starting {
			r.fire(fsm.Started, nil, nil)
		}
	})
}

// requestStop takes a service that has not begun to stop into Draining. The
// context is cancelled when the delay is over (DRAIN-7).
func (r *run) requestStop(cause error, delay time.Duration) {
	r.stop.at, r.stop.cause = time.Now(), cause
	r.asked.Store(&cause)
	r.stop.deadline = r.stop.at.Add(sum(delay, r.cfg.drainTimeout))
	step := r.take(fsm.StopRequested)
	if delay > 0 {
		r.after(delay, r.cancelMain)
	} else {
		r.cancelMain()
		runtime.Gosched() // main has more to do than the log
	}
	r.tell(step, cause, r.waits(delay).attrs)
}

// cancelMain cancels main's context, and starts what counts from then: the
// drain timeout and main's grace (DRAIN-2, DRAIN-4).
func (r *run) cancelMain() {
	if r.stop.cancelled {
		return
	}
	r.stop.cancelled = true
	r.stop.deadline = time.Now().Add(r.cfg.drainTimeout)
	r.cancel(r.stop.cause)
	r.after(r.cfg.drainTimeout, r.drainTimedOut)
	r.after(r.returnGrace(), r.graceOver)
}

func (r *run) parentCancelled() {
	r.parentDone = nil
	if r.State() < fsm.Draining {
		r.requestStop(context.Cause(r.cfg.parent), r.cfg.drainDelay)
	}
}

// mainExited takes main's result. A stop that was asked for before main came
// back but has not been looked at yet goes first: main may have come back
// because of it.
func (r *run) mainExited(ended ending) {
	r.pendingStops()
	r.stop.mainBack = true
	requested := r.State() >= fsm.Draining
	switch {
	case ended.err == nil:
	case requested && ended.clean:
		r.journal.log(slog.LevelDebug, 0, "main ended clean", slog.Any("error", ended.err))
	default:
		r.failures.main = append(r.failures.main, ended.err)
		r.logPanic("main", ended.err)
	}
	if !requested {
		r.stop.at = time.Now()
		r.fire(fsm.MainExited, ended.err, r.waits(0).attrs)
	}
	r.cancelMain()
}

// pendingStops takes the stop that is there to be taken, if none was.
func (r *run) pendingStops() {
	for r.State() < fsm.Draining {
		select {
		case <-r.parentDone:
			r.parentCancelled()
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

// taskFailed takes the failure of a task, which is a reason to stop (DRAIN-8).
func (r *run) taskFailed(t *taskEntry, ended ending) {
	r.pendingStops() // it may have failed because of one
	err := &TaskError{Place: place(t.pc), Err: ended.err}
	requested := r.State() >= fsm.Draining
	if requested && ended.clean {
		r.journal.log(slog.LevelDebug, t.pc, "task ended clean", slog.Any("error", err))
		return
	}
	r.failures.tasks = append(r.failures.tasks, err)
	r.logPanic("task", ended.err)
	if !requested {
		r.requestStop(err, r.cfg.drainDelay)
	}
}

// logPanic writes down the stack, which the error's text leaves out.
func (r *run) logPanic(what string, err error) {
	if p, ok := err.(*PanicError); ok {
		r.journal.log(slog.LevelError, 0, what+" panicked", slog.Any("panic", p), slog.String("stack", string(p.Stack)))
	}
}

// waits is what Draining waits for when it begins.
type waits struct {
	main                           bool
	groups, tasks, units, requests int
	atMost                         time.Duration
}

func (r *run) waits(delay time.Duration) waits {
	w := waits{main: !r.stop.mainBack, groups: len(r.work.known()), atMost: sum(delay, r.cfg.drainTimeout)}
	w.units, w.requests = r.work.out()
	w.tasks = min(r.work.tasksOut(), w.units)
	w.units -= w.tasks
	return w
}

// attrs is how the log says it.
func (w waits) attrs() []slog.Attr {
	var parts []string
	if w.main {
		parts = append(parts, "main")
	}
	for _, part := range []struct {
		n    int
		what string
	}{{w.groups, "drain group"}, {w.tasks, "task"}, {w.units, "tracked unit"}, {w.requests, "request"}} {
		if part.n > 0 {
			parts = append(parts, count(part.n, part.what))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing"}
	}
	return []slog.Attr{slog.String("waits_for", strings.Join(parts, ", ")), slog.Duration("at_most", w.atMost)}
}

// sum adds two durations of which neither is negative. What is too long to be
// told is as long as can be.
func sum(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
