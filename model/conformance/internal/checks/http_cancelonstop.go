package checks

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// StreamsEndAtTheStop checks HTTP-9: a stream that would never end, and another request
// that takes its time.
func StreamsEndAtTheStop(c *Checker) {
	stream := func(v *service, w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/stream" {
			lasting(v, w, req)
			c.expect(req.Context().Err() == nil, "the context of a request that is not to end at the stop ends: %v", req.Context().Err())
			return
		}
		for req.Context().Err() == nil {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			play.Wait(req.Context().Done(), time.Second)
		}
		v.note("stream ended")
		cause := context.Cause(req.Context())
		play.Wait(v.ctx.Done(), time.Second) // it may end a moment later than the request's
		c.expect(errors.Is(cause, context.Cause(v.ctx)) || errors.Is(context.Cause(v.ctx), cause), "the context of a request ends with main's, and its cause is %v, want %v", cause, context.Cause(v.ctx))
		c.expect(req.Context().Value(valueKey{}) == "of the context", "the context of a request that ends at the stop has no values")
	}
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		inner := srv.Handler
		cancelled := c.Impl.CancelOnStop(ctx, inner)
		srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path == "/stream" {
				cancelled.ServeHTTP(w, req)
				return
			}
			inner.ServeHTTP(w, req)
		})
		return c.Impl.Serve(ctx, srv, ln)
	}
	for _, delay := range []time.Duration{0, 3 * time.Second} {
		c.serving(serve, subject.Settings{Delay: delay}, stream, func(v *service) {
			long := v.begin("stream")
			time.Sleep(time.Second)
			other := v.begin("7s")
			v.end()
			e, o := <-long, <-other
			c.expect(promptly(v.at("stream ended"), v.at(cancelled)), "with a drain delay of %v, a stream ends at %s, want the cancel at %s", delay, scenarios.Show(v.at("stream ended")), scenarios.Show(v.at(cancelled)))
			c.expect(e.ok(), "a stream that ends at the stop: %v, want a whole answer", e)
			c.expect(o.ok(), "a request beside a stream that ends at the stop: %v, want an answer", o)
			c.expect(v.outcome() == nil, "streams end at the stop, and Run returns %v, want nil", v.outcome())
		})
	}
}

// CancelOnStopLate checks HTTP-9: the cause of the context of a request that comes when
// main's has ended is main's.
func CancelOnStopLate(c *Checker) {
	c.bubble(func() {
		parent, stop := context.WithCancelCause(context.Background())
		mine := errors.New("the reason for the stop")
		time.AfterFunc(time.Second, func() { stop(mine) })
		_ = c.run(func(ctx context.Context) error {
			play.Wait(ctx.Done(), time.Hour)
			want := context.Cause(ctx)
			h := c.Impl.CancelOnStop(ctx, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
				play.Wait(req.Context().Done(), slack)
				cause := context.Cause(req.Context())
				c.expect(errors.Is(cause, want) || errors.Is(want, cause), "main's context has ended, and a request comes: the cause of its context is %v, want %v", cause, want)
			}))
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			return nil
		}, subject.Settings{Parent: parent})
	})
}

// ManyEndAtTheStop checks HTTP-9. It has hundreds of requests that end at the stop.
func ManyEndAtTheStop(c *Checker) {
	c.bubble(func() {
		const requests = 300
		var ended atomic.Int64
		var all sync.WaitGroup
		_ = c.Impl.Run(func(ctx context.Context) error {
			h := c.Impl.CancelOnStop(ctx, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
				if play.Wait(req.Context().Done(), time.Hour); req.Context().Err() != nil {
					ended.Add(1)
				}
			}))
			for range requests {
				all.Go(func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)) })
			}
			time.Sleep(time.Second)
			return nil
		}, 0, 0)
		all.Wait()
		c.expect(ended.Load() == requests, "of %d requests with CancelOnStop, %d end at the stop", requests, ended.Load())
	})
}

// CancelOnStopElsewhere checks HTTP-9. It uses CancelOnStop without Serve: before a stop
// it changes nothing, a client that leaves ends the request as ever, and a request that
// comes after the stop finds its context over.
func CancelOnStopElsewhere(c *Checker) {
	c.bubble(func() {
		gone := errors.New("reason for which the client leaves")
		_ = c.Impl.Run(func(ctx context.Context) error {
			var err, cause error
			wait := false
			h := c.Impl.CancelOnStop(ctx, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
				if wait {
					play.Wait(req.Context().Done(), slack)
				}
				err, cause = req.Context().Err(), context.Cause(req.Context())
			}))
			ask := func(ctx context.Context) {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
			}
			ask(context.Background())
			c.expect(err == nil, "before a stop, the context of a request is over: %v, want nil", err)
			client, leave := context.WithCancelCause(context.Background())
			leave(gone)
			ask(client)
			c.expect(err != nil && errors.Is(cause, gone), "the client has gone: the cause of its request's context is %s, want the cause of the client's context", quote(cause))
			c.hook(ctx, func() {
				wait = true
				ask(context.Background())
				c.expect(err != nil, "after the stop, the context of a request is live")
			})
			return nil
		}, 0, 0)
	})
}
