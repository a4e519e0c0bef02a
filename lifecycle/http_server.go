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

// server is an http.Server that Serve serves, on one or several listeners. It is
// the handler of it, too.
//
// Who knows when a connection has nothing left to say? net/http does: when its
// keep-alives are off, a connection of HTTP/1 closes with its answer, and one of
// HTTP/2 a second after its last one, or when the client has read it and gone.
// That is what Shutdown waits for, so whatever it answers is answered here. Two
// things are different, and only for them are the states of connections
// followed. Shutdown looks every so often, up to half a second late: here the
// hook for StateClosed says when the last connection has closed. And Shutdown
// drops what arrives after it was called: the first request of a connection of
// HTTP/1 that was accepted before, and a stream that comes after GOAWAY. So
// here the listener closes first, then keep-alives are turned off, and Shutdown
// is called when every connection has brought its first request or has been
// silent for too long. Measured in fuzz, with 20,000 connections: see the
// README of docs/benchmarks.
//
// So no response writer is wrapped (but see closing), and no connection.
type server struct {
	run   *run
	srv   *http.Server
	cfg   serveConfig
	next  http.Handler // the user's
	conns *connections

	options bool // "OPTIONS *" is answered

	base        context.Context      // of requests
	over        <-chan struct{}      // closed when they are cut
	cutRequests func()               // ends base
	patience    func() time.Duration // with handlers, then
	done        func()               // the server has ended
	closed      atomic.Bool          // Shutdown or Close was called, by this package or the owner

	mu        sync.Mutex
	listeners []*listener
	accepting int           // how many of them may accept
	stopping  chan struct{} // closed when it stops accepting
	stopped   chan struct{} // closed when it has stopped
	stops     bool
}

// claiming is held while an http.Server is taken: two Runs may be given the
// same one at the same time, and share nothing else. It guards nothing of this
// package's.
var claiming sync.Mutex

// take returns the server for srv, which is made if there is none, ready for one
// more listener.
func (c *serveCall) take(r *run) (*server, error) {
	claiming.Lock()
	defer claiming.Unlock()
	handler := c.srv.Handler
	if s, ok := handler.(*server); ok && s.srv != c.srv {
		handler = s.next // the user has given the handler of one server to another
	} else if ok {
		switch {
		case s.run != r:
			return nil, errors.New("this http.Server is served in another Run already; make another")
		case s.cfg != c.cfg:
			return nil, errors.New("this http.Server is served with other options already")
		case !s.add(c.ln):
			return nil, fmt.Errorf("this http.Server has been served already, and was stopped; make another: %w", http.ErrServerClosed)
		}
		return s, nil
	}
	s := &server{
		run: r, srv: c.srv, cfg: c.cfg, next: handler, conns: newConnections(r.log),
		stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	if !s.register() {
		return nil, nil
	}
	s.add(c.ln)
	s.install(c.ctx)
	return s, nil
}

// register has the run wait for the server.
func (s *server) register() bool {
	if s.cfg.untilStopped {
		return s.registerTrailing()
	}
	s.base, s.over = s.run.workCtx, s.run.workCtx.Done()
	s.cutRequests = func() {} // the run does
	s.patience = s.run.cutPatience
	s.done = func() {
		s.run.work.endServer(s)
		if s.run.State() == fsm.Hooks {
			s.run.wake() // the first hook may be waiting for this
		}
	}
	return s.run.work.beginServer(s)
}

// unanswered is for inFlight.
func (s *server) unanswered() int { return s.conns.unanswered() }

// install puts the server's own functions before the user's.
func (s *server) install(ctx context.Context) {
	if s.next == nil {
		s.next = http.DefaultServeMux
	}
	s.srv.Handler = s
	s.options = !s.srv.DisableGeneralOptionsHandler
	s.srv.DisableGeneralOptionsHandler = true
	s.srv.TLSNextProto = s.conns.followProtocols(s.srv.TLSNextProto)
	s.srv.RegisterOnShutdown(func() { s.closed.Store(true) })
	s.srv.BaseContext = s.baseContext(ctx, s.srv.BaseContext)
	s.srv.ConnContext = s.connContext(s.srv.ConnContext)
	s.srv.ConnState = s.connState(s.srv.ConnState)
}

func (s *server) baseContext(ctx context.Context, user func(net.Listener) context.Context) func(net.Listener) context.Context {
	return func(ln net.Listener) context.Context {
		values := ctx
		if user != nil {
			if values = user(usersListener(ln)); values == nil {
				return nil // net/http says what is wrong with that
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
			if !known { // because of a panic, which is to come if ctx is nil
				_ = conn.Close()
			}
		}()
		if ctx = user(ctx, usersConn(conn)); ctx == nil {
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
			user(usersConn(conn), state)
			return
		}
		known := false
		defer func() {
			if !known { // because of a panic: nothing will be served on it
				s.conns.drop(conn)
				_ = conn.Close()
			}
		}()
		user(usersConn(conn), state)
		known = true
	}
}

// call calls the user's handler.
func (s *server) call(w http.ResponseWriter, req *http.Request) {
	if s.options && req.Method == http.MethodOptions && req.RequestURI == "*" {
		answerOptions(w, req)
		return
	}
	s.next.ServeHTTP(w, req)
}

// counts says whether the server counts the requests that come with ctx as work
// in flight of r.
func (s *server) counts(ctx context.Context, r *run) bool {
	return s.run == r && !s.cfg.untilStopped && ctx.Value(connectionKey{s.conns}) != nil
}

// ServeHTTP calls the user's handler. A request that came over no connection of
// the server's, because the user calls srv.Handler, is none of its requests.
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
		if s.call(w, req); s.base.Err() != nil { // it is cut, and is to look so
			panic(http.ErrAbortHandler)
		}
		return
	}
	work := s.run.work
	if !work.begin(oneRequest) {
		s.run.refuse(w, req)
		return
	}
	defer work.end(oneRequest)
	if s.run.State() >= fsm.Draining {
		sayClose(w, req)
	}
	if s.run.cfg.drainDelay > 0 && req.ProtoMajor == 1 {
		w := &closing{ResponseWriter: w, run: s.run, expects: req.Header["Expect"] != nil}
		s.call(w, req)
		w.send()
	} else {
		s.call(w, req)
	}
	if s.run.State() >= fsm.Draining {
		s.handlerEnded()
	}
}

// handlerEnded has a response whose header was not sent yet carry "Connection:
// close", though the stop has not got round to that. And it has a request that
// is cut look cut: a handler that heeds its context returns before its
// connection is closed, and net/http would take what it has written by then for
// the whole answer.
func (s *server) handlerEnded() {
	if cause := context.Cause(s.base); cause == ErrDrainTimeout || cause == ErrForced {
		panic(http.ErrAbortHandler)
	}
	if s.run.cfg.drainDelay == 0 {
		s.endReuse()
	}
}

// endReuse turns net/http's keep-alives off, once. That closes the connections
// that net/http calls idle, though the next request of one may just have been
// read: see reused.
func (s *server) endReuse() {
	if s.conns.noReuse.CompareAndSwap(false, true) {
		s.srv.SetKeepAlivesEnabled(false)
	}
}
