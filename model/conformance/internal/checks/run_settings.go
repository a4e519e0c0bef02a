package checks

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/greynewell/mist-go/internal/goroutines"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// settings are one for each that is offered, and one with none of them, each as a
// function that makes it: a channel belongs to the bubble that it is made in.
func (c *Checker) settings() map[string]func() subject.Settings {
	all := map[string]func() subject.Settings{"no other setting": func() subject.Settings { return subject.Settings{} }}
	for name, given := range map[string]struct {
		need subject.Need
		set  func(s *subject.Settings)
	}{
		"a drain delay":  {subject.NeedDelay, func(s *subject.Settings) { s.Delay = time.Millisecond }},
		"a return grace": {subject.NeedGrace, func(s *subject.Settings) { s.Grace = time.Second }},
		"no grace":       {subject.NeedGrace, func(s *subject.Settings) { s.NoGrace = true }},
		"manual start":   {subject.NeedManualStart, func(s *subject.Settings) { s.ManualStart = true }},
		"a source":       {subject.NeedSignals, func(s *subject.Settings) { s.Signals = make(chan os.Signal) }},
		"an observer":    {subject.NeedObserve, func(s *subject.Settings) { s.Observe = func(subject.Step) {} }},
		"WithCleanError": {subject.NeedCleanError, func(s *subject.Settings) { s.CleanError = func(error) bool { return false } }},
		"a signal error": {subject.NeedSignalError, func(s *subject.Settings) { s.SignalError = true }},
	} {
		if c.offered[given.need] {
			all[name] = func() (s subject.Settings) { given.set(&s); return s }
		}
	}
	return all
}

// Parent checks RUN-2: the context has the parent's values and not its deadline,
// whatever else is set.
func Parent(c *Checker) {
	for what, made := range c.settings() {
		c.bubble(func() {
			parent, cancel := context.WithTimeout(context.WithValue(context.Background(), valueKey{}, "of the parent"), time.Hour)
			defer cancel()
			s := made()
			s.Parent = parent
			_ = c.run(func(ctx context.Context) error {
				c.expect(ctx.Value(valueKey{}) == "of the parent", "with %s, main's context lacks the parent's values", what)
				_, bounded := ctx.Deadline()
				c.expect(!bounded, "with %s, main's context has the parent's deadline", what)
				return nil
			}, s)
		})
	}
}

// NoGoroutineStays checks RUN-10: many runs leave no goroutine, whatever is set and
// called in them, though the parent lives on and the source stays open.
func NoGoroutineStays(c *Checker) {
	c.leaveNothing("no setting", func(context.Context) {
		_ = c.Impl.Run(func(ctx context.Context) error {
			c.Impl.DrainGroup(ctx).Go(func() {})
			c.Impl.OnShutdown(ctx, func() error { return nil })
			return nil
		}, 0, 0)
	})
	if !c.offered[subject.NeedRunWith] {
		return
	}
	for what, made := range c.settings() {
		c.leaveNothing(what, func(parent context.Context) {
			s := made()
			if c.offered[subject.NeedParent] {
				s.Parent = ownContext{parent} // of which package context knows nothing
			}
			c.callEverything(s)
		})
	}
}

// NoGoroutineStaysAfterSignal checks RUN-10: runs that a real signal stops leave no goroutine.
func NoGoroutineStaysAfterSignal(c *Checker) {
	for _, busy := range []bool{false, true} {
		c.noGoroutineStaysAfterSignal(busy)
	}
}

