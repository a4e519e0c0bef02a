// Package checks has the direct checks: of what no trace of a scenario shows, such
// as errors about arguments, real signals, JSON, log lines and leaks. A file is
// named for the family of clauses that it belongs to: drain, health, hooks, http, log,
// run, signals or state, followed by what it is about. The other files
// are helpers (call_sites, checker, logbook, pipes, records, service, wire and wire2), or
// have checks of several families (derived and limits).
//
// IDs such as DRAIN-4 are clauses of the contract, which docs/spec.md lists.
package checks

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Checker is what a direct check works with. It may be used from any
// goroutine.
type Checker struct {
	t       *testing.T
	Impl    *subject.Implementation
	offered subject.Offers
	child   process.Config

	handlers     atomic.Int64 // of health, that were made
	handlersLast func() bool  // whether goroutines of such a handler may stay

	mu        sync.Mutex
	failures  []string
	or        []string
	onOr      func(or []string) // is told of it
	deaf      bool              // a run has not heard a signal
	undecided string
	left      string
}

// New returns what a direct check of an implementation works with, in a
// child process. HandlersLast is asked whether goroutines of a health handler may be left.
func New(t *testing.T, impl *subject.Implementation, offered subject.Offers, child process.Config, handlersLast func() bool) *Checker {
	c := &Checker{t: t, offered: offered, child: child, handlersLast: handlersLast}
	counted := *impl
	if impl.Health != nil {
		counted.Health = func(tool, version string) subject.HealthFuncs {
			c.handlers.Add(1)
			return impl.Health(tool, version)
		}
	}
	if impl.HealthWith != nil {
		counted.HealthWith = func(tool, version string, s subject.HealthSettings) subject.HealthFuncs {
			c.handlers.Add(1)
			return impl.HealthWith(tool, version, s)
		}
	}
	c.Impl = &counted
	return c
}

// Errorf notes that something is not as it must be. The text of an error is put into
// one line: the first line is the whole sentence.
func (c *Checker) Errorf(format string, args ...any) {
	for i, arg := range args {
		switch err := arg.(type) {
		case nil:
			args[i] = "nil" // as the sentence says what it should be
		case error: // whose Error may panic, which fmt contains
			args[i] = strings.ReplaceAll(fmt.Sprint(err), "\n", "; ")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failures = append(c.failures, fmt.Sprintf(format, args...))
}

// mayBeOf names clauses that the check relies on from now on: a failure may be theirs.
func (c *Checker) mayBeOf(clauses ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.failures) == 0 {
		c.or = clauses
		if c.onOr != nil {
			c.onOr(clauses)
		}
	}
}

// OnOr has f called with these clauses each time the check names them.
func (c *Checker) OnOr(f func(or []string)) { c.onOr = f }

// stopBySignal is the function of that name. If a run does not hear the signal, which is for
// SIG-1 to report, the check has nothing to say.
func (c *Checker) stopBySignal(runs ...context.Context) {
	if stopBySignal(runs...) {
		return
	}
	c.undecidedf("a run does not hear SIGTERM")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaf = true
}

// Or returns the other clauses that may be broken instead: see mayBeOf.
func (c *Checker) Or() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.or
}

// undecidedf notes why what the check is about could not be decided.
func (c *Checker) undecidedf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.undecided = fmt.Sprintf(format, args...)
}

// Undecided says why the check could not decide, "" if it could.
func (c *Checker) Undecided() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.undecided
}

// Failure is everything that is not as it must be, "" if all is. Of many failures, which
// are mostly of one kind, the first are shown.
func (c *Checker) Failure() string {
	const shown = 8
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf {
		return ""
	}
	if more := len(c.failures) - shown; more > 1 {
		return fmt.Sprintf("%s\nand %d more like these", strings.Join(c.failures[:shown], "\n"), more)
	}
	return strings.Join(c.failures, "\n")
}

// expect notes a failure unless ok.
func (c *Checker) expect(ok bool, format string, args ...any) {
	if !ok {
		c.Errorf(format, args...)
	}
}

// quoted is an error whose text a message shows in quotes, or nil without them.
type quoted struct{ err error }

func quote(err error) quoted { return quoted{err} }

// String is the text. Error is called only for a message, and may panic.
func (q quoted) String() string {
	if q.err == nil {
		return "nil"
	}
	return fmt.Sprintf("%q", q.err)
}

