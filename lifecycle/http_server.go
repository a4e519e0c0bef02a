package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// server is an http.Server served by Serve, on one or several listeners. It is
// also the http.Server's handler.
//
// net/http knows best when a connection is finished: with keep-alives off, an
// HTTP/1 connection closes after its response, and an HTTP/2 connection a second
// after its last response, or when the client has read it and closed. Shutdown
// waits for that, and so does this server, so it answers whatever Shutdown does.
// Two things are different, and only for them are connection states tracked.
// Shutdown polls, and is up to half a second late: here the last StateClosed is
// what ends the stop. And Shutdown drops what arrives after it was called: the
// first request on an HTTP/1 connection that was accepted before, and a stream
// opened after GOAWAY. So here the listener is closed first, then keep-alives are
// turned off, and Shutdown is called once every connection has sent its first
// request or has been silent for too long. Measured in fuzz, with 20,000
// connections: see the README of docs/benchmarks.
//
// So no connection is wrapped, and no response writer except by closeWriter.
type server struct {
	run   *run
	srv   *http.Server
	cfg   serveConfig
	next  http.Handler // the user's
	conns *connections

	answersOptions bool // for "OPTIONS *"

	noKeepAlives chan struct{} // closed when disableKeepAlives has had its effect

	base        context.Context      // parent of the requests' contexts
	cutOff      <-chan struct{}      // closed when requests are cut
	cutRequests func()               // cancels base
	cutWait     func() time.Duration // how long cut requests' handlers are waited for
	done        func()               // called when the server has ended
	closed      atomic.Bool          // Shutdown or Close was called, by this package or the owner

	mu        sync.Mutex
	listeners []*listener
	accepting int           // how many listeners may still accept
	stopping  chan struct{} // closed when the stop begins
	stopped   chan struct{} // closed when the stop has ended
	stopBegun bool
}

// claimMu is held while an http.Server is claimed: two Runs may be given the same
// one at the same time, and share nothing else. It guards no state of this
// package.
var claimMu sync.Mutex

// claim returns the server for c.srv, created on first use, with c.ln added.
func (c *serveCall) claim(r *run) (*server, error) {
	claimMu.Lock()
	defer claimMu.Unlock()
	handler := c.srv.Handler
	if s, ok := handler.(*server); ok && s.srv != c.srv {
		handler = s.next // the user passed one server's Handler to another
	} else if ok {
		switch {
		case s.run != r:
			return nil, errors.New("this http.Server is already served in another Run; create another")
		case s.cfg != c.cfg:
			return nil, errors.New("this http.Server is already served with other options")
		case !s.add(c.ln):
			return nil, fmt.Errorf("this http.Server was already served and stopped; create another: %w", http.ErrServerClosed)
		}
		return s, nil
	}
	s := &server{
		run: r, srv: c.srv, cfg: c.cfg, next: handler, conns: newConnections(r.log),
		stopping: make(chan struct{}), stopped: make(chan struct{}), noKeepAlives: make(chan struct{}),
	}
	if !s.register() {
		return nil, nil
	}
	s.add(c.ln)
	s.install(c.ctx)
	return s, nil
}

// register makes the run wait for the server.
func (s *server) register() bool {
	if s.cfg.untilStopped {
		return s.registerUntilStopped()
	}
	s.base, s.cutOff = s.run.workCtx, s.run.workCtx.Done()
	s.cutRequests = func() {} // the run does
	s.cutWait = s.run.cutWait
	s.done = func() {
		s.run.work.endServer(s)
		s.run.wake() // the first hook may be waiting for this
	}
	return s.run.work.beginServer(s)
}

// unanswered implements drainedServer.
func (s *server) unanswered() int { return s.conns.unanswered() }

// install wraps the user's functions in srv.
func (s *server) install(ctx context.Context) {
	if s.next == nil {
		s.next = http.DefaultServeMux
	}
	s.srv.Handler = s
	s.answersOptions = !s.srv.DisableGeneralOptionsHandler
	s.srv.DisableGeneralOptionsHandler = true
	s.srv.TLSNextProto = s.conns.trackProtocols(s.srv.TLSNextProto)
	s.srv.RegisterOnShutdown(func() { s.closed.Store(true) })
	s.srv.BaseContext = s.baseContext(ctx, s.srv.BaseContext)
	s.srv.ConnContext = s.connContext(s.srv.ConnContext)
	s.srv.ConnState = s.connState(s.srv.ConnState)
}

