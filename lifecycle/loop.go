package lifecycle

import (
	"log/slog"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// loop owns the machine until it is Stopped. After whatever happened, it looks
// whether the phase under way is over.
func (r *run) loop() {
	defer close(r.over)
	for {
		r.advance()
		if r.State() == fsm.Stopped {
			return
		}
		select {
		case sig, ok := <-r.source:
			if !ok {
				r.source = nil
				continue
			}
			r.signalled(sig)
		case <-r.parentDone:
			r.parentCancelled()
		case act := <-r.acts:
			act()
		}
	}
}

// advance does what the state asks for next, if it is not under way.
func (r *run) advance() {
	if r.State() == fsm.Draining {
		r.advanceDraining()
	}
	if r.State() == fsm.Hooks {
		r.advanceHooks()
	}
}

// post has act run by the loop. It returns once the loop has taken it, or
// false when the loop has ended.
func (r *run) post(act func()) bool {
	select {
	case r.acts <- act:
		return true
	case <-r.over:
		return false
	}
}

// do is post, but returns after act has run.
func (r *run) do(act func()) bool {
	done := make(chan struct{})
	if !r.post(func() { defer close(done); act() }) {
		return false
	}
	<-done
	return true
}

// after posts act when d has passed. Act may come after the phase it was meant
// for, and has to look.
func (r *run) after(d time.Duration, act func()) {
	r.timers = append(r.timers, time.AfterFunc(d, func() { r.post(act) }))
}

// fire takes a transition and tells observers and the log. The loop asks only
// for what the table allows in the state it has just looked at, so an error
// here is a mistake in this package, and is said as one.
func (r *run) fire(event fsm.Event, cause error, details func() []slog.Attr) {
	r.tell(r.take(event), cause, details)
}

func (r *run) take(event fsm.Event) fsm.Step {
	step, err := r.machine.Fire(event)
	if err != nil {
		panic(err)
	}
	return step
}

// tell has observers and the log told of a transition. The log's goroutine
// asks for the details; nil: there are none.
func (r *run) tell(step fsm.Step, cause error, details func() []slog.Attr) {
	for _, box := range r.observers {
		box.put(step)
	}
	elapsed := step.At.Sub(r.entered)
	r.entered = step.At
	now := time.Now()
	r.journal.put(func() slog.Record {
		record := newRecord(now, slog.LevelInfo, 0, step.To.String(),
			slog.String("from", step.From.String()), slog.String("to", step.To.String()), slog.String("event", step.On.String()),
			slog.Duration("elapsed", elapsed))
		if cause != nil {
			record.AddAttrs(slog.Any("cause", cause))
		}
		if details != nil {
			record.AddAttrs(details()...)
		}
		return record
	})
}
