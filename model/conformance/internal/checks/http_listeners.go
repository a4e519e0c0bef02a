package checks

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// TwoListeners checks HTTP-1. It has one server serve two listeners in one run.
func TwoListeners(c *Checker) {
	var other atomic.Pointer[pipes]
	var second atomic.Pointer[error]
	var returned [2]atomic.Pointer[time.Time]
	note := func(n int) {
		now := time.Now()
		returned[n].Store(&now)
	}
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		another := newPipes()
		var both sync.WaitGroup
		both.Go(func() {
			err := c.Impl.Serve(ctx, srv, another)
			note(1)
			second.Store(&err)
		})
		other.Store(another)
		err := c.Impl.Serve(ctx, srv, ln)
		note(0)
		both.Wait()
		return err
	}
	c.serving(serve, subject.Settings{}, lasting, func(v *service) {
		another := other.Load()
		defer another.cut()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		conn, err := another.dial(ctx, "", "")
		if err != nil {
			c.Errorf("one server on two listeners: a connection to the second fails: %v", err)
			return
		}
		first, answered := v.begin("2s"), make(chan exchange, 1)
		go func() { answered <- newWire(conn).get(v, "3s") }()
		time.Sleep(time.Second)
		v.end()
		one, two := <-first, <-answered
		c.expect(one.ok() && two.ok(), "one server on two listeners: requests under way at the stop: %v and %v, want answers", one, two)
		if secondErr := second.Load(); secondErr == nil {
			c.Errorf("one server on two listeners: the second Serve has not returned, and the first returns %v", v.result())
		} else {
			c.expect(v.result() == nil && *secondErr == nil, "one server on two listeners: Serve returns %v and %v, want nil", v.result(), *secondErr)
		}
		for n, e := range []exchange{one, two} {
			if at := returned[n].Load(); at != nil {
				c.expect(at.Sub(v.ln.began) >= e.at && at.Sub(v.ln.began) <= two.at+prompt, "one server on two listeners, whose last answers are given at %s and %s: Serve of listener %d returns at %s, want with its last answer", scenarios.Show(one.at), scenarios.Show(two.at), n+1, scenarios.Show(at.Sub(v.ln.began)))
			}
		}
		c.expect(v.hooksAt() >= two.at, "one server on two listeners: hooks begin at %s, want after the last answer at %s", scenarios.Show(v.hooksAt()), scenarios.Show(two.at))
		c.expect(promptly(another.closedAt(), v.at(cancelled)), "one server on two listeners: the second closes at %s, want %s", scenarios.Show(another.closedAt()), scenarios.Show(v.at(cancelled)))
	})
}

// valueConn is a connection that is not comparable.
type valueConn struct {
	net.Conn
	_ []byte
}

// valueListener accepts such connections.
type valueListener struct{ net.Listener }

// Accept returns a connection by value.
func (l valueListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return valueConn{Conn: conn}, nil
}

// UncomparableConnections checks HTTP-1: connections that are not comparable.
func UncomparableConnections(c *Checker) {
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		return c.Impl.Serve(ctx, srv, valueListener{ln})
	}
	c.serving(serve, subject.Settings{}, lasting, func(v *service) {
		before, during := <-v.begin("1s"), v.begin("2s")
		v.end()
		e := <-during
		c.expect(before.ok() && e.ok(), "connections that are not comparable: requests before and at the stop: %v and %v, want answers", before, e)
		c.expect(v.hooksAt() >= e.at && v.result() == nil, "connections that are not comparable: hooks begin at %s, want after the last answer at %s, and Serve returns %v, want nil", scenarios.Show(v.hooksAt()), scenarios.Show(e.at), v.result())
	})
}

