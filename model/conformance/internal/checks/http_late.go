package checks

import (
	"context"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// OpenInDelay checks HTTP-2: nothing closes before the cancel, though responses end their
// connections.
func OpenInDelay(c *Checker) {
	c.serving(c.Impl.Serve, subject.Settings{Delay: 3 * time.Second}, lasting, func(v *service) {
		kept := v.dial()
		if kept == nil {
			return
		}
		if kept.get(v, "0s").closes {
			kept = nil
		}
		time.Sleep(50 * time.Millisecond)
		v.stop()
		for range 2 {
			time.Sleep(time.Second)
			if v.at(cancelled) <= v.now() {
				return // there was no delay
			}
			fresh := v.dial()
			if fresh == nil {
				return
			}
			e := fresh.get(v, "0s")
			c.expect(e.ok(), "in the drain delay, a request over a new connection: %v, want an answer", e)
			if kept != nil { // else its response has closed it
				e = kept.get(v, "0s")
				c.expect(e.ok(), "in the drain delay, a request over a connection from before the stop, after one over another: %v, want an answer", e)
				kept = nil
			}
		}
		v.end()
		c.expect(v.ln.closedAt() >= v.at(cancelled), "with a drain delay, the listener closes at %s, want the cancel at %s", scenarios.Show(v.ln.closedAt()), scenarios.Show(v.at(cancelled)))
	})
}

// servedLate calls f with what became of a call of Serve that comes late: in one run
// while draining, in another in a hook.
func (c *Checker) servedLate(f func(when string, ln *pipes, took time.Duration)) {
	for _, inHook := range []bool{false, true} {
		c.bubble(func() {
			late := func(ctx context.Context, when string) {
				ln, began, returned := newPipes(), time.Now(), make(chan struct{})
				go func() {
					defer close(returned)
					_ = c.Impl.Serve(ctx, &http.Server{}, ln)
				}()
				play.Wait(returned, 2*time.Second)
				f(when, ln, time.Since(began))
				ln.cut()
			}
			_ = c.run(func(ctx context.Context) error {
				if inHook {
					c.hook(ctx, func() { late(ctx, "while hooks run") })
					return nil
				}
				c.Impl.DrainGroup(ctx).Go(func() {
					play.Wait(ctx.Done(), time.Hour)
					late(ctx, "while draining")
					time.Sleep(time.Second)
				})
				return nil
			}, subject.Settings{})
			time.Sleep(time.Minute)
		})
	}
}

// LateServeReturns checks HTTP-1: Serve that is called after the cancel.
func LateServeReturns(c *Checker) {
	c.servedLate(func(when string, _ *pipes, took time.Duration) {
		c.expect(took <= prompt, "Serve is called %s, and returns after %v", when, took)
	})
}

// LateServeCloses checks HTTP-2: the listener of such a call.
func LateServeCloses(c *Checker) {
	c.servedLate(func(when string, ln *pipes, took time.Duration) {
		c.expect(took > prompt || ln.closedAt() < model.Never, "Serve is called %s, and leaves the listener open", when)
	})
}
