package lifecycle

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// connections tracks the connections of a server: at the stop, which of them may
// still send a first request, and when the last one has closed.
type connections struct {
	all           sync.Map // net.Conn to *connection
	open          atomic.Int64
	hijacked      atomic.Int64
	stopping      atomic.Pointer[time.Time] // when the stop began; nil before
	goAway        atomic.Pointer[time.Time] // when GOAWAY was sent; nil before
	cutOff        atomic.Bool               // every connection is closed, new ones too
	keepAlivesOff atomic.Bool               // net/http closes idle HTTP/1 connections
	changed       chan struct{}             // gets a token when a connection changes
	backgroundCalls
}

// connection is one that has not closed, or was hijacked by a handler that has not
// returned.
type connection struct {
	conn net.Conn
	made time.Time

	mu       sync.Mutex
	state    http.ConnState // if hijacked, of the protocol that is spoken on it now, as far as known
	hijacked bool
	alias    net.Conn // the hijacker's net.Conn for it
	handlers int      // running now
	begun    bool     // a handler was called for the request that made it active
	used     bool     // a handler was ever called
	late     bool     // its first request, over HTTP/2, came after the stop: more may follow
	http2    bool
	idle     time.Time // since when, over HTTP/2
	closing  bool      // this package closes it: no handler is called any more
	dropped  bool      // its request came when net/http may have closed it already
}

// connectionKey is the key of a connection in the contexts of its requests.
type connectionKey struct{ *connections }

func newConnections(log *asyncLog) *connections {
	c := &connections{changed: make(chan struct{}, 1)}
	c.backgroundCalls = backgroundCalls{log: log, onReturn: c.wake}
	return c
}

// add starts tracking a connection that was just accepted, and returns the context
// for its requests.
func (c *connections) add(ctx context.Context, conn net.Conn) context.Context {
	e := &connection{conn: conn, made: time.Now()}
	c.all.Store(conn, e)
	c.open.Add(1)
	if c.cutOff.Load() {
		c.close(e)
	}
	return context.WithValue(ctx, connectionKey{c}, e)
}

// drop stops tracking a connection.
func (c *connections) drop(conn net.Conn) {
	if _, ok := c.all.LoadAndDelete(conn); ok {
		c.open.Add(-1)
		c.wake()
	}
}

// wake makes server.stop check the connections again.
func (c *connections) wake() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// setState is called by net/http for each state of a connection.
func (c *connections) setState(conn net.Conn, state http.ConnState) {
	if state == http.StateClosed {
		c.drop(conn)
		return
	}
	e := c.find(conn)
	if e == nil {
		return
	}
	e.mu.Lock()
	e.http2 = e.http2 || e.hijacked // only HTTP/2 reports states after a hijack
	e.dropped = c.keepAlivesOff.Load() && e.mayBeClosed()
	switch e.state = state; state {
	case http.StateActive:
		e.begun = false
	case http.StateIdle:
		e.late = false
		if e.http2 {
			e.idle = time.Now()
		}
	case http.StateHijacked:
		e.hijacked = true
		c.hijacked.Add(1)
	}
	e.mu.Unlock()
	c.wake()
}

// each iterates over the connections, without their aliases.
func (c *connections) each(yield func(*connection) bool) {
	c.all.Range(func(key, value any) bool {
		e := value.(*connection)
		return key != any(e.conn) || yield(e)
	})
}

// begin counts a request before its handler is called. It returns false if the
// handler must not be called, because its response could not reach the client.
func (c *connections) begin(e *connection, req *http.Request) bool {
	e.mu.Lock()
	if e.closing || e.dropped && req.ProtoMajor == 1 {
		e.mu.Unlock()
		return false
	}
	e.handlers++
	e.http2 = req.ProtoMajor == 2
	e.late = e.late || !e.used && e.http2 && c.stopping.Load() != nil
	e.begun, e.used = true, true
	e.mu.Unlock()
	c.wake()
	return true
}

// end is called after the handler has returned. A hijacked connection is not
// tracked any longer (HTTP-2).
func (c *connections) end(e *connection) {
	e.mu.Lock()
	e.handlers--
	gone, alias := e.hijacked, e.alias
	e.mu.Unlock()
	if gone {
		c.hijacked.Add(-1)
		if alias != nil {
			c.all.Delete(alias)
		}
		c.drop(e.conn)
	}
}

// silentIsIdle is the age at which net/http considers a connection without a
// request idle.
const silentIsIdle = 5 * time.Second

// mayBeClosed reports whether net/http may have considered the connection idle,
// and so have closed it when keep-alives were turned off, though its next request
// was being read. Shutdown drops such a request, and so does begin.
func (e *connection) mayBeClosed() bool {
	return e.state == http.StateIdle || e.state == http.StateNew && time.Since(e.made) >= silentIsIdle
}
