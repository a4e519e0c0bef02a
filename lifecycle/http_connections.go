package lifecycle

import (
	"context"
	"maps"
	"net"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// silentPatience is how long a connection that has not sent a request yet may
// keep a server from stopping, counted from when it was made. Its request may
// be on its way.
const silentPatience = 500 * time.Millisecond

// connections follows the state of every connection of a server, so that it is
// known at once when the last request is answered. http.Server's own Shutdown
// finds out by looking every so often, up to half a second late (HTTP-1).
type connections struct {
	mu      sync.Mutex
	all     map[net.Conn]*connection
	busy    map[*connection]struct{} // those that are not idle
	changed chan struct{}            // a token when one of them has moved on
	awaited atomic.Bool              // somebody wants the token
	blind   atomic.Bool              // there was a connection that cannot be told from others
	http2   atomic.Bool              // there was a request over HTTP/2
}

type connection struct {
	made   time.Time
	active bool        // a request was read, and is not answered
	begun  atomic.Bool // and the handler has been called for it
	http2  atomic.Bool // it is idle before its answer has left
}

type connectionKey struct{}

func newConnections() *connections {
	return &connections{
		all:     map[net.Conn]*connection{},
		busy:    map[*connection]struct{}{},
		changed: make(chan struct{}, 1),
	}
}

// add takes in a connection that was just accepted, and returns the context
// for its requests.
func (c *connections) add(ctx context.Context, conn net.Conn) context.Context {
	if !reflect.ValueOf(conn).Comparable() {
		c.blind.Store(true)
		return ctx
	}
	entry := &connection{made: time.Now()}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[conn] = entry
	c.busy[entry] = struct{}{}
	return context.WithValue(ctx, connectionKey{}, entry)
}

// state takes what net/http says of a connection. It says idle, hijacked and
// closed of connections over which there is nothing left to wait for.
func (c *connections) state(conn net.Conn, state http.ConnState) {
	if !reflect.ValueOf(conn).Comparable() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	entry := c.all[conn]
	if entry == nil {
		return
	}
	switch state {
	case http.StateActive:
		entry.active = true
		entry.begun.Store(false)
		c.busy[entry] = struct{}{}
	case http.StateIdle:
		delete(c.busy, entry)
	case http.StateHijacked, http.StateClosed:
		delete(c.busy, entry)
		delete(c.all, conn)
	}
	c.moved()
}

func (c *connections) moved() {
	if c.awaited.Load() {
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
}

// beginning marks the connection of every request as one whose request is in
// the handler's hands.
func (c *connections) beginning(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if entry, ok := req.Context().Value(connectionKey{}).(*connection); ok {
			if req.ProtoMajor == 2 {
				entry.http2.Store(true)
				c.http2.Store(true)
			}
			entry.begun.Store(true)
			c.moved()
		}
		next.ServeHTTP(w, req)
	})
}

// unbegun counts the connections whose request is, or may be, between the
// network and the handler, and says when the last silent one is given up.
func (c *connections) unbegun(now time.Time) (n int, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for entry := range c.busy {
		end := entry.made.Add(silentPatience)
		switch {
		case entry.active && !entry.begun.Load():
			n++
		case !entry.active && now.Before(end):
			n++
			if end.After(until) {
				until = end
			}
		}
	}
	return n, until
}

// unanswered counts the connections with a request under way.
func (c *connections) unanswered() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for entry := range c.busy {
		if entry.active {
			n++
		}
	}
	return n
}

func (c *connections) stillUnanswered(time.Time) (n int, until time.Time) {
	return c.unanswered(), time.Time{}
}

// unflushed counts the connections of HTTP/2, whose last answer may be on its
// way. They are told to go away, and have gone when the client has it.
func (c *connections) unflushed(time.Time) (n int, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, entry := range c.all {
		if entry.http2.Load() {
			n++
		}
	}
	return n, until
}

// cut closes every connection.
func (c *connections) cut() {
	c.mu.Lock()
	all := slices.Collect(maps.Keys(c.all))
	c.mu.Unlock()
	for _, conn := range all {
		_ = conn.Close()
	}
}

// await returns when there are none left of those that count counts, or when
// ctx is over, and how many there are then.
func (c *connections) await(ctx context.Context, count func(now time.Time) (int, time.Time)) (left int) {
	c.awaited.Store(true)
	for {
		now := time.Now()
		left, until := count(now)
		if left == 0 {
			return 0
		}
		var patience <-chan time.Time
		if !until.IsZero() {
			patience = time.After(until.Sub(now))
		}
		select {
		case <-c.changed:
		case <-patience:
		case <-ctx.Done():
			return left
		}
	}
}
