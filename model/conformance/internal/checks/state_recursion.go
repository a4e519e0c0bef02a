package checks

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// endlessly is more calls than a life like this can have, unless each leads to
// another.
const endlessly = 5000

// callsOf returns what an observer or a logger may call for each call that it
// gets, by name.
func (c *Checker) callsOf() map[string]func(ctx context.Context) {
	calls := map[string]func(ctx context.Context){
		"DrainGroup": func(ctx context.Context) { c.Impl.DrainGroup(ctx) },
		"OnShutdown": func(ctx context.Context) {
			c.Impl.OnShutdown(ctx, func() error { return errors.New("error of the hook") })
		},
	}
	more := func(n subject.Need, call func(ctx context.Context)) {
		if c.offered[n] {
			calls[string(n)] = call
		}
	}
	more(subject.NeedTrack, func(ctx context.Context) { done, _ := c.Impl.Track(ctx); done() })
	more(subject.NeedGo, func(ctx context.Context) { c.Impl.Go(ctx, func(context.Context) error { return nil }) })
	more(subject.NeedStop, func(ctx context.Context) { c.Impl.Stop(ctx, errors.New("one more stop")) })
	more(subject.NeedState, func(ctx context.Context) { c.Impl.State(ctx) })
	more(subject.NeedWorkContext, func(ctx context.Context) { c.Impl.WorkContext(ctx) })
	return calls
}

// ownGoroutine is a logger that does not call back while it is being called.
const ownGoroutine = "a logger, on a goroutine of its own,"

// CallingForEach checks STATE-4: an observer or a logger calls back for each call. It
// fails by the death of the process, or by its standing still, where a call leads to
// another without end.
func CallingForEach(c *Checker) {
	for name, call := range c.callsOf() {
		for _, who := range []string{"an observer", "a logger", ownGoroutine} {
			c.bubble(func() {
				var mu sync.Mutex
				var run context.Context
				var calls atomic.Int64
				callBack := func() {
					mu.Lock()
					ctx := run
					mu.Unlock()
					switch {
					case ctx == nil || calls.Add(1) >= endlessly:
					case who == ownGoroutine:
						go call(ctx)
					default:
						call(ctx)
					}
				}
				s := subject.Settings{Observe: func(subject.Step) { callBack() }}
				if who != "an observer" {
					s = subject.Settings{Log: func(string, string) { callBack() }}
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

// NoRunForEach checks STATE-4. It does what CallingForEach does for the default logger,
// which gets the records about contexts of no run.
func NoRunForEach(c *Checker) {
	var calls atomic.Int64
	restore := defaultLogTo(func(string, string) {
		if calls.Add(1) < endlessly {
			c.Impl.DrainGroup(context.Background())
		}
	})
	defer restore()
	c.Impl.DrainGroup(context.Background())
	c.expect(calls.Load() < endlessly, "the default logger calls DrainGroup with a context of no run for each record of such a call, without end")
}