// nilOr returns what a message says was wanted: nil if that is clean, else an error.
func nilOr(clean bool) string {
	if clean {
		return "nil"
	}
	return "an error"
}

// Left says what was left behind where nothing else failed, "" if nothing was. What a run
// leaves behind is a failure of RUN-10, whatever the check is about.
func (c *Checker) Left() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left
}

// inBubble runs f in virtual time. It reports whether f came to its end, and what the
// bubble died of, if it did. If f made a health handler, its goroutines may stay for a
// minute, or for good where handlersLast allows it.
func (c *Checker) inBubble(f func()) (ended bool, died string) {
	before := c.handlers.Load()
	died = play.InBubble(c.t, func() {
		f()
		ended = true
		if c.handlers.Load() > before {
			time.Sleep(time.Minute)
		}
	})
	if ended && died != "" && c.handlers.Load() > before && c.handlersLast() {
		died = ""
	}
	return ended, died
}

// bubble runs f in virtual time, in which nothing must be left behind.
func (c *Checker) bubble(f func()) {
	before := c.Failure()
	ended, died := c.inBubble(f)
	switch {
	case died == "":
	case !ended:
		c.Errorf("virtual time came to its end: %s", died)
	case c.Failure() == before: // else it is left because of the failure
		c.mu.Lock()
		c.left = died
		c.mu.Unlock()
	}
}

// retried tries, up to three times, what depends on the machine's being in time, and
// fails with the failure of the last try when each has one. One that has taken
// [process.Soon] is the last, because no machine is so late. Where the machine was late in
// each of them, it is not decided.
func (c *Checker) retried(try func() (failure string)) {
	const tooLate = 100 * time.Millisecond
	failure, least := "", time.Duration(math.MaxInt64)
	for range 3 {
		began := time.Now()
		func() {
			late := play.Lateness()
			defer func() { least = min(least, late()) }()
			failure = try()
		}()
		if failure == "" {
			return
		}
		if time.Since(began) >= process.Soon {
			least = 0
			break
		}
	}
	if least > tooLate {
		c.undecidedf("the machine was up to %v late each of three times: %s", least.Round(time.Millisecond), failure)
		return
	}
	c.Errorf("%s", failure)
}

// inTime runs f and fails when it takes longer than an hour of virtual time.
func (c *Checker) inTime(what string, f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	play.Wait(done, time.Hour)
	select {
	case <-done:
	default:
		c.Errorf("%s does not come to an end", what)
	}
}

// run is RunWith, or Run where that is all there is. What a check is about is offered. A
// log of its own is given where one is taken, so that lines do not go to the default
// logger; a source of signals is left out where none is taken.
func (c *Checker) run(main func(ctx context.Context) error, s subject.Settings) error {
	if !c.offered[subject.NeedSignals] {
		s.Signals = nil
	}
	if s.Log == nil && c.offered[subject.NeedLog] {
		s.Log = func(string, string) {}
	}
	if c.Impl.RunWith == nil {
		return c.Impl.Run(main, cmp.Or(s.Drain, model.DefaultDrainTimeout), cmp.Or(s.Shutdown, model.DefaultShutdownTimeout))
	}
	return c.Impl.RunWith(main, s)
}

// runs is run on a goroutine of its own. Over is closed when Run has returned: a check
// in real time waits for that, or the run would go on into the next check.
func (c *Checker) runs(main func(ctx context.Context) error, s subject.Settings) (over <-chan struct{}) {
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		_ = c.run(main, s)
	}()
	return returned
}

// slack is what a direct check lets an instant be late by, where another
// clause says that it must be exact.
const slack = 50 * time.Millisecond

func about(d, want time.Duration) bool { return d >= want && d <= want+slack }

// near is about for what is measured by other clocks: a record's time may be that of
// its delivery.
func near(d, want time.Duration) bool { return about(d, want) || about(want, d) }

// name is what the implementation's log calls a function, or what else it is that
// has that name here.
func (c *Checker) name(here string) string { return cmp.Or(c.Impl.Names[here], here) }

// grace is how long main is waited for under a drain timeout, where none is given.
func (c *Checker) grace(drain time.Duration) time.Duration {
	own := cmp.Or(c.Impl.Grace, model.DefaultReturnGrace)
	if c.offered[subject.NeedGrace] {
		own = model.DefaultReturnGrace
	}
	return min(max(own, 0), drain/2)
}