// noGoroutineStaysAfterSignal has work be busy until the run has returned, if so said.
func (c *Checker) noGoroutineStaysAfterSignal(busy bool) {
	const times, few = 30, 10
	drain := time.Duration(0)
	if busy {
		drain = 10 * time.Millisecond
	}
	run := func() (heard bool) {
		over := make(chan struct{})
		defer close(over)
		_ = c.Impl.Run(func(ctx context.Context) error {
			c.Impl.DrainGroup(ctx).Go(func() {
				if busy {
					play.Wait(over, process.Soon)
				}
			})
			c.Impl.OnShutdown(ctx, func() error { return nil })
			stopBySignal(ctx)
			heard = ctx.Err() != nil
			return nil
		}, drain, 0)
		return heard
	}
	began := time.Now()
	if !run() || time.Since(began) >= process.Soon {
		return // for SIG-1 to report, or DRAIN-2
	}
	before := goroutines.Count()
	for range times {
		if !run() {
			return
		}
	}
	end := time.Now().Add(process.Soon)
	for goroutines.Count() > before+few && time.Now().Before(end) { // some may end a moment later, or be of the process's own
		time.Sleep(5 * time.Millisecond)
	}
	if after := goroutines.Count(); after > before+few {
		c.Errorf("there were %d goroutines before %d runs that SIGTERM stopped, with work that outlasted the drain timeout: %t, and there are %d after:\n%s", before, times, busy, after, stacks())
	}
}

// ownContext is a context of a type of its own.
type ownContext struct{ parent context.Context }

func (c ownContext) Deadline() (time.Time, bool) { return c.parent.Deadline() }
func (c ownContext) Done() <-chan struct{}       { return c.parent.Done() }
func (c ownContext) Err() error                  { return c.parent.Err() }
func (c ownContext) Value(any) any               { return nil }

// callEverything has a run in which everything that is offered is called.
func (c *Checker) callEverything(s subject.Settings) {
	var run context.Context
	nothing := func() error { return nil }
	_ = c.run(func(ctx context.Context) error {
		run = ctx
		c.Impl.DrainGroup(ctx).Go(func() {})
		c.Impl.OnShutdown(ctx, nothing)
		if c.offered[subject.NeedOnShutdownContext] {
			c.Impl.OnShutdownContext(ctx, func(context.Context) error { return nil }, time.Hour)
		}
		if c.offered[subject.NeedOnShutdownStop] {
			c.Impl.OnShutdownStop(ctx, func(context.Context) error { return nil }, time.Hour)()
		}
		if c.offered[subject.NeedHandler] {
			c.Impl.Handler(ctx, teapot).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		}
		c.callWider(ctx)
		c.serveNothing(ctx)
		if c.offered[subject.NeedUntilStopped] {
			_ = c.Impl.ServeUntilStopped(ctx, &http.Server{}, closedPipes())
		}
		return nil
	}, s)
	if run != nil {
		c.Impl.OnShutdown(run, nothing)
	}
}

// serveNothing calls what is offered to serve with, and returns when all have returned:
// there is no listener to be had, and the server of another library has ended.
func (c *Checker) serveNothing(ctx context.Context) {
	for _, serve := range []struct {
		need subject.Need
		call func() error
	}{
		{subject.NeedServe, func() error { return c.Impl.Serve(ctx, &http.Server{}, closedPipes()) }},
		{subject.NeedServeTLS, func() error { return c.Impl.ServeTLS(ctx, &http.Server{}, closedPipes(), "is not", "there") }},
		{subject.NeedListenAndServe, func() error { return c.Impl.ListenAndServe(ctx, &http.Server{Addr: "no port"}) }},
		{subject.NeedListenTLS, func() error { return c.Impl.ListenAndServeTLS(ctx, &http.Server{Addr: "no port"}, "is not", "there") }},
		{subject.NeedServeFunc, func() error {
			return c.Impl.ServeFunc(ctx, func() error { return nil }, func(context.Context) error { return nil }, nil)
		}},
	} {
		if c.offered[serve.need] {
			_ = serve.call()
		}
	}
}

// closedPipes is a listener that is closed.
func closedPipes() *pipes {
	ln := newPipes()
	ln.cut()
	return ln
}

// leaveNothing calls f many times in virtual time, with a context that lives on, and
// fails if that leaves goroutines behind.
func (c *Checker) leaveNothing(with string, f func(parent context.Context)) {
	const times = 30
	c.bubble(func() {
		parent, cancel := context.WithCancel(context.Background())
		defer cancel()
		f(parent)
		before := goroutines.Count()
		for range times {
			f(parent)
		}
		time.Sleep(time.Second)                             // for those that end a moment later
		if after := goroutines.Count(); after > before+10 { // of which some may be of the process's own
			c.Errorf("with %s, there were %d goroutines before %d runs, and there are %d after:\n%s", with, before, times, after, stacks())
		}
	})
}
