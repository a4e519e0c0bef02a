package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// timeline prints a table of what happens to a service, row by row as it
// happens. It is fed from outside the service and outlives it.
type timeline struct {
	out     io.Writer
	look    func() sighting
	began   time.Time
	events  chan event
	started chan struct{} // closed when the first change of state has its row
	done    chan struct{}

	// The printing goroutine's own.
	state fsm.State
	last  sighting
}

// event is something that gets a row of its own.
type event struct {
	at    time.Time
	state fsm.State // the state that was entered; Starting if none was
	note  string

	printed chan struct{} // closed when it has its row; nil if nobody waits for that
}

// sighting is what can be seen of the service at one moment: what the probes
// answer, and what it has in hand.
type sighting struct {
	live, ready      string
	state            string // as readiness says; empty if it does not
	inFlight, queued int
}

// lookEvery is how often the service is looked at when nothing happens.
const lookEvery = 25 * time.Millisecond

const rowFormat = "%7s %1s %-8s  %-8s  %-13s %4s %6s  %s\n"

var rule = strings.Repeat("─", 98)

func newTimeline(out io.Writer, look func() sighting) *timeline {
	t := &timeline{out: out, look: look, began: time.Now(), events: make(chan event, 256), started: make(chan struct{}), done: make(chan struct{})}
	fmt.Fprintf(out, rowFormat, "seconds", "", "state", "/healthz", "/readyz", "busy", "queued", "what happened")
	fmt.Fprintln(out, rule)
	go t.print()
	return t
}

// note adds a row. It may be called from any goroutine until close is.
func (t *timeline) note(format string, args ...any) {
	t.events <- event{at: time.Now(), note: fmt.Sprintf(format, args...)}
}

// tell is note, but returns when the row is there, so that what it shows is
// what was to be seen before the caller goes on.
func (t *timeline) tell(format string, args ...any) {
	printed := make(chan struct{})
	t.events <- event{at: time.Now(), note: fmt.Sprintf(format, args...), printed: printed}
	<-printed
}

// step adds a row for a change of state. It is a lifecycle.WithObserver.
func (t *timeline) step(s fsm.Step) {
	t.events <- event{at: s.At, state: s.To, note: meaning(s)}
}

// close prints what has not been printed.
func (t *timeline) close() {
	close(t.events)
	<-t.done
	fmt.Fprintln(t.out, rule)
}

func (t *timeline) print() {
	defer close(t.done)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case e, more := <-t.events:
			if !more {
				return
			}
			t.row(e, t.look())
			if e.printed != nil {
				close(e.printed)
			}
		case at := <-tick.C:
			// Between events, only what the probes say differently gets a row. An
			// observer is called a moment after the change of state, so if the probes
			// already see another state, its own row comes first.
			now := t.look()
			if now.state != "" && now.state != t.state.String() {
				continue
			}
			if now.live != t.last.live || now.ready != t.last.ready {
				t.row(event{at: at, note: change(t.last, now)}, now)
			}
		}
	}
}

// row prints one. An arrow marks those in which the state is a new one.
func (t *timeline) row(e event, now sighting) {
	arrow := ""
	if e.state > t.state {
		arrow = "→"
		if t.state == fsm.Starting {
			close(t.started)
		}
		t.state = e.state
	}
	fmt.Fprintf(t.out, rowFormat, fmt.Sprintf("%.3f", e.at.Sub(t.began).Seconds()), arrow, t.state,
		now.live, now.ready, fmt.Sprint(now.inFlight), fmt.Sprint(now.queued), e.note)
	t.last = now
}

// change says what a row without an event is about.
func change(before, now sighting) string {
	switch {
	case now.live == refused:
		return "new connections are refused"
	case before.ready != now.ready:
		return "readiness is " + now.ready
	}
	return "liveness is " + now.live
}

// meaning says in a few words what a change of state means here.
func meaning(s fsm.Step) string {
	switch s.To {
	case fsm.Running:
		return "main is launched"
	case fsm.Draining:
		if s.On == fsm.StopRequested {
			return stopText
		}
		return "main has ended"
	case fsm.Hooks:
		if s.On == fsm.Drained {
			return "nothing is in flight: hooks may run"
		}
		return "the drain timeout is over: hooks run anyway"
	}
	return "every hook has run: Run returns"
}