// OneOfTwoListenersFails checks HTTP-1. It has one of two listeners of a server fail. The
// other is served until the stop.
func OneOfTwoListenersFails(c *Checker) {
	type listening struct {
		*pipes
		failed chan struct{}
	}
	var other atomic.Pointer[listening]
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		another := &listening{newPipes(), make(chan struct{})}
		go func() {
			defer close(another.failed)
			_ = c.Impl.Serve(ctx, srv, another)
		}()
		other.Store(another)
		err := c.Impl.Serve(ctx, srv, ln)
		play.Wait(ctx.Done(), time.Hour)
		return err
	}
	c.serving(serve, subject.Settings{}, lasting, func(v *service) {
		another := other.Load()
		_ = another.Close() // under the server
		play.Wait(another.failed, play.Patience)
		before := v.begin("1s")
		time.Sleep(500 * time.Millisecond)
		if v.ctx.Err() != nil {
			return // whether that requests a stop is open
		}
		after := v.begin("2s")
		one, two := <-before, <-after
		c.expect(one.ok() && two.ok(), "one of two listeners of a server has failed, and requests over the other: %v and %v, want answers", one, two)
		v.end()
		c.expect(v.result() == nil, "one of two listeners of a server has failed, and Serve of the other returns %v, want nil", v.result())
	})
}

// ServerInTwoRuns checks HTTP-1. It has a server that serves in one run be served in
// another.
func ServerInTwoRuns(c *Checker) {
	c.serving(func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		go func() {
			time.Sleep(time.Second)
			_ = c.run(func(inner context.Context) error {
				other := newPipes()
				defer other.cut()
				c.expectRefused("one server in two runs", func() error { return c.Impl.Serve(inner, srv, other) })
				return nil
			}, subject.Settings{})
		}()
		return c.Impl.Serve(ctx, srv, ln)
	}, subject.Settings{}, lasting, func(v *service) {
		time.Sleep(5 * time.Second)
		e := v.get("0s")
		c.expect(e.ok(), "a request to a server that another run was to serve too: %v, want an answer", e)
	})
}

// ServerWithTwoOptions checks HTTP-1. It has a server be served with different options.
func ServerWithTwoOptions(c *Checker) {
	c.serving(func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		go func() {
			time.Sleep(time.Second)
			other := newPipes()
			defer other.cut()
			c.expectRefused("one server with and without UntilStopped", func() error { return c.Impl.ServeUntilStopped(ctx, srv, other) })
		}()
		return c.Impl.Serve(ctx, srv, ln)
	}, subject.Settings{}, lasting, func(*service) { time.Sleep(5 * time.Second) })
}

// expectRefused demands an error, at once.
func (c *Checker) expectRefused(what string, serve func() error) {
	result := make(chan error, 1)
	go func() { result <- serve() }()
	select {
	case err := <-result:
		c.expect(err != nil, "%s: Serve returns nil, want an error", what)
	case <-time.After(2 * time.Second):
		c.Errorf("%s: Serve has not returned an error within 2s", what)
	}
}

// ClosedOnce checks HTTP-10. It has a listener count how often it is closed.
func ClosedOnce(c *Checker) {
	for what, begin := range map[string]func(v *service){
		"with a request under way at the stop": func(v *service) { v.begin("2s"); time.Sleep(time.Second) },
		"on an idle server":                    func(*service) {},
		"with a request that is cut":           func(v *service) { v.begin("1h") },
	} {
		ln := &countedListener{}
		serve := func(ctx context.Context, srv *http.Server, inner net.Listener) error {
			ln.Listener = inner
			return c.Impl.Serve(ctx, srv, ln)
		}
		c.serving(serve, subject.Settings{Drain: 3 * time.Second}, lasting, func(v *service) {
			begin(v)
			v.end()
			c.expect(ln.closed.Load() == 1, "%s, the listener is closed %d times, want once", what, ln.closed.Load())
		})
	}
}

type countedListener struct {
	net.Listener
	closed atomic.Int64
}

// Close counts.
func (l *countedListener) Close() error {
	l.closed.Add(1)
	return l.Listener.Close()
}
