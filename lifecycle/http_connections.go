package lifecycle

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// silentPatience is how old a connection that has not sent a request yet may
// become once the server stops. Its request may be on its way (HTTP-6).
const silentPatience = 500 * time.Millisecond

// lingering is how long net/http leaves a connection of HTTP/2 open after its
// last answer, or after it was told to go away, for the client to read that and
// to go.
const lingering = time.Second

// A connection of HTTP/2 that has been idle for longIdle at the stop has nothing
// to read but GOAWAY. It is left open for goAwayPatience to do so.
const (
	longIdle       = 5 * time.Second
	goAwayPatience = 100 * time.Millisecond
)

// connections follows every connection of a server: when it stops, which may
// still bring a first request, and when the last one has closed.
type connections struct {
	all      sync.Map // net.Conn to *connection
	open     atomic.Int64
	hijacked atomic.Int64
	stopping atomic.Pointer[time.Time] // since when; nil: not yet
	goAway   atomic.Pointer[time.Time] // when clients of HTTP/2 were told to go away
	over     atomic.Bool               // all that there are are cut
	noReuse  atomic.Bool               // net/http closes idle connections of HTTP/1, or has
	changed  chan struct{}             // a token when one has moved on
	beside                             // calls of Close
}

// connection is one that has not closed yet, or was hijacked by a handler that
// has not returned yet.
type connection struct {
	conn net.Conn
	made time.Time

	mu       sync.Mutex
	state    http.ConnState // if it was hijacked, of what is spoken on it now, as far as that is known
	hijacked bool
	alias    net.Conn // what the hijacker calls it
	handlers int      // that are running
	begun    bool     // a handler was called for the request that made it active
	used     bool     // a handler was called once
	late     bool     // its first request, over HTTP/2, came after the stop: more of them may follow
	http2    bool
	idle     time.Time // since when, over HTTP/2
	closing  bool      // this package closes it: no handler is called any more
	dropped  bool      // its request came when net/http may have closed it
}

// connectionKey is the key of a connection in the contexts of its requests.
type connectionKey struct{ *connections }

func newConnections(log *asyncLog) *connections {
	c := &connections{changed: make(chan struct{}, 1)}
	c.beside = beside{log: log, ended: c.wake}
	return c
}

// add takes a connection that was just accepted, and returns the context for
// its requests.
func (c *connections) add(ctx context.Context, conn net.Conn) context.Context {
	e := &connection{conn: conn, made: time.Now()}
	c.all.Store(conn, e)
	c.open.Add(1)
	if c.over.Load() {
		c.close(e)
	}
	return context.WithValue(ctx, connectionKey{c}, e)
}

// drop forgets a connection.
func (c *connections) drop(conn net.Conn) {
	if _, ok := c.all.LoadAndDelete(conn); ok {
		c.open.Add(-1)
		c.wake()
	}
}

// wake has whoever stops the server look again.
func (c *connections) wake() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// setState takes what net/http says of a connection.
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
	e.http2 = e.http2 || e.hijacked // there is more to say of it
	e.dropped = state == http.StateActive && c.noReuse.Load() && e.reused()
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

// unheard is the age at which net/http calls a connection without a request idle.
const unheard = 5 * time.Second

// reused says whether net/http may have called the connection idle, and so have
// closed it when its keep-alives were turned off, though its next request was
// being read. What it reads after that Shutdown drops, and so does begin.
func (e *connection) reused() bool {
	return e.state == http.StateIdle && e.used && !e.http2 || e.state == http.StateNew && time.Since(e.made) >= unheard
}

// find returns the entry of a connection. One that is not known may be what a
// hijacker has made of its own: package h2c serves HTTP/2 on that, and reports
// its states here.
func (c *connections) find(conn net.Conn) *connection {
	if isComparable(conn) {
		if e, ok := c.all.Load(conn); ok {
			return e.(*connection)
		}
	}
	if c.hijacked.Load() == 0 {
		return nil
	}
	for inner := within(conn); inner != nil; inner = within(inner) {
		if !isComparable(inner) {
			continue
		}
		if known, ok := c.all.Load(inner); ok && known.(*connection).isHijacked() {
			e := known.(*connection)
			c.name(e, conn)
			return e
		}
	}
	return nil
}

// name notes what a hijacker calls a connection.
func (c *connections) name(e *connection, alias net.Conn) {
	if isComparable(alias) {
		e.mu.Lock()
		e.alias = alias
		e.mu.Unlock()
		c.all.Store(alias, e)
	}
}