func (s *server) baseContext(ctx context.Context, user func(net.Listener) context.Context) func(net.Listener) context.Context {
	return func(ln net.Listener) context.Context {
		values := ctx
		if user != nil {
			if values = user(userListener(ln)); values == nil {
				return nil // net/http reports that
			}
		}
		if from(values) == nil {
			values = fsm.NewContext(context.WithValue(values, runKey{}, s.run), s.run)
		}
		return workContext{Context: s.base, values: values}
	}
}

func (s *server) connContext(user func(context.Context, net.Conn) context.Context) func(context.Context, net.Conn) context.Context {
	return func(ctx context.Context, conn net.Conn) context.Context {
		if user == nil {
			return s.conns.add(ctx, conn)
		}
		known := false
		defer func() {
			if !known { // user panicked, or net/http will because ctx is nil
				_ = conn.Close()
			}
		}()
		if ctx = user(ctx, userConn(conn)); ctx == nil {
			return nil
		}
		known = true
		return s.conns.add(ctx, conn)
	}
}

func (s *server) connState(user func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	if user == nil {
		return s.conns.setState
	}
	return func(conn net.Conn, state http.ConnState) {
		s.conns.setState(conn, state)
		if state != http.StateNew {
			user(userConn(conn), state)
			return
		}
		known := false
		defer func() {
			if !known { // user panicked: nothing will be served on it
				s.conns.drop(conn)
				_ = conn.Close()
			}
		}()
		user(userConn(conn), state)
		known = true
	}
}

// call calls the user's handler.
func (s *server) call(w http.ResponseWriter, req *http.Request) {
	if s.answersOptions && req.Method == http.MethodOptions && req.RequestURI == "*" {
		answerOptions(w, req)
		return
	}
	s.next.ServeHTTP(w, req)
}

// counts reports whether the server counts the requests with ctx as in-flight
// work of r.
func (s *server) counts(ctx context.Context, r *run) bool {
	return s.run == r && !s.cfg.untilStopped && ctx.Value(connectionKey{s.conns}) != nil
}

// ServeHTTP counts the request and calls the user's handler. A request that did
// not arrive on one of the server's connections, because the user calls
// srv.Handler, is not counted.
func (s *server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	e, ok := req.Context().Value(connectionKey{s.conns}).(*connection)
	if !ok {
		s.call(w, req)
		return
	}
	if !s.conns.begin(e, req) {
		panic(http.ErrAbortHandler)
	}
	defer s.conns.end(e)
	if s.cfg.untilStopped {
		if s.call(w, req); s.base.Err() != nil { // the client must see that it is cut
			panic(http.ErrAbortHandler)
		}
		return
	}
	if s.run.State() >= fsm.Draining {
		setConnectionClose(w, req)
	}
	work := s.run.work
	if !work.begin(oneRequest) {
		s.run.refuse(w, req)
		return
	}
	defer work.end(oneRequest)
	if req.ProtoMajor == 1 && (s.run.cfg.drainDelay > 0 || req.ProtoMinor == 0 && !req.Close) {
		w := &closeWriter{ResponseWriter: w, run: s.run, expects: req.Header["Expect"] != nil}
		s.call(w, req)
		w.send()
	} else {
		s.call(w, req)
	}
	if s.run.State() >= fsm.Draining {
		s.handlerEnded()
	}
}

// handlerEnded makes a response whose header has not been sent carry "Connection:
// close", even if the stop has not turned keep-alives off yet. And it makes a cut
// request look cut: a handler that observes its context returns before its
// connection is closed, and net/http would take what it has written so far for
// the complete response.
func (s *server) handlerEnded() {
	if cause := context.Cause(s.base); cause == ErrDrainTimeout || cause == ErrForced {
		panic(http.ErrAbortHandler)
	}
	if s.run.cfg.drainDelay == 0 {
		s.disableKeepAlives()
	}
}

// disableKeepAlives turns net/http's keep-alives off, once. That closes the
// connections that net/http considers idle, though the next request of one may
// just have been read: see mayBeClosed. net/http turns them off before it closes any,
// and a Close may block, so a concurrent call waits only a moment for the first.
func (s *server) disableKeepAlives() {
	if s.conns.keepAlivesOff.CompareAndSwap(false, true) {
		s.srv.SetKeepAlivesEnabled(false)
		close(s.noKeepAlives)
	}
	select {
	case <-s.noKeepAlives:
	case <-time.After(10 * time.Millisecond):
	}
}
