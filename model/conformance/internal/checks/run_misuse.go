package checks

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Misuses checks RUN-8: every bad argument is named.
func Misuses(c *Checker) {
	for _, misuse := range c.Impl.Misuses {
		if misuse.Within != nil {
			c.misusedWithin(misuse)
			continue
		}
		var called atomic.Bool
		err := misuse.Run(func(context.Context) error {
			called.Store(true)
			return nil
		})
		switch {
		case called.Load():
			c.Errorf("%s: main is called", misuse.Argument)
		case err == nil:
			c.Errorf("%s: Run returns nil", misuse.Argument)
		case !strings.Contains(err.Error(), misuse.Argument):
			c.Errorf("the error does not name %s: %v", misuse.Argument, err)
		}
	}
}

// misusedWithin has main make a call with an argument that is wrong.
func (c *Checker) misusedWithin(misuse subject.Misuse) {
	_ = c.Impl.Run(func(ctx context.Context) error {
		result := make(chan error, 1)
		go func() { result <- misuse.Within(ctx) }()
		select {
		case err := <-result:
			c.expect(err != nil && strings.Contains(err.Error(), misuse.Argument), "the error does not name %s: %v", misuse.Argument, err)
		case <-time.After(process.Soon):
			c.Errorf("%s: a call with a bad argument does not return", misuse.Argument)
		}
		return nil
	}, 0, 0)
}

// NilHook checks RUN-8: a nil hook is an error with its place.
func NilHook(c *Checker) {
	c.bubble(func() {
		var place callSite
		err := c.run(func(ctx context.Context) error {
			place = here(1)
			c.Impl.OnShutdown(ctx, nil)
			return nil
		}, subject.Settings{})
		c.expect(err != nil && place.isIn(err.Error()), "Run returns %v, want an error that names %s", err, place)
		c.expectNoPanic(err)
	})
}

// NilHookLater checks RUN-8: a nil hook that is registered by a hook is an error of
// the run, and one that is registered after it is logged; other hooks run.
func NilHookLater(c *Checker) {
	c.bubble(func() {
		ran := 0
		_ = c.run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { ran++; return nil })
			c.Impl.OnShutdown(ctx, nil)
			c.Impl.OnShutdown(ctx, func() error { ran++; return nil })
			return nil
		}, subject.Settings{})
		c.expect(ran == 2, "of two hooks around one that is nil, %d have run, want both", ran)
	})
	c.bubble(func() {
		var run context.Context
		var place callSite
		log := &logbook{}
		err := c.run(func(ctx context.Context) error {
			run = ctx
			c.Impl.OnShutdown(ctx, func() error {
				place = here(1)
				c.Impl.OnShutdown(ctx, nil)
				return nil
			})
			return nil
		}, subject.Settings{Log: log.log})
		c.expect(err != nil && place.isIn(err.Error()), "a hook registers a nil hook, and Run returns %v, want an error that names %s", err, place)
		c.expectNoPanic(err)
		before := log.count()
		c.Impl.OnShutdown(run, nil)
		time.Sleep(time.Second)
		c.expect(log.count() > before, "a nil hook is registered after stopped, and nothing is logged; the log:\n%s", log)
	})
}

// NilContextHook checks RUN-8. It asks for a place, whichever it is: OnShutdownContext is
// never the library's own function, but an adapter's.
func NilContextHook(c *Checker) {
	c.bubble(func() {
		err := c.run(func(ctx context.Context) error {
			c.Impl.OnShutdownContext(ctx, nil, 0)
			return nil
		}, subject.Settings{})
		c.expect(err != nil && anyPlace.MatchString(err.Error()), "Run returns %v, want an error that names a place", err)
		c.expectNoPanic(err)
	})
}

func (c *Checker) expectNoPanic(err error) {
	if c.offered[subject.NeedIs] && err != nil {
		c.expect(!c.Impl.Is(err, model.Panic), "a nil hook panics: %v", err)
	}
}
