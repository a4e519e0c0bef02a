package checks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ClientsLeave has clients go away while their request is handled, at every moment of
// Serve.
func ClientsLeave(c *Checker) {
	for _, m := range []moment{whileRunning, withDelay, inDelay, whileDraining} {
		c.clientLeaves(c.Impl.Serve, m)
	}
}

// ClientsLeaveUntilStopped has them go away from a server that serves until the run is
// stopped.
func ClientsLeaveUntilStopped(c *Checker) {
	for _, m := range []moment{whileRunning, whileDraining} {
		c.clientLeaves(c.serveUntil, m)
	}
}

func (c *Checker) clientLeaves(serve ServeFunc, m moment) {
	handle := func(v *service, _ http.ResponseWriter, req *http.Request) {
		v.note("handled")
		play.Wait(req.Context().Done(), 3*time.Second)
		v.note("gone")
	}
	c.serving(serve, subject.Settings{Delay: m.delay}, handle, func(v *service) {
		w := v.dial()
		if w == nil {
			return
		}
		if m.stopped {
			v.stop()
			time.Sleep(m.after)
		}
		_, _ = io.WriteString(w, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
		time.Sleep(100 * time.Millisecond)
		_ = w.Close()
		left := v.now()
		time.Sleep(time.Second)
		if v.at("handled") <= left && v.at("gone") >= left { // else another clause says so
			c.expect(promptly(v.at("gone"), left), "%s, a client leaves at %s, and the context of its request ends at %s", m, scenarios.Show(left), scenarios.Show(v.at("gone")))
		}
	})
}

// ManyAreCut has hundreds of requests be under way when the drain timeout runs out.
func ManyAreCut(c *Checker) {
	const n, drain = 300, 2 * time.Second
	c.serving(c.Impl.Serve, subject.Settings{Drain: drain}, lasting, func(v *service) {
		var clients sync.WaitGroup
		var mu sync.Mutex
		whole, last := 0, time.Duration(0)
		for range n {
			w := v.dial()
			if w == nil {
				return
			}
			clients.Go(func() {
				e := w.get(v, "1h")
				mu.Lock()
				defer mu.Unlock()
				if last = max(last, e.at); e.err == nil {
					whole++
				}
			})
		}
		v.end()
		clients.Wait()
		if v.hooksAt() > v.at(cancelled)+drain+time.Second {
			return // for DRAIN-2 to say
		}
		c.expect(whole == 0 && last <= v.hooksAt()+prompt, "of %d requests under way when the drain timeout runs out at %s, %d look whole, and the last is cut at %s; hooks begin at %s", n, scenarios.Show(v.at(cancelled)+drain), whole, scenarios.Show(last), scenarios.Show(v.hooksAt()))
	})
}

// BaseContextOfEach has one server on two listeners, whose BaseContext tells them
// apart.
func BaseContextOfEach(c *Checker) {
	made := make(chan *pipes, 1)
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		other := newPipes() // in the bubble
		made <- other
		var mu sync.Mutex
		listeners := 0
		srv.BaseContext = func(net.Listener) context.Context {
			mu.Lock()
			defer mu.Unlock()
			listeners++
			return context.WithValue(context.Background(), valueKey{}, fmt.Sprint("of listener ", listeners))
		}
		var both sync.WaitGroup
		both.Go(func() { _ = c.Impl.Serve(ctx, srv, ln) })
		time.Sleep(time.Millisecond)
		both.Go(func() { _ = c.Impl.Serve(ctx, srv, other) })
		both.Wait()
		return nil
	}
	says := func(_ *service, w http.ResponseWriter, req *http.Request) {
		_, _ = fmt.Fprint(w, req.Context().Value(valueKey{}))
	}
	c.serving(serve, subject.Settings{}, says, func(v *service) {
		other := <-made
		defer other.cut()
		time.Sleep(time.Millisecond) // it is served too
		client, leave := context.WithTimeout(context.Background(), time.Minute)
		defer leave()
		for i, ln := range []*pipes{v.ln, other} {
			conn, err := ln.dial(client, "", "")
			if err != nil {
				return // for HTTP-1 to say
			}
			e, want := newWire(conn).get(v, ""), fmt.Sprint("of listener ", i+1)
			c.expect(!e.ok() || e.body == want, "the context of a request has the value that BaseContext made for its listener: %v, want %q", e, want)
		}
	})
}

// handledShapes are requests that differ in what a middleware may look at.
var handledShapes = []string{
	"GET /healthz HTTP/1.1\r\nHost: service\r\n\r\n",
	"GET /readyz HTTP/1.1\r\nHost: service\r\nUser-Agent: kube-probe/1.33\r\n\r\n",
	"GET /metrics HTTP/1.0\r\n\r\n",
	"GET /any HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n",
	"OPTIONS /any HTTP/1.1\r\nHost: service\r\nOrigin: https://example.com\r\n\r\n",
	"GET /ws HTTP/1.1\r\nHost: service\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	"GET /events HTTP/1.1\r\nHost: service\r\nAccept: text/event-stream\r\n\r\n",
	"POST /any HTTP/1.1\r\nHost: service\r\nTransfer-Encoding: chunked\r\n\r\n",
	"CONNECT service:443 HTTP/1.1\r\nHost: service\r\n\r\n",
}

