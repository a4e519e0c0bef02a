package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ServeFuncErrors checks HTTP-8. It has serve and shutdown fail. Each failure is in the
// result once, whether main returns it too or not.
func ServeFuncErrors(c *Checker) {
	mine, ofShutdown := errors.New("error of serve"), errors.New("error of shutdown")
	for _, passOn := range []bool{false, true} {
		_, served, result := c.serveFunc(subject.Settings{}, otherServer{takes: time.Second, ends: mine}, true, passOn)
		c.expect(errors.Is(served, mine), "serve fails after the stop, and ServeFunc returns %s, want the error of serve", quote(served))
		if passOn {
			c.expect(occurrences(result, mine) == 1, "serve fails after the stop, main returns what ServeFunc does, and Run returns it %d times, want once: %v", occurrences(result, mine), result)
		}
		_, _, result = c.serveFunc(subject.Settings{}, otherServer{takes: time.Second, ends: http.ErrServerClosed, shutdown: ofShutdown}, true, passOn)
		c.expect(occurrences(result, ofShutdown) == 1, "shutdown fails, and Run returns its error %d times, want once: %v", occurrences(result, ofShutdown), result)
		for _, clean := range []error{context.Canceled, fmt.Errorf("stopped: %w", http.ErrServerClosed)} {
			_, _, result = c.serveFunc(subject.Settings{}, otherServer{takes: time.Second, shutdown: clean}, true, passOn)
			c.expect(result == nil, "shutdown returns %v, a clean end after a stop, and Run returns %v, want nil", clean, result)
		}
		for _, delay := range c.delays() {
			for _, ends := range []error{nil, mine, http.ErrServerClosed} { // which is not clean before a stop
				for state, s := range c.starts() {
					s.Delay = delay
					if cancelled, reported := c.taskEndsEarly(cmp.Or(ends, mine), s); reported { // else RUN-7 says so
						c.serveFuncEndsEarly(passOn, ends, state, s, cancelled)
					}
				}
			}
		}
	}
}

// taskEndsEarly says when the context is cancelled if a task fails after 1s, for DRAIN-7 may
// be broken, and whether the error is in the result.
func (c *Checker) taskEndsEarly(ends error, s subject.Settings) (cancelled time.Duration, reported bool) {
	if !c.offered[subject.NeedGo] {
		return time.Second + s.Delay, true
	}
	c.bubble(func() {
		began := time.Now()
		result := c.run(func(ctx context.Context) error {
			c.Impl.Go(ctx, func(context.Context) error { time.Sleep(time.Second); return ends })
			play.Wait(ctx.Done(), time.Minute)
			cancelled = time.Since(began)
			return nil
		}, s)
		reported = occurrences(result, ends) == 1
	})
	return cancelled, reported
}

// serveFuncEndsEarly has serve return before there is a stop. The context is to be cancelled
// then.
func (c *Checker) serveFuncEndsEarly(passOn bool, ends error, state string, s subject.Settings, cancelled time.Duration) {
	c.bubble(func() {
		parent, cancel := context.WithCancel(context.Background())
		defer cancel()
		time.AfterFunc(time.Hour, cancel) // or ServeFunc would wait for good
		s.Parent = parent
		began := time.Now()
		var served error
		var stopped time.Duration
		shutdowns := 0
		result := c.run(func(ctx context.Context) error {
			served = c.Impl.ServeFunc(ctx, func() error { time.Sleep(time.Second); return ends },
				func(context.Context) error { shutdowns++; return nil }, nil)
			play.Wait(ctx.Done(), time.Minute)
			stopped = time.Since(began)
			if passOn {
				return served
			}
			return nil
		}, s)
		c.expect(about(stopped, cancelled), "serve returns %s after 1s, while the run is %s, which requests a stop: with a drain delay of %v the context is cancelled at %v, want %v, as if a task had failed", quote(ends), state, s.Delay, stopped, cancelled)
		if ends == nil {
			c.expect(served == nil && result == nil, "serve returns nil before a stop: ServeFunc returns %v, and Run %v, want nil from both", served, result)
			return
		}
		c.expect(errors.Is(served, ends) && occurrences(result, ends) == 1, "serve fails before a stop: ServeFunc returns %s, want the error of serve, and Run returns it %d times, want once: %v", quote(served), occurrences(result, ends), result)
	})
}

