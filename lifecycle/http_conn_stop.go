package lifecycle

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// silentWait is how old a connection without a request may become once the server
// stops. Its request may be on the way (HTTP-6).
const silentWait = 500 * time.Millisecond

// http2Linger is how long net/http leaves an HTTP/2 connection open after its last
// response, or after GOAWAY, for the client to read that and close.
const http2Linger = time.Second

// An HTTP/2 connection that has been idle for longIdle at the stop has nothing to
// read but GOAWAY. It is left open for goAwayWait.
const (
	longIdle   = 5 * time.Second
	goAwayWait = 100 * time.Millisecond
)

// stop is called once, before closeFinished.
func (c *connections) stop() {
	now := time.Now()
	c.stopping.Store(&now)
}

// shutDown is called once, after Shutdown.
func (c *connections) shutDown() {
	now := time.Now()
	c.goAway.Store(&now)
}

// closeFinished closes the connections on which no request is expected any more,
// but which net/http would not close. It reports whether some may still send their
// first request, and when to call it again even if no connection has changed; zero
// means never.
func (c *connections) closeFinished() (waiting bool, due time.Time) {
	now := time.Now()
	for e := range c.each {
		e.mu.Lock()
		end, waits := e.closeTime(now, *c.stopping.Load(), c.goAway.Load())
		switch {
		case end.IsZero():
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

// closeTime returns until when to wait for the connection's first request; or, if
// waits is false, when to close it, with a zero time for never. e must be locked.
func (e *connection) closeTime(now, stopped time.Time, goAway *time.Time) (end time.Time, waits bool) {
	silentDeadline := e.made.Add(silentWait)
	switch {
	case e.hijacked:
		if e.state == http.StateIdle { // HTTP/2 is spoken on it, and the client is not sent GOAWAY
			return e.idle.Add(http2Linger), false
		}
		return time.Time{}, false
	case e.state == http.StateActive && !e.begun: // its handler is about to be called
		return stopped.Add(silentWait), true
	case (!e.used || e.late) && now.Before(silentDeadline):
		return silentDeadline, true
	case !e.used && e.state == http.StateNew:
		return silentDeadline, false
	case goAway != nil && e.state == http.StateIdle && (!e.used || e.http2 && stopped.Sub(e.idle) >= longIdle):
		return goAway.Add(goAwayWait), false
	}
	return time.Time{}, false
}

// unanswered returns how many requests have no complete response though no handler
// runs for them. Over HTTP/2 the last response may not have been read while the
// client keeps the connection open.
func (c *connections) unanswered() (n int) {
	stopped := c.stopping.Load()
	for e := range c.each {
		e.mu.Lock()
		switch {
		case e.handlers > 0 || e.hijacked:
		case e.state == http.StateActive:
			n++
		case stopped != nil && e.idle.After(*stopped) && time.Since(e.idle) < http2Linger:
			n++
		}
		e.mu.Unlock()
	}
	return n
}

// requests returns how many requests are in flight, including unsent responses.
func (c *connections) requests() (n int) {
	for e := range c.each {
		e.mu.Lock()
		n += e.handlers
		e.mu.Unlock()
	}
	return n + c.unanswered()
}

// cut closes every connection, and new ones from now on.
func (c *connections) cut() {
	c.cutOff.Store(true)
	for e := range c.each {
		c.close(e)
	}
}

// close closes a connection, once, in the background: with SO_LINGER, or for a
// connection that is not of package net, Close may block.
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

// slowClose is how long Close of a connection may take before a deadline in the
// past makes its reads and writes fail.
const slowClose = 10 * time.Millisecond

// cut closes a connection abruptly: over TLS, the closing alert could block on a
// client that does not read.
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
