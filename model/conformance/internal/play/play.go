// Package play drives an implementation through a scenario, in virtual time, and
// returns what it saw.
package play

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/internal/goroutines"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Patience is how much longer than the contract allows Run is waited for, in
// virtual time, before it counts as one that does not return.
const Patience = time.Hour

// player plays one scenario on an implementation, in a bubble of virtual
// time, and writes down what it sees as the model writes down what must be.
type player struct {
	impl         *subject.Implementation
	s            model.Scenario
	wants        []model.Trace // what may happen
	offered      subject.Offers
	alone        bool          // nothing else goes on in the process meanwhile
	handlersLast func() bool   // whether goroutines of a health handler may stay
	step         time.Duration // in real time, between things that happen; 0: time is virtual

	began        time.Time
	release      chan struct{} // closed when what never ends is to end
	returned     chan struct{} // closed when Run has returned
	signals      chan os.Signal
	parent       context.Context
	cancelParent context.CancelCauseFunc
	health       subject.HealthFuncs

	calls atomic.Int64 // of what the scenario has done at an instant, that have not returned

	mu        sync.Mutex
	ctx       context.Context // main's
	mains     int             // how often main was called
	launched  time.Duration
	got       model.Trace
	err       error                // what Run returned
	cause     error                // of main's context
	workCause error                // of work contexts
	over      bool                 // the trace was taken
	values    map[model.Kind]error // what the scenario's own code returned or panicked with
	ended     []time.Duration      // per run of a hook: when its function ended
	stops     map[int]func() bool  // per hook, from 1: what takes it back
	onRelease []func()             // work that ends by a call, not by a goroutine
	checkRuns []checkRun
	odd       []subject.Difference // what no trace can show
	escaped   string               // what came out of Run that is not an error
}

// Scenario plays a scenario, of which the traces that may come are given, and
// returns what was seen. Alone says that nothing else goes on in the process, and
// handlersLast whether goroutines of a health handler may be left.
func Scenario(t *testing.T, impl *subject.Implementation, offered subject.Offers, s model.Scenario, wants []model.Trace, alone bool, handlersLast func() bool) Seen {
	p := newPlayer(impl, offered, s, wants)
	p.alone, p.handlersLast = alone, handlersLast
	stuck := InBubble(t, p.run)
	p.mu.Lock()
	defer p.mu.Unlock()
	if stuck != "" && p.calls.Load() > 0 {
		p.callsLast()
	} else if stuck != "" && p.got.Returns() && !p.mayBeHandlers() {
		p.odd = append(p.odd, subject.Difference{Clause: "RUN-10", Text: "something that Run started is still there after it returned: " + stuck})
	}
	return p.seen()
}

// run is the root of the bubble.
func (p *player) run() {
	before := 0
	if p.alone {
		before = goroutines.Count()
	}
	p.signals = make(chan os.Signal, 8)
	p.begin()
	defer p.cancelParent(nil)
	go p.callRun()

	end := p.lastInstant()
	Wait(p.returned, end+Patience)
	time.Sleep(time.Until(p.began.Add(end + time.Second)))
	synctest.Wait()
	p.letGo()
	Wait(p.returned, Patience)
	if p.usesHealth() {
		time.Sleep(time.Minute) // for what a handler of health has going on
	}
	synctest.Wait()
	if p.alone {
		n := goroutines.Count() - before
		for tries := 0; n > 0 && tries < 20; tries++ { // a finalizer ends soon
			runtime.Gosched()
			n = goroutines.Count() - before
		}
		if n > 0 && !p.mayBeHandlers() {
			p.left(n)
		}
	}
}

// left objects to goroutines that are still there when all that the scenario
// has begun is over.
func (p *player) left(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls.Load() > 0 {
		p.callsLast()
	} else if p.got.Returns() {
		p.odd = append(p.odd, subject.Difference{Clause: "RUN-10", Text: fmt.Sprintf("%d goroutines that Run started are still there after it returned", n)})
	}
}

// callsLast objects to calls that have not returned. p.mu is held.
func (p *player) callsLast() {
	p.odd = append(p.odd, subject.Difference{Clause: "HOOK-7", Text: fmt.Sprintf("%d calls, such as of OnShutdown and DrainGroup, have not returned", p.calls.Load())})
}

// callRun calls Run on a goroutine of its own, because one that panics or
// calls Goexit must not take the bubble with it.
func (p *player) callRun() {
	defer close(p.returned)
	finished := false
	defer func() {
		if v := recover(); v != nil {
			p.note(func() { p.escaped = fmt.Sprintf("Run panicked: %v", v) })
		} else if !finished {
			p.note(func() { p.escaped = "Run ended its caller's goroutine" })
		}
	}()
	err := p.enter()
	finished = true
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return // this came too late for the trace
	}
	p.err = err
	p.got.Returned = p.now()
	if p.offered[subject.NeedState] && p.ctx != nil {
		if state := p.impl.State(p.ctx); state != string(model.Stopped) {
			p.odd = append(p.odd, subject.Difference{Clause: "STATE-5", Text: "Run returned in the state " + state})
		}
	}
}

// enter calls Run: with every setting that is offered, else with what the
// documented API has. Timeouts are always given, because an implementation may have
// defaults of its own.
func (p *player) enter() error {
	drain, shutdown := cmp.Or(p.s.DrainTimeout, model.DefaultDrainTimeout), p.shutdownTimeout()
	if p.impl.RunWith == nil {
		return p.impl.Run(p.main, drain, shutdown)
	}
	// What the scenario needs is offered. The others are given where they are.
	settings := subject.Settings{
		Drain:       drain,
		Shutdown:    shutdown,
		Delay:       p.s.DrainDelay,
		ManualStart: p.s.ManualStart,
		SignalError: p.s.SignalError,
	}
	if p.offered[subject.NeedGrace] {
		settings.Grace, settings.NoGrace = max(p.s.ReturnGrace, 0), p.s.ReturnGrace == model.NoGrace
	}
	if p.offered[subject.NeedParent] {
		settings.Parent = p.parent
	}
	if p.offered[subject.NeedSignals] {
		settings.Signals = p.signals
	}
	if p.offered[subject.NeedObserve] {
		settings.Observe = p.observe
	}
	if p.s.CleanError {
		settings.CleanError = isOwnClean
	}
	return p.impl.RunWith(p.main, settings)
}

func (p *player) observe(s subject.Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// The time of a step may be rounded to the millisecond.
	if now := time.Now(); s.At.IsZero() || now.Sub(s.At).Abs() < time.Millisecond {
		s.At = now
	}
	p.got.Steps = append(p.got.Steps, model.Step{At: p.offset(s.At), Edge: model.Edge{
		From: model.State(s.From), On: model.Event(s.On), To: model.State(s.To),
	}})
}
