package checks

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// SeveralListeners checks HTTP-1. It has one server serve several listeners in one run.
func SeveralListeners(c *Checker) {
	for _, n := range []int{2, 3, 7} {
		c.listenersOfOne(n)
	}
}

// listenersOfOne has one server serve n listeners, each with a request under way at the
// stop: the last answer comes over the last listener.
func (c *Checker) listenersOfOne(n int) {
	type end struct {
		at  time.Time
		err error
	}
	var made atomic.Pointer[[]*pipes]
	ends := make([]atomic.Pointer[end], n)
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		all := []*pipes{ln.(*pipes)}
		for range n - 1 {
			all = append(all, newPipes())
		}
		var serving sync.WaitGroup
		for i, own := range all {
			serving.Go(func() {
				err := c.Impl.Serve(ctx, srv, own)
				ends[i].Store(&end{time.Now(), err})
			})
		}
		made.Store(&all)
		serving.Wait()
		return nil
	}
	c.serving(serve, subject.Settings{}, lasting, func(v *service) {
		what := fmt.Sprintf("one server on %d listeners", n)
		client, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		answers, all := make([]chan exchange, n), *made.Load()
		for i, ln := range all {
			defer ln.cut()
			conn, err := ln.dial(client, "", "")
			if err != nil {
				c.Errorf("%s: a connection to listener %d fails: %v", what, i+1, err)
				return
			}
			answers[i] = make(chan exchange, 1)
			go func() { answers[i] <- newWire(conn).get(v, fmt.Sprintf("%ds", i+2)) }()
		}
		time.Sleep(time.Second)
		v.end()
		var last time.Duration
		own := make([]exchange, n)
		for i := range answers {
			own[i] = <-answers[i]
			last = max(last, own[i].at)
			c.expect(own[i].ok(), "%s: a request under way at the stop over listener %d: %v, want an answer", what, i+1, own[i])
		}
		for i, e := range own {
			end := ends[i].Load()
			if end == nil {
				c.Errorf("%s: Serve of listener %d has not returned", what, i+1)
				continue
			}
			at := end.at.Sub(v.ln.began)
			c.expect(end.err == nil, "%s: Serve of listener %d returns %v, want nil", what, i+1, end.err)
			c.expect(at >= e.at && at <= last+prompt, "%s, whose last answers are given at %s, and over listener %d at %s: Serve of that returns at %s, want with its last answer", what, scenarios.Show(last), i+1, scenarios.Show(e.at), scenarios.Show(at))
			closed := all[i].closedAt()
			c.expect(promptly(closed, v.at(cancelled)), "%s: listener %d closes at %s, want %s", what, i+1, scenarios.Show(closed), scenarios.Show(v.at(cancelled)))
		}
		c.expect(v.hooksAt() >= last, "%s: hooks begin at %s, want after the last answer at %s", what, scenarios.Show(v.hooksAt()), scenarios.Show(last))
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
