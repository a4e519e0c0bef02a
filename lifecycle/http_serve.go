package lifecycle

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// flushPatience is how long a connection of HTTP/2 is waited for once its
// requests are answered: the last answer may not have left the server, and
// nothing but the client's going away says that it has.
const flushPatience = 500 * time.Millisecond

// ListenAndServe listens on srv.Addr (":http" if empty) and calls [Serve]. An
// address that cannot be had is an error at once (HTTP-1). It serves plain HTTP,
// whatever srv.TLSConfig says; for TLS, make the listener and call Serve.
func ListenAndServe(ctx context.Context, srv *http.Server, opts ...ServeOption) error {
	pc := caller()
	if srv == nil {
		return errors.New("lifecycle: ListenAndServe: the server is nil")
	}
	addr := srv.Addr
	if addr == "" {
		addr = ":http"
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return serve(ctx, pc, "ListenAndServe", srv, ln)
}

// Serve serves HTTP on ln as work in flight, and stops well. It needs no hook.
//
// When ctx is cancelled the listener closes, idle connections go, and requests
// under way are answered; then Serve returns nil (HTTP-1). A request that is
// still under way when the drain timeout runs out is cut before the first hook
// runs; Serve returns nil then too, since Run's result says so (HTTP-2). If
// the server was closed by somebody else before, Serve returns
// http.ErrServerClosed; if the listener fails, its error. Either way srv is
// stopped as a whole, and requests under way are answered or cut as above.
//
// Requests are counted as [Handler] does. Their context has the values of
// srv.BaseContext, or else of ctx, but is not cancelled with them: it lives
// until the request is answered or Draining ends. While Draining, responses
// carry "Connection: close" (HTTP-3).
//
// So a handler that goes on for as long as its client does (server-sent events, a
// WebSocket) and waits for r.Context() alone holds Draining until the drain
// timeout. It should wait for main's context as well, and end with it.
//
// For TLS, and HTTP/2 with it, give a listener that speaks it. srv.TLSConfig is
// not enough: with that alone, plain HTTP is served.
//
//	cfg := &tls.Config{Certificates: certs, NextProtos: []string{"h2", "http/1.1"}}
//	err := lifecycle.Serve(ctx, srv, tls.NewListener(ln, cfg))
//
// Some things can make a stop longer, though no request is under way. A
// connection that is new and silent is waited for, because its request may be
// coming, until it is 500 ms old. net/http lingers for 500 ms on a connection
// whose handler left more than 256 KiB of a request's body unread, and when
// accepting failed for want of file descriptors it sleeps, for up to a second.
//
// Serve puts functions of its own before srv.Handler, srv.BaseContext,
// srv.ConnContext and srv.ConnState; they call those. Several servers may run
// in one lifecycle, but each can be served once: a second time is an error.
// After Draining it closes ln, serves nothing, logs that, and returns nil. With
// a context that does not come from [Run] it closes ln and returns an error.
func Serve(ctx context.Context, srv *http.Server, ln net.Listener, opts ...ServeOption) error {
	pc := caller()
	switch {
	case srv == nil:
		return errors.New("lifecycle: Serve: the server is nil")
	case ln == nil:
		return errors.New("lifecycle: Serve: the listener is nil")
	}
	return serve(ctx, pc, "Serve", srv, ln)
}

func serve(ctx context.Context, pc uintptr, function string, srv *http.Server, ln net.Listener) error {
	r := from(ctx)
	if r == nil {
		_ = ln.Close()
		logMisuse(pc, function, "nothing is served")
		return errors.New("lifecycle: " + function + ": the context does not come from Run")
	}
	if _, again := srv.Handler.(served); again {
		_ = ln.Close()
		return errors.New("lifecycle: " + function + ": this http.Server has been served already; make another")
	}
	s := &server{run: r, srv: srv, conns: newConnections()}
	if !r.work.beginServer(s.conns) {
		_ = ln.Close()
		r.log.refused(pc, "server", r.State())
		return nil
	}
	s.install(ctx)
	return s.serve(ctx, ln)
}

// served is the handler of a server that Serve has been given.
type served struct{ http.Handler }

// server is one that Serve serves. It is a unit of work until it is over.
type server struct {
	run   *run
	srv   *http.Server
	conns *connections
}

// install puts the server's own functions before the user's.
func (s *server) install(ctx context.Context) {
	s.srv.Handler = served{&closing{run: s.run, next: s.conns.beginning(Handler(s.run.ctx, s.aborting(s.srv.Handler)))}}

	userBase := s.srv.BaseContext
	s.srv.BaseContext = func(ln net.Listener) context.Context {
		base := ctx
		if userBase != nil {
			base = userBase(ln)
		}
		if from(base) == nil {
			base = fsm.NewContext(context.WithValue(base, runKey{}, s.run), s.run)
		}
		return workContext{Context: s.run.workCtx, values: base}
	}

	userConn := s.srv.ConnContext
	s.srv.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		if userConn != nil {
			kept := false
			defer func() {
				if !kept { // by a panic: net/http does not know the connection yet
					_ = conn.Close()
				}
			}()
			ctx = userConn(ctx, conn)
			kept = ctx != nil
		}
		return s.conns.add(ctx, conn)
	}

	userState := s.srv.ConnState
	s.srv.ConnState = func(conn net.Conn, state http.ConnState) {
		s.conns.state(conn, state)
		if userState != nil {
			userState(conn, state)
		}
	}
}