// EachCounts has hooks wait for a request of every shape.
func EachCounts(c *Checker, serve ServeFunc) {
	handle := func(v *service, _ http.ResponseWriter, _ *http.Request) {
		v.note("begun")
		time.Sleep(3 * time.Second)
		v.note("handled")
	}
	expect := func(what string, v *service) {
		time.Sleep(time.Millisecond)
		v.end()
		time.Sleep(4 * time.Second)
		if v.at("begun") != model.Never { // else another clause says so
			v.expectCounted(what, v.at("handled"))
		}
	}
	for _, text := range handledShapes {
		c.serving(serve, subject.Settings{}, handle, func(v *service) {
			if w := v.dial(); w != nil {
				_, _ = io.WriteString(w, text)
				expect(fmt.Sprintf("%q", text), v)
			}
		})
	}
	over2 := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		srv.Protocols = unencryptedHTTP2()
		return serve(ctx, srv, ln)
	}
	c.serving(over2, subject.Settings{}, handle, func(v *service) {
		if w := v.dial2(); w != nil {
			if _, err := w.ask(""); err == nil {
				expect("a request over HTTP/2", v)
			}
		}
	})
}

// CancelOnStopEach checks HTTP-9: the context of a request of every shape ends when
// main's does.
func CancelOnStopEach(c *Checker) {
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		srv.Protocols = unencryptedHTTP2()
		return c.handledBy(c.Impl.CancelOnStop)(ctx, srv, ln)
	}
	var mu sync.Mutex
	ended := map[string]time.Duration{}
	handle := func(v *service, _ http.ResponseWriter, req *http.Request) {
		what := fmt.Sprintf("%s %s over %s", req.Method, req.RequestURI, req.Proto)
		mu.Lock()
		ended[what] = model.Never
		mu.Unlock()
		play.Wait(req.Context().Done(), 3*time.Second)
		mu.Lock()
		defer mu.Unlock()
		ended[what] = v.now()
	}
	c.serving(serve, subject.Settings{}, handle, func(v *service) {
		for _, text := range handledShapes {
			if w := v.dial(); w != nil {
				_, _ = io.WriteString(w, text)
			}
		}
		if w := v.dial2(); w != nil {
			_, _ = w.ask("")
		}
		time.Sleep(time.Millisecond)
		v.end()
		mu.Lock()
		defer mu.Unlock()
		for what, at := range ended {
			c.expect(promptly(at, v.at(cancelled)), "%s with CancelOnStop: its context ends at %s, and main's at %s", what, scenarios.Show(at), scenarios.Show(v.at(cancelled)))
		}
		c.expect(len(ended) == len(handledShapes)+1, "of %d requests with CancelOnStop %d are handled", len(handledShapes)+1, len(ended))
	})
}

// ServeFuncShutdownOutlasts checks HTTP-8: serve returns as soon as shutdown is called,
// or earlier, as those of many servers do, and shutdown waits for what is under way.
func ServeFuncShutdownOutlasts(c *Checker) {
	for n, mine := range []error{errors.New("the server's"), fmt.Errorf("the server's: %w", context.DeadlineExceeded)} {
		early := n == 1
		c.bubble(func() {
			stopping := make(chan struct{})
			calls, ended, hooked := 0, time.Time{}, time.Time{}
			result := c.run(func(ctx context.Context) error {
				c.hook(ctx, func() { hooked = time.Now() })
				go func() {
					_ = c.Impl.ServeFunc(ctx, func() error {
						if early {
							time.Sleep(500 * time.Millisecond)
							return nil
						}
						<-stopping
						return http.ErrServerClosed
					}, func(context.Context) error {
						calls++
						close(stopping)
						time.Sleep(3 * time.Second)
						ended = time.Now()
						return mine
					}, nil)
				}()
				play.Wait(ctx.Done(), time.Second)
				return nil
			}, subject.Settings{})
			what := "serve returns when shutdown is called"
			if early {
				what = "serve returns before the stop"
			}
			c.expect(calls == 1 && times(result, mine) == 1, "%s, and shutdown fails 3s later: it is called %d times, and Run returns its error %d times, want once: %v", what, calls, times(result, mine), result)
			c.expect(!hooked.Before(ended) && !ended.IsZero(), "%s, and the first hook begins before shutdown has returned", what)
			if calls == 0 {
				close(stopping)
			}
			time.Sleep(10 * time.Second)
		})
	}
}
