package conformance

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// endlessly is more calls than a life like this can have, unless each leads to
// another.
const endlessly = 500

// callsOf returns what an observer or a logger may call for each call that it
// gets, by name.
func (c *checker) callsOf() map[string]func(ctx context.Context) {
	calls := map[string]func(ctx context.Context){
		"DrainGroup": func(ctx context.Context) { c.impl.DrainGroup(ctx) },
		"OnShutdown": func(ctx context.Context) { c.impl.OnShutdown(ctx, func() error { return errors.New("the hook's") }) },
	}
	more := func(n Need, call func(ctx context.Context)) {
		if c.offered[n] {
			calls[string(n)] = call
		}
	}
	more(NeedTrack, func(ctx context.Context) { done, _ := c.impl.Track(ctx); done() })
	more(NeedGo, func(ctx context.Context) { c.impl.Go(ctx, func(context.Context) error { return nil }) })
	more(NeedStop, func(ctx context.Context) { c.impl.Stop(ctx, errors.New("one more stop")) })
	more(NeedState, func(ctx context.Context) { c.impl.State(ctx) })
	more(NeedWorkContext, func(ctx context.Context) { c.impl.WorkContext(ctx) })
	return calls
}

// checkCallingForEach fails by the death of the process, or by its standing
// still, where a call leads to another without end.
func checkCallingForEach(c *checker) {
	for name, call := range c.callsOf() {
		for _, who := range []string{"an observer", "a logger"} {
			c.bubble(func() {
				var mu sync.Mutex
				var run context.Context
				var calls atomic.Int64
				callBack := func() {
					mu.Lock()
					ctx := run
					mu.Unlock()
					if ctx != nil && calls.Add(1) < endlessly {
						call(ctx)
					}
				}
				s := Settings{Observe: func(Step) { callBack() }}
				if who == "a logger" {
					s = Settings{Log: func(string, string) { callBack() }}
				}
				began := time.Now()
				c.inTime("Run", func() {
					_ = c.run(func(ctx context.Context) error {
						mu.Lock()
						run = ctx
						mu.Unlock()
						return nil
					}, s)
				})
				took := time.Since(began)
				c.expect(took <= 100*time.Millisecond+slack, "%s calls %s for each call that it gets, and Run returns after %v", who, name, took)
				call(run) // by now the answer may be one more record
				time.Sleep(time.Minute)
				c.expect(calls.Load() < endlessly, "%s calls %s for each call that it gets, and gets calls without end", who, name)
			})
		}
	}
}

// checkForeignForEach is the same for what is written to the default logger of a
// context of no run.
func checkForeignForEach(c *checker) {
	var calls atomic.Int64
	restore := defaultLogTo(func(string, string) {
		if calls.Add(1) < endlessly {
			c.impl.DrainGroup(context.Background())
		}
	})
	defer restore()
	c.impl.DrainGroup(context.Background())
	c.expect(calls.Load() < endlessly, "the default logger calls DrainGroup with a context of no run for each record of such a call, without end")
}
