package lifecycle

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// loop owns the machine until it is Stopped. It takes one event at a time, and
// after each does what the state then asks for.
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
		case <-r.brokenPipe:
			r.pipeBroken()
		case event := <-r.events:
			event()
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

// post gives the loop an event. It returns once the loop has taken it, or
// false when the loop has ended.
func (r *run) post(event func()) bool {
	select {
	case r.events <- event:
		return true
	case <-r.over:
		return false
	}
}

// do is post, but returns after the event has been handled.
func (r *run) do(event func()) bool {
	done := make(chan struct{})
	if !r.post(func() { defer close(done); event() }) {
		return false
	}
	<-done
	return true
}

// wake has the loop look again at what the state asks for.
func (r *run) wake() { r.post(func() {}) }

// arm has the loop call act when d has passed, if the machine is still in the
// state that it is in now.
func (r *run) arm(d time.Duration, act func()) *time.Timer {
	armed := r.State()
	timer := time.AfterFunc(d, func() {
		r.post(func() {
			if r.State() == armed {
				act()
			}
		})
	})
	r.timers = append(r.timers, timer)
	return timer
}

// disarm stops a timer; nil: there is none.
func (r *run) disarm(timer *time.Timer) {
	if i := slices.Index(r.timers, timer); i >= 0 {
		timer.Stop()
		r.timers = slices.Delete(r.timers, i, i+1)
	}
}

// take takes a transition, before anything that belongs to the new state is
// done (STATE-5); timers that were armed for the state before it are void. The
// loop asks only for what the table allows in the state it has just
// looked at, so an error here is a mistake in this package.
func (r *run) take(event fsm.Event) fsm.Step {
	step, err := r.machine.Fire(event)
	if err != nil {
		panic(err)
	}
	for _, timer := range r.timers {
		timer.Stop()
	}
	r.timers = r.timers[:0]
	return step
}

// report hands a transition to the observers and the log.
func (r *run) report(step fsm.Step, details transitionDetails) {
	for _, q := range r.observers {
		q.put(step)
	}
	r.log.transition(step, step.At.Sub(r.entered), details)
	r.entered = step.At
}

// fire takes a transition of which there is nothing more to say.
func (r *run) fire(event fsm.Event) { r.report(r.take(event), transitionDetails{}) }
