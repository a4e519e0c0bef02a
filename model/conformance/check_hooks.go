package conformance

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
)

func checkHookPlace(c *checker) {
	c.bubble(func() {
		var place string
		err := c.run(func(ctx context.Context) error {
			place = here(1)
			c.impl.OnShutdown(ctx, func() error { return errors.New("the hook's") })
			return nil
		}, Settings{})
		c.expect(err != nil && strings.Contains(err.Error(), place), "Run returns %v, want an error that names %s", err, place)
	})
}

func checkInterruptedAreNamed(c *checker) {
	c.bubble(func() {
		release := make(chan struct{})
		var places []string
		err := c.run(func(ctx context.Context) error {
			hang := func() error { <-release; return nil }
			places = append(places, here(1))
			c.impl.OnShutdown(ctx, hang)
			places = append(places, here(1))
			c.impl.OnShutdown(ctx, hang)
			places = append(places, here(1))
			c.impl.OnShutdown(ctx, hang)
			return nil
		}, Settings{})
		close(release)
		for _, place := range places {
			c.expect(err != nil && strings.Contains(err.Error(), place), "Run returns %v, want an error that names %s", err, place)
		}
	})
}

func checkInterruptedContext(c *checker) {
	c.bubble(func() {
		began := time.Now()
		var cause error
		var at time.Duration
		ended := make(chan struct{})
		_ = c.impl.Run(func(ctx context.Context) error {
			c.impl.OnShutdownContext(ctx, func(own context.Context) error {
				defer close(ended)
				wait(own.Done(), time.Hour)
				cause, at = context.Cause(own), time.Since(began)
				return nil
			}, 0)
			return nil
		}, 0, 2*time.Second)
		<-ended
		c.expect(about(at, 2*time.Second), "the hook's context is cancelled at %v, want 2s", at)
		c.expect(cause != nil && c.impl.Is(cause, model.ShutdownTimeout), "its cause is %v, want the shutdown timeout", cause)
	})
}

func checkLateHookIsLogged(c *checker) {
	c.bubble(func() {
		log := &logbook{}
		var run context.Context
		_ = c.run(func(ctx context.Context) error { run = ctx; return nil }, Settings{Log: log.log})
		c.impl.OnShutdown(run, func() error { return errors.New("the late hook's") })
		time.Sleep(time.Second)
		c.expectLog(log, "ERROR", "the late hook's")
	})
}

func checkHookValues(c *checker) {
	c.bubble(func() {
		parent := context.WithValue(context.Background(), valueKey{}, "of the parent")
		ran := false
		_ = c.run(func(ctx context.Context) error {
			c.impl.OnShutdownContext(ctx, func(own context.Context) error {
				ran = true
				c.expect(own.Value(valueKey{}) == "of the parent", "a hook's context lacks the values of the run's")
				return nil
			}, 0)
			return nil
		}, Settings{Parent: parent})
		c.expect(ran, "the hook did not run")
	})
}

func checkCanceledHint(c *checker) {
	c.bubble(func() {
		log := &logbook{}
		_ = c.run(func(ctx context.Context) error {
			c.impl.OnShutdown(ctx, func() error { return ctx.Err() })
			return nil
		}, Settings{Log: log.log})
		c.expectLog(log, "context canceled", "OnShutdownContext")
	})
}

func checkManyRegistrations(c *checker) {
	c.bubble(func() {
		var ran [1000]atomic.Bool
		err := c.impl.Run(func(ctx context.Context) error {
			nothing := func() error { return nil }
			c.impl.OnShutdown(ctx, nothing)
			var users sync.WaitGroup
			for i := range ran {
				users.Go(func() { c.impl.OnShutdown(ctx, func() error { ran[i].Store(true); return nil }) })
			}
			users.Wait()
			// Were the first or the last to be lost, it would not be for this.
			c.impl.OnShutdown(ctx, nothing)
			return nil
		}, 0, 0)
		lost := 0
		for i := range ran {
			if !ran[i].Load() {
				lost++
			}
		}
		c.expect(err == nil && lost == 0, "%d of %d hooks did not run; Run returns %v", lost, len(ran), err)
	})
}

// checkHookCallsEverything runs in real time: a lock that is held while user
// code runs would stop virtual time for good.
func checkHookCallsEverything(c *checker) {
	over := make(chan error, 1)
	var inner atomic.Bool
	go func() {
		over <- c.impl.Run(func(ctx context.Context) error {
			c.impl.OnShutdown(ctx, func() error {
				c.impl.OnShutdown(ctx, func() error { inner.Store(true); return nil })
				c.impl.DrainGroup(ctx).Go(func() {})
				c.callWider(ctx)
				return c.impl.Run(func(context.Context) error { return nil }, 0, 0)
			})
			return nil
		}, 0, 0)
	}()
	select {
	case err := <-over:
		c.expect(err == nil && inner.Load(), "Run returns %v, and the hook registered by the hook ran: %t", err, inner.Load())
	case <-time.After(3 * time.Second):
		c.errorf("a hook that calls the library does not come to its end")
	}
}

// callWider calls what is offered of the wider API.
func (c *checker) callWider(ctx context.Context) {
	for n, call := range map[Need]func(){
		NeedState:       func() { c.impl.State(ctx) },
		NeedStop:        func() { c.impl.Stop(ctx, nil) },
		NeedMarkStarted: func() { c.impl.MarkStarted(ctx) },
		NeedTrack:       func() { done, _ := c.impl.Track(ctx); done() },
		NeedGo:          func() { c.impl.Go(ctx, func(context.Context) error { return nil }) },
		NeedWorkContext: func() { c.impl.WorkContext(ctx) },
	} {
		if c.offered[n] {
			call()
		}
	}
}

func checkForeignContext(c *checker) {
	log, restore := defaultLog()
	defer restore()
	ctx := context.Background()
	var places []string
	at := func(place string) { places = append(places, place) }
	at(here(1))
	c.impl.OnShutdown(ctx, func() error { c.errorf("a hook of no run is run"); return nil })
	at(here(1))
	group := c.impl.DrainGroup(ctx)
	group.Go(func() {})
	group.Wait()
	at(here(1))
	done, ok := c.impl.Track(ctx)
	c.expect(!ok && done != nil, "Track answers %t with a context of no run", ok)
	done()
	at(here(1))
	ok = c.impl.Go(ctx, func(context.Context) error { c.errorf("a task of no run is run"); return nil })
	c.expect(!ok, "Go answers true with a context of no run")
	at(here(1))
	c.impl.Stop(ctx, nil)
	at(here(1))
	c.impl.MarkStarted(ctx)
	at(here(1))
	c.expect(c.impl.WorkContext(ctx).Err() == nil, "the work context of no run is cancelled")
	for _, place := range places {
		c.expectLog(log, "ERROR", place)
	}
}
