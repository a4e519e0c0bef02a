package checks

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// IdleGoes checks HTTP-2: the listener closes, and idle connections go.
func IdleGoes(c *Checker) {
	c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) {
		idle := v.dial()
		if idle == nil {
			return
		}
		e := idle.get(v, "0s")
		c.expect(e.ok(), "the request that leaves an idle connection: %v", e)
		go func() {
			_, _ = idle.r.ReadByte()
			v.note("idle gone")
		}()
		long := v.begin("3s")
		time.Sleep(time.Second)
		if v.dial() == nil { // which has sent nothing yet
			return
		}
		v.end()
		<-long
		cancel := v.at(cancelled)
		c.expect(promptly(v.ln.closedAt(), cancel), "the listener closes at %s, want %s", scenarios.Show(v.ln.closedAt()), scenarios.Show(cancel))
		idleGone := v.at("idle gone")
		c.expect(e.closes || idleGone >= cancel && idleGone <= cancel+10*prompt, "an idle connection is closed at %s, want %s", scenarios.Show(idleGone), scenarios.Show(cancel))
	})
}

// RequestContext checks HTTP-2: the context of a request under way.
func RequestContext(c *Checker) {
	// Asked at 0s, stopped at 1s, the handler looks at 12s: past the grace,
	// within the drain timeout.
	look := func(_ *service, w http.ResponseWriter, req *http.Request) {
		play.Wait(req.Context().Done(), 12*time.Second)
		_, _ = fmt.Fprintf(w, "%v, %v", req.Context().Value(valueKey{}), req.Context().Err())
	}
	expect := func(v *service, want string) {
		asked := v.begin("")
		time.Sleep(time.Second)
		v.end()
		e := <-asked
		c.expect(e.ok() && e.body == want, "a request that asks for its context: %v, want %q", e, want)
	}
	c.serving(c.Impl.Serve, subject.Settings{}, look, func(v *service) { expect(v, "of the context, <nil>") })
	limited := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return c.Impl.Serve(ctx, srv, ln)
	}
	c.serving(limited, subject.Settings{}, look, func(v *service) { expect(v, "of the context, <nil>") })
	based := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		base, cancel := context.WithCancel(context.WithValue(context.Background(), valueKey{}, "of the base"))
		context.AfterFunc(ctx, cancel)
		srv.BaseContext = func(net.Listener) context.Context { return base }
		return c.Impl.Serve(ctx, srv, ln)
	}
	c.serving(based, subject.Settings{}, look, func(v *service) { expect(v, "of the base, <nil>") })
}

// AcceptedBefore checks HTTP-2: a request on a connection that was accepted before.
func AcceptedBefore(c *Checker) {
	c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) {
		early := v.dial()
		if early == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
		v.stop()
		time.Sleep(50 * time.Millisecond)
		e := early.get(v, "2s")
		c.expect(e.ok(), "a request over a connection that was accepted 50ms before the stop, sent 50ms after it: %v", e)
	})
}

// ListenerFails checks HTTP-2: a listener that fails.
func ListenerFails(c *Checker) {
	handle := func(v *service, w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/polite" {
			lasting(v, w, req)
			return
		}
		play.Wait(req.Context().Done(), play.Patience)
		time.Sleep(50 * time.Millisecond)
		v.note("cleaned up")
	}
	c.serving(c.Impl.Serve, subject.Settings{Drain: 2 * time.Second}, handle, func(v *service) {
		short := v.begin("1s")
		v.begin("polite")
		_ = v.ln.Close() // under the server, which goes on without it
		play.Wait(v.over, 3*play.Patience)
		synctest.Wait()
		e := <-short
		c.expect(v.result() != nil && v.at(served) < time.Second, "a listener that fails: Serve returns %v at %s", v.result(), scenarios.Show(v.at(served)))
		c.expect(e.ok(), "a request that was under way when the listener failed: %v, want an answer", e)
		c.expect(v.at("cleaned up") <= v.hooksAt(), "the listener fails, hooks begin at %s, and the handler of a request that is cut returns at %s",
			scenarios.Show(v.hooksAt()), scenarios.Show(v.at("cleaned up")))
	})
}
