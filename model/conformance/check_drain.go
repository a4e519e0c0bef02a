package conformance

import (
	"context"
	"sync"
	"time"
)

func checkRefusedWorkIsLogged(c *checker) {
	c.bubble(func() {
		log := &logbook{}
		var track, task, group string
		err := c.run(func(ctx context.Context) error {
			c.impl.OnShutdown(ctx, func() error {
				track = here(1)
				done, ok := c.impl.Track(ctx)
				c.expect(!ok, "Track answers true while hooks run")
				done()
				task = here(1)
				ok = c.impl.Go(ctx, func(context.Context) error { c.errorf("a refused task runs"); return nil })
				c.expect(!ok, "Go answers true while hooks run")
				group = here(1)
				late := c.impl.DrainGroup(ctx)
				late.Go(func() {})
				late.Wait()
				return nil
			})
			return nil
		}, Settings{Log: log.log})
		c.expect(err == nil, "Run returns %v", err)
		for _, place := range []string{track, task, group} {
			c.expectLog(log, place)
		}
	})
}

// checkReusedGroup adds to a group at the moment at which its counter reaches
// zero: the waiter is woken, finds it above zero, and WaitGroup panics in it.
// The race detector rightly calls that a race of the user's.
//
// In real time: a bubble ends the process when a WaitGroup is reused so.
func checkReusedGroup(c *checker) {
	if raceEnabled {
		return
	}
	for range 10 {
		hooks := 0
		over := make(chan struct{}) // Run may return before: a gap may look like the end
		err := c.impl.Run(func(ctx context.Context) error {
			group := c.impl.DrainGroup(ctx)
			group.Add(1)
			c.impl.OnShutdown(ctx, func() error { hooks++; return nil })
			time.AfterFunc(2*time.Millisecond, func() {
				defer close(over)
				defer func() { _ = recover() }() // the adder's own share of the misuse
				for range 10 {
					group.Done()
					group.Add(1)
				}
				time.Sleep(time.Millisecond)
				group.Done()
			})
			return nil
		}, soon, 0)
		<-over
		c.expect(hooks > 0, "no hook runs; Run returns %v", err)
	}
}

func checkNegativeGroup(c *checker) {
	c.bubble(func() {
		hooks := 0
		var user sync.WaitGroup
		var group *sync.WaitGroup
		err := c.impl.Run(func(ctx context.Context) error {
			group = c.impl.DrainGroup(ctx)
			c.impl.OnShutdown(ctx, func() error { hooks++; return nil })
			user.Go(func() {
				defer func() { _ = recover() }() // the user's own mistake
				group.Done()
			})
			user.Wait()
			return nil
		}, time.Second, 0)
		c.expect(hooks > 0, "%d hooks ran, want 1; Run returns %v", hooks, err)
		group.Add(1) // lets go of whoever still waits
	})
}

func checkDoneTwice(c *checker) {
	c.bubble(func() {
		began := time.Now()
		_ = c.impl.Run(func(ctx context.Context) error {
			one, _ := c.impl.Track(ctx)
			other, _ := c.impl.Track(ctx)
			one()
			one()
			one()
			time.AfterFunc(time.Second, other)
			return nil
		}, 0, 0)
		took := time.Since(began)
		c.expect(about(took, time.Second), "Run returns at %v, want 1s: one of two units was done", took)
	})
}

func checkWorkContextValues(c *checker) {
	c.bubble(func() {
		_ = c.impl.Run(func(ctx context.Context) error {
			asked, cancel := context.WithCancel(context.WithValue(ctx, valueKey{}, "of the asker"))
			work := c.impl.WorkContext(asked)
			cancel()
			c.expect(work.Value(valueKey{}) == "of the asker", "a work context lacks the values of the one it is asked with")
			time.Sleep(time.Second)
			c.expect(work.Err() == nil, "a work context ends with the one it is asked with")
			return nil
		}, 0, 0)
	})
}
