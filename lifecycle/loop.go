package lifecycle

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// loop owns the machine until it is Stopped. It handles one event at a time, and
// after each starts whatever the state then requires.
func (r *run) loop() {
	defer close(r.loopDone)
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
			r.handleSignal(sig)
		case <-r.brokenPipe:
			r.handleBrokenPipe()
		case event := <-r.events:
			event()
		}
	}
}

// advance starts what the state requires next, unless it is already under way.
func (r *run) advance() {
	if r.State() == fsm.Draining {
		r.advanceDraining()
	}
	if r.State() == fsm.Hooks {
		r.advanceHooks()
	}
}

// post sends the loop an event. It returns true once the loop has received it,
// or false if the loop has ended.
func (r *run) post(event func()) bool {
	select {
	case r.events <- event:
		return true
	case <-r.loopDone:
		return false
	}
}

// do is like post, but returns after the event has been handled.
func (r *run) do(event func()) bool {
	done := make(chan struct{})
	if !r.post(func() { defer close(done); event() }) {
		return false
	}
	<-done
	return true
}

// wake makes the loop call advance again.
func (r *run) wake() { r.post(func() {}) }

// arm has the loop call act after d, if the machine is still in the current
// state by then.
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

// disarm stops a timer, which may be nil.
func (r *run) disarm(timer *time.Timer) {
	if i := slices.Index(r.timers, timer); i >= 0 {
		timer.Stop()
		r.timers = slices.Delete(r.timers, i, i+1)
	}
}

// transition fires the machine, so that the new state is visible before its
// effects (STATE-5), and stops the timers of the previous state. The loop fires
// only events that the table allows in the current state, so an error here is a
// bug in this package.
func (r *run) transition(event fsm.Event) fsm.Step {
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

// enterRunning ends Starting.
func (r *run) enterRunning() { r.report(r.transition(fsm.Started), transitionDetails{}) }
