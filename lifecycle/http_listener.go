package lifecycle

import (
	"net"
	"reflect"
	"sync/atomic"
)

// listener is a listener of the user's that is closed once, though net/http
// closes it too (HTTP-10).
type listener struct {
	net.Listener
	closed    atomic.Bool
	gone      atomic.Bool           // Close has returned
	used      atomic.Bool           // Accept was called
	accepting atomic.Bool           // Accept has not returned
	crash     atomic.Pointer[error] // a panic or Goexit of Close, at the stop
}

// Close closes the listener. It does not wait for another call of it.
func (l *listener) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	defer l.gone.Store(true)
	return l.Listener.Close()
}

// address is what the listener says that its address is.
func (l *listener) address() (addr string) {
	addr = "an unknown address"
	call(func() error { addr = l.Addr().String(); return nil }, func(error) {})
	return addr
}

// hangs says what has not returned though the listener was to be closed; empty:
// nothing.
func (l *listener) hangs() string {
	switch {
	case l.closed.Load() && !l.gone.Load():
		return "Close"
	case l.accepting.Load():
		return "Accept"
	}
	return ""
}

// closeContained closes the listener at the stop.
func (l *listener) closeContained() {
	returned := false
	call(func() error { _ = l.Close(); returned = true; return nil }, func(err error) {
		if !returned {
			l.crash.Store(&err)
		}
	})
}

// ofPackageNet says that Close does not wait for anything.
func (l *listener) ofPackageNet() bool {
	switch l.Listener.(type) {
	case *net.TCPListener, *net.UnixListener:
		return true
	}
	return false
}

// Accept makes connections that can be told from one another.
func (l *listener) Accept() (net.Conn, error) {
	l.used.Store(true)
	l.accepting.Store(true)
	defer l.accepting.Store(false)
	conn, err := l.Listener.Accept()
	if err == nil && !isComparable(conn) {
		conn = &incomparable{conn}
	}
	return conn, err
}

// isComparable says whether a connection can be a key. Nearly all are pointers.
func isComparable(conn net.Conn) bool {
	return reflect.TypeOf(conn).Kind() == reflect.Pointer || reflect.ValueOf(conn).Comparable()
}

// incomparable is a connection whose own type cannot be a key.
type incomparable struct{ net.Conn }

// usersListener and usersConn return what the user has made.
func usersListener(ln net.Listener) net.Listener {
	if own, ok := ln.(*listener); ok {
		return own.Listener
	}
	return ln
}

func usersConn(conn net.Conn) net.Conn {
	if own, ok := conn.(*incomparable); ok {
		return own.Conn
	}
	return conn
}
