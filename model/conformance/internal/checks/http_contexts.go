package checks

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// AnyContext checks HTTP-1. It gives Serve contexts that do not end with main's.
func AnyContext(c *Checker) {
	contexts := map[string]func(ctx context.Context) context.Context{
		"context.WithoutCancel": context.WithoutCancel,
	}
	if c.offered[subject.NeedWorkContext] {
		contexts["WorkContext"] = c.Impl.WorkContext
	}
	for name, of := range contexts {
		serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			return c.Impl.Serve(of(ctx), srv, ln)
		}
		c.serving(serve, subject.Settings{}, lasting, func(v *service) {
			long := v.begin("2s")
			time.Sleep(time.Second)
			v.end()
			e := <-long
			c.expect(e.ok(), "with %s, a request that was under way at the stop: %v, want an answer", name, e)
			c.expect(v.result() == nil && promptly(v.at(served), e.at), "with %s, Serve returns %v at %s, want nil at %s, as the run stops",
				name, v.result(), scenarios.Show(v.at(served)), scenarios.Show(e.at))
		})
	}
}

// ContextThatEndsFirst checks HTTP-1. It gives Serve a context that ends before main's,
// with a request under way. Serve may end then, or at the stop.
func ContextThatEndsFirst(c *Checker) {
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		own, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		err := c.Impl.Serve(own, srv, ln)
		play.Wait(ctx.Done(), time.Hour)
		return err
	}
	c.serving(serve, subject.Settings{}, lasting, func(v *service) {
		long := v.begin("3s")
		time.Sleep(2 * time.Second)
		v.end()
		e, cancel := <-long, v.at(cancelled)
		c.expect(e.ok(), "the context that Serve was given has ended before the stop, and a request that was under way: %v, want an answer", e)
		c.expect(v.ln.closedAt() <= cancel+prompt, "the context that Serve was given has ended before the stop, and the listener closes at %s, want by %s", scenarios.Show(v.ln.closedAt()), scenarios.Show(cancel))
		c.expect(v.outcome() == nil && about(v.hooksAt(), max(cancel, e.at)), "the context that Serve was given has ended before the stop, and all is answered at %s: hooks begin at %s, want then, and Run returns %v, want nil",
			scenarios.Show(e.at), scenarios.Show(v.hooksAt()), v.outcome())
	})
}
