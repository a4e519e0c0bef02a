package conformance

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

func checkHookPlace(c *checker) {
	c.bubble(func() {
		var place string
		err := c.run(func(ctx context.Context) error {
			place = here(1)
			c.impl.OnShutdown(ctx, func() error { return errors.New("the hook's") })
			return nil
		}, Settings{})
		c.expect(err != nil && mentions(err.Error(), place), "Run returns %v, want an error that names %s", err, place)
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
			c.expect(err != nil && mentions(err.Error(), place), "Run returns %v, want an error that names %s", err, place)
		}
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
