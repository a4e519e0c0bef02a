package lifecycle

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// draining is what the loop knows of the phase Draining.
type draining struct {
	graceOver bool
	awaiting  bool // somebody waits for the work
}

// lookAfter is how long the work is waited for before it is found out which
// groups are busy, or a quarter of the drain timeout if that is sooner.
const lookAfter = 500 * time.Millisecond

// lastLook is how long before the drain timeout that is found out once more, or
// an eighth of it, so that the blame is not of a moment long ago.
const lastLook = 50 * time.Millisecond

// returnGrace is how long main is waited for: at most half the drain timeout,
// so that the work has its time too (DRAIN-4).
func (r *run) returnGrace() time.Duration { return min(r.cfg.grace, r.cfg.drainTimeout/2) }

func (r *run) graceOver() {
	if r.State() != fsm.Draining || r.stop.mainBack {
		return
	}
	r.drain.graceOver = true
	// Tracked work that is still out is why main is not back; it has all of
	// the drain timeout.
	if r.cfg.grace > 0 && !r.work.busyUnits() {
		r.journal.log(slog.LevelWarn, 0, "main has not returned since its context was cancelled, and is waited for no longer; "+
			"if what ends it is a hook, serve with lifecycle.Serve instead; if it finishes work, count that with Track, or give a longer WithReturnGrace",
			slog.Duration("grace", r.returnGrace()))
	}
}

// advanceDraining begins to wait for the work once main is back or its grace
// is over, and leaves Draining when there is none (DRAIN-1, DRAIN-5).
func (r *run) advanceDraining() {
	if !r.stop.cancelled || r.drain.awaiting {
		return
	}
	if !r.stop.mainBack && !r.drain.graceOver && r.returnGrace() > 0 {
		return
	}
	r.drain.awaiting = true
	if len(r.work.known()) == 0 && r.work.tryClose(r.work.word.Load(), 0) {
		r.endDraining(fsm.Drained)
		return
	}
	look := func() {
		if r.State() == fsm.Draining {
			r.work.lookAround()
		}
	}
	r.after(min(lookAfter, r.cfg.drainTimeout/4), look)
	r.after(time.Until(r.stop.deadline)-min(lastLook, r.cfg.drainTimeout/8), look)
	entered := r.machine.Reached(fsm.Hooks)
	go func() {
		if r.work.await(entered) {
			r.post(func() {
				if r.State() == fsm.Draining {
					r.endDraining(fsm.Drained)
				}
			})
		}
	}()
}

// drainTimedOut ends Draining with work still out. Without any it is over, even if
// the end of main's grace is seen only now (DRAIN-4).
func (r *run) drainTimedOut() {
	if !r.drain.graceOver {
		r.graceOver()
	}
	r.advance()
	if r.State() == fsm.Draining {
		r.endDraining(fsm.DrainTimedOut)
	}
}

// endDraining leaves Draining for Hooks. If the work is found to be done at
// the very moment when the patience for it ends, it is done.
func (r *run) endDraining(why fsm.Event) {
	if !r.work.shut() {
		why = fsm.Drained
	}
	var failure error
	cause := context.Canceled
	if why != fsm.Drained {
		r.lookNow()
		failure, cause = r.unfinished(why)
	}
	if failure == nil {
		why = fsm.Drained
	} else {
		r.failures.drain = append(r.failures.drain, failure)
		r.journal.log(slog.LevelWarn, 0, "work in flight was not waited for to the end", slog.Any("error", failure))
	}
	r.phase.deadline = time.Now().Add(r.cfg.shutdownTimeout)
	hooks, atMost := r.hooks.size(), r.cfg.shutdownTimeout
	r.fire(why, failure, func() []slog.Attr {
		return []slog.Attr{slog.Int("hooks", hooks), slog.Duration("at_most", atMost)}
	})
	r.workCancel(cause)
	r.after(r.cfg.shutdownTimeout, r.shutdownTimedOut)
	if r.work.serves() {
		r.phase.cut = time.Now().Add(cutPatience)
		r.after(cutPatience, func() {})
	}
}

// lookNow finds out which groups are busy that nobody has looked at: whoever waits
// for one that is not is back at once.
func (r *run) lookNow() {
	if !r.work.lookAround() {
		return
	}
	for range 1000 {
		if !slices.ContainsFunc(r.work.known(), (*group).busy) {
			return
		}
		runtime.Gosched()
	}
}

// unfinished is the error of a Draining that was cut short, and the cause that
// work contexts are cancelled with.
func (r *run) unfinished(why fsm.Event) (failure, cause error) {
	groups, tasks := r.work.busy()
	units, requests := r.work.out()
	timeout := &DrainTimeoutError{Timeout: r.cfg.drainTimeout, Groups: groups, Tasks: tasks, Tracked: max(0, units-len(tasks)), Requests: requests}
	if why == fsm.Forced {
		failure = fmt.Errorf("%w while draining: %s", ErrForced, timeout.busy())
		if !r.stop.mainBack {
			failure = fmt.Errorf("%w; %s", failure, strings.TrimPrefix(r.mainRunning().Error(), "lifecycle: "))
		}
		return failure, ErrForced
	}
	if units == 0 && requests == 0 && len(groups) == 0 {
		return nil, context.Canceled // main, or silent connections, were all that was waited for
	}
	return timeout, ErrDrainTimeout
}