// within returns the connection that another one is made of, which is a method
// or a field of that, or nil.
func within(conn net.Conn) net.Conn {
	if outer, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return outer.NetConn()
	}
	v := reflect.Indirect(reflect.ValueOf(conn))
	if v.Kind() != reflect.Struct {
		return nil
	}
	if field, ok := v.Type().FieldByName("Conn"); ok && len(field.Index) == 1 {
		inner, _ := v.FieldByIndex(field.Index).Interface().(net.Conn)
		return inner
	}
	return nil
}

func (e *connection) isHijacked() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.hijacked
}

// each is an iterator over the connections, each once.
func (c *connections) each(yield func(*connection) bool) {
	c.all.Range(func(key, value any) bool {
		e := value.(*connection)
		return key != any(e.conn) || yield(e)
	})
}

// begin counts a request whose handler is to be called. It returns false if the
// handler must not be, because its answer could not reach the client.
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

// end counts a request whose handler has returned. A hijacked connection is
// followed no longer than that (HTTP-2).
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

// stop is called once, before settle.
func (c *connections) stop() {
	now := time.Now()
	c.stopping.Store(&now)
}

// shutDown is called once, when Shutdown was.
func (c *connections) shutDown() {
	now := time.Now()
	c.goAway.Store(&now)
}

// settle closes the connections over which nothing will come any more, but
// which net/http would not close. It says whether some may still bring the
// first request, and when to ask again at the latest; a zero time: when
// something changes.
func (c *connections) settle() (waiting bool, due time.Time) {
	now := time.Now()
	for e := range c.each {
		e.mu.Lock()
		end, waits := e.end(now, *c.stopping.Load(), c.goAway.Load())
		switch {
		case end.IsZero() || e.closing:
		case now.Before(end):
			waiting = waiting || waits
			if due.IsZero() || end.Before(due) {
				due = end
			}
		case !waits:
			c.closeLocked(e)
		}
		e.mu.Unlock()
	}
	return waiting, due
}

// end is until when the connection may still bring its first request, or, when
// there is none to wait for, when it is to be closed; a zero time: not by this
// package. e is locked.
func (e *connection) end(now, stopped time.Time, goAway *time.Time) (end time.Time, waits bool) {
	grown := e.made.Add(silentPatience)
	switch {
	case e.hijacked:
		if e.state == http.StateIdle { // HTTP/2 on it, and nothing tells the client to go away
			return e.idle.Add(lingering), false
		}
		return time.Time{}, false
	case e.state == http.StateActive && !e.begun: // its header was read, and its handler is about to be called
		return stopped.Add(silentPatience), true
	case (!e.used || e.late) && now.Before(grown):
		return grown, true
	case !e.used && e.state == http.StateNew:
		return grown, false
	case goAway != nil && e.state == http.StateIdle && (!e.used || e.http2 && stopped.Sub(e.idle) >= longIdle):
		return goAway.Add(goAwayPatience), false
	}
	return time.Time{}, false
}

// unanswered is how many requests have no whole answer though no handler runs
// for them. Over HTTP/2 the last answer may not have been read, as long as the
// client has not gone away.
func (c *connections) unanswered() (n int) {
	stopped := c.stopping.Load()
	for e := range c.each {
		e.mu.Lock()
		switch {
		case e.handlers > 0 || e.hijacked:
		case e.state == http.StateActive:
			n++
		case stopped != nil && e.idle.After(*stopped) && time.Since(e.idle) < lingering:
			n++
		}
		e.mu.Unlock()
	}
	return n
}

// requests is how many requests are under way, their answers included.
func (c *connections) requests() (n int) {
	for e := range c.each {
		e.mu.Lock()
		n += e.handlers
		e.mu.Unlock()
	}
	return n + c.unanswered()
}

// cut closes every connection, and those that come.
func (c *connections) cut() {
	c.over.Store(true)
	for e := range c.each {
		c.close(e)
	}
}

// close closes a connection, once. It does not wait for that: with SO_LINGER,
// or a connection of another kind, Close may take its time.
func (c *connections) close(e *connection) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.closeLocked(e)
}

func (c *connections) closeLocked(e *connection) {
	if !e.closing {
		e.closing = true
		c.do("closing a connection", func() { cut(e.conn) })
	}
}

// slowClose is how long Close of a connection may take before reading from it
// and writing to it are made to fail by other means.
const slowClose = 10 * time.Millisecond

// cut closes a connection without a word: over TLS, the alert that ends it may
// have to wait for a client that does not read.
func cut(conn net.Conn) {
	if over, ok := conn.(*tls.Conn); ok {
		conn = over.NetConn()
	}
	slow := time.AfterFunc(slowClose, func() {
		call(func() error { return conn.SetDeadline(time.Unix(1, 0)) }, func(error) {})
	})
	defer slow.Stop()
	_ = conn.Close()
}