// aborting has a request that is cut look cut. A handler that heeds its context
// returns before its connection is closed, and net/http would take what it has
// written by then for the whole answer.
func (s *server) aborting(next http.Handler) http.Handler {
	if next == nil {
		next = http.DefaultServeMux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		next.ServeHTTP(w, req)
		if s.run.State() < fsm.Hooks {
			return
		}
		if cause := context.Cause(s.run.workCtx); cause == ErrDrainTimeout || cause == ErrForced {
			panic(http.ErrAbortHandler)
		}
	})
}

// serve accepts until ctx is cancelled, and then stops. If the listener fails
// before, a goroutine stops the server: its last requests are work in flight.
func (s *server) serve(ctx context.Context, ln net.Listener) error {
	left := false // to that goroutine
	defer func() {
		if !left {
			s.over()
		}
	}()
	ended := make(chan error, 1)
	go call(func() error { return s.srv.Serve(ln) }, func(err error) { ended <- err })
	var err error
	select {
	case err = <-ended:
		if ctx.Err() == nil {
			left = true
			go s.leave(err == http.ErrServerClosed)
			return err
		}
	case <-ctx.Done():
		// Once the accepting has ended, every connection there is is known.
		_ = ln.Close()
		select {
		case err = <-ended:
		case <-s.run.workCtx.Done():
			s.conns.cut() // Shutdown and Close would wait for the listener as well
			return nil
		}
	}
	s.stop(ctx, err == http.ErrServerClosed)
	if _, panicked := err.(*PanicError); panicked || err == ErrGoexit {
		return err // the listener's, or of a function of the user's
	}
	return nil
}

// leave stops a server that no longer accepts; closed: because somebody else
// has closed it.
func (s *server) leave(closed bool) {
	over, cancel := context.WithCancel(s.run.workCtx)
	cancel()
	call(func() error { s.stop(over, closed); return nil }, func(err error) {
		if err != nil {
			s.run.log.add(slog.LevelError, 0, "a server that no longer accepts could not be stopped", slog.Any("error", err))
		}
		s.over()
	})
}

// over ends the unit of work.
func (s *server) over() {
	s.run.work.endServer(s.conns)
	if s.run.State() == fsm.Hooks {
		s.run.wake() // the first hook may be waiting for this
	}
}

// stop closes what is idle, waits for what is not, and cuts that when Draining
// ends. ctx is one that is over.
//
// After Shutdown has begun, net/http drops a request whose header it has only
// just read, without an answer. So Shutdown, which the functions registered
// with it expect to be called early, is called when every connection that was
// accepted has had its first request begun, or was silent for too long. Those
// functions run at every call of it, so one that somebody else has made is left
// at that.
func (s *server) stop(ctx context.Context, closed bool) {
	s.srv.SetKeepAlivesEnabled(false)
	draining := s.run.workCtx
	s.conns.await(draining, s.conns.unbegun)

	// Its own waiting is what polls. With a context that is over, it closes what
	// is idle, has the rest closed when it is answered, and is back.
	// Only where a connection could not be followed, it has to poll.
	if s.conns.blind.Load() {
		ctx = draining
	}
	if !closed || s.conns.blind.Load() {
		_ = s.srv.Shutdown(ctx)
	}
	left := s.conns.await(draining, s.conns.stillUnanswered)
	if left == 0 && s.conns.http2.Load() {
		patience, stop := context.WithTimeout(draining, flushPatience)
		s.conns.await(patience, s.conns.unflushed)
		stop()
	}
	_ = s.srv.Close()
	if left > 0 {
		s.run.log.add(slog.LevelWarn, 0, "requests are cut", slog.Int("connections", left))
		patience, stop := context.WithTimeout(context.Background(), cutPatience)
		defer stop()
		s.conns.await(patience, s.conns.stillUnanswered) // their handlers see their context end
	}
}

// ServeOption changes how a server is served.
type ServeOption func(*serveConfig)

type serveConfig struct{ untilStopped bool }

// UntilStopped: to be done (HTTP-7).
func UntilStopped() ServeOption { return func(c *serveConfig) { c.untilStopped = true } }

// ServeTLS: to be done (HTTP-1).
func ServeTLS(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string, opts ...ServeOption) error {
	return errors.ErrUnsupported
}

// ListenAndServeTLS: to be done (HTTP-1).
func ListenAndServeTLS(ctx context.Context, srv *http.Server, certFile, keyFile string, opts ...ServeOption) error {
	return errors.ErrUnsupported
}