// badEnd is a way in which a function of the user fails.
type badEnd struct {
	name string
	kind model.Kind // that Is must find; empty for an error, and for an end that a task's error does not report (DRAIN-8)
	err  error
	end  func()
}

// badEnds are all of them, and a good one.
func (c *Checker) badEnds() []badEnd {
	all := []badEnd{
		{name: "fails", err: errors.New("error on purpose")},
		{name: "panics", kind: model.Panic, end: func() { panic("on purpose") }},
		{name: "calls Goexit", kind: model.Goexit, end: runtime.Goexit},
		{name: "ends well"},
	}
	for i, b := range all {
		if b.kind != "" && !c.reportsOfTasks(b) {
			all[i].kind = "" // which is for DRAIN-8 to say
		}
	}
	return all
}

// reportsOfTasks says whether an error reports that a task has ended so.
func (c *Checker) reportsOfTasks(b badEnd) (reported bool) {
	if !c.offered[subject.NeedGo] || !c.offered[subject.NeedIs] {
		return false
	}
	c.bubble(func() {
		reported = c.Impl.Is(c.run(func(ctx context.Context) error {
			c.Impl.Go(ctx, func(context.Context) error { return b.now() })
			return nil
		}, subject.Settings{}), b.kind)
	})
	return reported
}

// now ends so.
func (b badEnd) now() error {
	if b.end != nil {
		b.end()
	}
	return b.err
}

// isIn says whether an error reports it, an error of the user's once. A good end needs no
// report.
func (b badEnd) isIn(c *Checker, err error) bool {
	switch {
	case b.err != nil:
		return occurrences(err, b.err) == 1
	case b.kind != "":
		return c.Impl.Is(err, b.kind)
	}
	return b.end == nil || err != nil
}

// ServeFuncFailsTwice checks HTTP-8: serve and shutdown end in every way, serve before the
// stop or after it, but not both in a panic or Goexit: the kind of an error does not say
// which panicked. Neither hides the other.
func ServeFuncFailsTwice(c *Checker) {
	ofServe, ofShutdown := c.badEnds(), c.badEnds() // whose errors are not the same
	for _, serve := range ofServe {
		for _, shutdown := range ofShutdown {
			if serve.end != nil && shutdown.end != nil {
				continue // the kind of an error does not say which function panicked
			}
			for _, early := range []bool{false, true} {
				c.bubble(func() {
					stopping, called := make(chan struct{}), false
					result := c.run(func(ctx context.Context) error {
						go func() {
							_ = c.Impl.ServeFunc(ctx, func() error {
								if !early {
									<-stopping
								}
								return serve.now()
							}, func(context.Context) error {
								called = true // which it need not be when serve has returned
								close(stopping)
								return shutdown.now()
							}, nil)
						}()
						time.Sleep(time.Second)
						return nil
					}, subject.Settings{})
					c.expect(serve.isIn(c, result) && (early && !called || shutdown.isIn(c, result)), "serve %s, before the stop: %t, and shutdown %s: Run returns %v, want an error for each that fails", serve.name, early, shutdown.name, result)
				})
			}
		}
	}
}

// ServeFuncPanics checks HTTP-8. It has each of the functions panic: that is an error of
// the run.
func ServeFuncPanics(c *Checker) {
	for _, which := range []string{"serve", "shutdown", "closeNow"} {
		c.bubble(func() {
			over := make(chan struct{})
			panics := func(here string) {
				if which == here {
					panic("on purpose")
				}
			}
			hooked := false
			err := c.run(func(ctx context.Context) error {
				c.hook(ctx, func() { hooked = true })
				go func() {
					_ = c.Impl.ServeFunc(ctx,
						func() error { time.Sleep(time.Second); panics("serve"); <-over; return nil },
						func(context.Context) error { panics("shutdown"); return nil },
						func() error { panics("closeNow"); return nil })
				}()
				time.Sleep(2 * time.Second)
				return nil
			}, subject.Settings{Drain: 2 * time.Second})
			c.expect(err == nil || strings.Contains(err.Error(), "on purpose"), "%s panics with %q, and Run's result does not show that: %v", which, "on purpose", err)
			c.expect(err != nil && hooked, "%s panics: Run returns %v, want an error, and the hook has run: %t, want true", which, err, hooked)
			close(over)
			time.Sleep(time.Second)
		})
	}
}
