package lifecycle

import (
	"net"
	"reflect"
	"sync/atomic"
)

// listener is the user's listener, closed only once although net/http closes it
// too (HTTP-10).
type listener struct {
	net.Listener
	closed    atomic.Bool
	gone      atomic.Bool           // Close has returned
	used      atomic.Bool           // Accept was called
	accepting atomic.Bool           // Accept has not returned
	crash     atomic.Pointer[error] // a panic or Goexit in Close, at the stop
}

// Close closes the listener. A second call returns nil without waiting for the
// first.
func (l *listener) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	defer l.gone.Store(true)
	return l.Listener.Close()
}

// address returns the listener's address as text.
func (l *listener) address() (addr string) {
	addr = "an unknown address"
	call(func() error { addr = l.Addr().String(); return nil }, func(error) {})
	return addr
}

// hangs returns the method that has not returned although the listener was closed,
// or "".
func (l *listener) hangs() string {
	switch {
	case l.closed.Load() && !l.gone.Load():
		return "Close"
	case l.accepting.Load():
		return "Accept"
	}
	return ""
}

// closeContained closes the listener at the stop, and records a panic in Close.
func (l *listener) closeContained() {
	returned := false
	call(func() error { _ = l.Close(); returned = true; return nil }, func(err error) {
		if !returned {
			l.crash.Store(&err)
		}
	})
}

// ofPackageNet reports whether the listener is package net's, whose Close does not
// block.
func (l *listener) ofPackageNet() bool {
	switch l.Listener.(type) {
	case *net.TCPListener, *net.UnixListener:
		return true
	}
	return false
}

// Accept returns connections that can be map keys.
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

// isComparable reports whether a connection can be a map key.
func isComparable(conn net.Conn) bool { return reflect.ValueOf(conn).Comparable() }

// incomparable wraps a connection whose type cannot be a map key.
type incomparable struct{ net.Conn }

// userListener and userConn return what the user's code created.
func userListener(ln net.Listener) net.Listener {
	if own, ok := ln.(*listener); ok {
		return own.Listener
	}
	return ln
}

func userConn(conn net.Conn) net.Conn {
	if own, ok := conn.(*incomparable); ok {
		return own.Conn
	}
	return conn
}
