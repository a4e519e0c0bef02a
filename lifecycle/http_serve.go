package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// ListenAndServe listens on srv.Addr (":http" if empty) and calls [Serve]. A
// listen failure is returned immediately (HTTP-1). It serves plain HTTP,
// regardless of srv.TLSConfig.
func ListenAndServe(ctx context.Context, srv *http.Server, opts ...ServeOption) error {
	c := serveCall{ctx: ctx, pc: caller(), function: "ListenAndServe", srv: srv}
	return c.listenAndServe(":http", opts, func(ln net.Listener) error { return srv.Serve(ln) })
}

// ListenAndServeTLS listens on srv.Addr (":https" if empty) and calls
// [ServeTLS]. A listen failure is returned immediately (HTTP-1).
func ListenAndServeTLS(ctx context.Context, srv *http.Server, certFile, keyFile string, opts ...ServeOption) error {
	c := serveCall{ctx: ctx, pc: caller(), function: "ListenAndServeTLS", srv: srv}
	return c.listenAndServe(":https", opts, func(ln net.Listener) error { return srv.ServeTLS(ln, certFile, keyFile) })
}

// Serve serves HTTP on ln as in-flight work, and shuts the server down gracefully
// at the stop. No hook is needed.
//
// When main's context or ctx is cancelled, the listener and idle connections are
// closed and in-flight requests are answered. Then Serve returns nil, within 10 ms
// of the last response (HTTP-1); over HTTP/2, once the client has read it and
// closed the connection, or 1 s after it was written. Every request that
// http.Server.Shutdown would answer is answered (HTTP-6). A request that is still
// in flight when the drain timeout runs out is cut: its context is cancelled and
// its connection closed. The first hook waits for its handler to return, but at
// most 100 ms, or a tenth of the shutdown timeout if that is less. Serve then
// returns nil too; Run's result has the [*DrainTimeoutError] (HTTP-2).
//
// A request that arrives on an idle connection at the moment of the stop may find
// it closed, as with http.Server.Shutdown. Its handler is not called.
//
// If srv is closed by its owner, Serve returns http.ErrServerClosed; if the
// listener fails, it returns that error. It then returns immediately; requests
// still in flight are answered or cut as above. When the last listener has failed
// or has been closed, srv as a whole is stopped.
//
// Requests are counted as by [Handler]. Their context has the values of
// srv.BaseContext, or else of ctx, but is not cancelled with it: it lives until
// the request is answered or Draining ends. While Draining, responses carry
// "Connection: close" (HTTP-3).
//
// A handler that runs for as long as its client stays connected (server-sent
// events, a WebSocket) therefore holds up Draining until the drain timeout, unless
// [CancelOnStop] cancels its request's context at the stop. A hijacked connection
// is tracked, and cut at the drain timeout, until the handler that hijacked it
// returns; code that uses the connection after that has to end by itself.
//
// A stop can take longer for other reasons than requests in flight. A new
// connection that has not sent a request is waited for until it is 500 ms old,
// because its request may be on the way. net/http keeps a connection open for
// 500 ms if its handler left more than 256 KiB of a request's body unread, and
// sleeps for up to a second after Accept failed for lack of file descriptors. A
// listener whose Close or Accept does not return, and a connection whose Close
// does not, are waited for until the drain timeout; for a listener, a warning is
// then logged. A connection served by a function of srv.TLSNextProto counts as a
// request until that function returns.
//
// With golang.org/x/net/http2/h2c, HTTP/2 clients are not sent GOAWAY, so one that
// keeps sending requests can use up the drain timeout. Use srv.Protocols with
// SetUnencryptedHTTP2 instead, or pass the http2.Server given to h2c.NewHandler
// to http2.ConfigureServer too, or pass h2c.NewHandler a [Handler].
//
// With [WithDrainDelay], and for HTTP/1.0 with keep-alive, http.MaxBytesReader cannot
// close the connection, because the response writer is wrapped. Instead the
// connection is closed after every response with status 413; with another status it
// is kept, and net/http reads and discards up to 256 KiB more of the body.
//
// Serve wraps srv.Handler, srv.BaseContext, srv.ConnContext, srv.ConnState and the
// functions of srv.TLSNextProto, and sets srv.DisableGeneralOptionsHandler so that
// it can answer "OPTIONS *" itself. Do not use srv.Handler for anything else after
// that, except to pass it to another http.Server. Functions registered with
// srv.RegisterOnShutdown run once no connection is expected to send its first
// request any more, at most 500 ms after the stop.
//
// Several servers may run in one lifecycle, and one server on several listeners:
// call Serve for each listener, concurrently, with the same options and in the
// same Run. A server that was stopped cannot be served again. After Draining,
// Serve closes ln, logs that it does not serve, and returns nil. With a context
// that does not come from [Run], or a nil argument, it closes ln and returns an
// error.
func Serve(ctx context.Context, srv *http.Server, ln net.Listener, opts ...ServeOption) error {
	c := serveCall{ctx: ctx, pc: caller(), function: "Serve", srv: srv}
	return c.serveOn(ln, opts, func(ln net.Listener) error { return srv.Serve(ln) })
}

// ServeTLS is like [Serve], over TLS and with HTTP/2. As in http.Server.ServeTLS,
// the certificate and the key come from the files, or if the names are empty, from
// srv.TLSConfig.
func ServeTLS(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string, opts ...ServeOption) error {
	c := serveCall{ctx: ctx, pc: caller(), function: "ServeTLS", srv: srv}
	return c.serveOn(ln, opts, func(ln net.Listener) error { return srv.ServeTLS(ln, certFile, keyFile) })
}

// serveCall is one call of Serve or one of its variants.
type serveCall struct {
	ctx      context.Context
	pc       uintptr
	function string
	srv      *http.Server
	ln       *listener
	cfg      serveConfig
}

func (c *serveCall) listenAndServe(addr string, opts []ServeOption, accept func(net.Listener) error) error {
	if c.srv != nil && c.srv.Addr != "" {
		addr = c.srv.Addr
	}
	if err := c.check(opts); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return c.requestStop(err)
	}
	c.cfg = serveConfig{}
	return c.serveOn(ln, opts, accept)
}

func (c *serveCall) serveOn(ln net.Listener, opts []ServeOption, accept func(net.Listener) error) error {
	if ln != nil {
		c.ln = &listener{Listener: ln}
	}
	if err := c.check(opts); err != nil {
		if ln != nil {
			_ = c.ln.Close()
		}
		return err
	}
	if ln == nil {
		return c.requestStop(c.failed(errors.New("the listener is nil")))
	}
	r := from(c.ctx)
	s, err := c.claim(r)
	if s == nil {
		_ = c.ln.Close()
		if err == nil {
			r.log.refused(c.pc, "server", r.State())
			return nil
		}
		return c.requestStop(c.failed(err))
	}
	return s.serve(c, accept)
}

// check validates the arguments and applies the options.
func (c *serveCall) check(opts []ServeOption) error {
	var err error
	for i, opt := range opts {
		if opt != nil {
			opt(&c.cfg)
		} else if err == nil {
			err = fmt.Errorf("option %d is nil", i+1)
		}
	}
	if c.srv == nil {
		err = errors.New("the server is nil")
	}
	switch {
	case from(c.ctx) == nil:
		logMisuse(c.pc, c.function, "nothing is served")
		if err == nil {
			err = errors.New("the context does not come from Run")
		}
		return c.failed(err)
	case err != nil:
		return c.requestStop(c.failed(err))
	case c.cfg.untilStopped && inTask():
		return c.failed(errUntilStoppedInTask) // which the task returns
	}
	return nil
}

func (c *serveCall) failed(err error) error {
	return fmt.Errorf("lifecycle: %s: %w", c.function, err)
}

// requestStop returns err. For a server with UntilStopped it first requests a stop
// with it, because a go statement drops what Serve returns.
func (c *serveCall) requestStop(err error) error {
	if !c.cfg.untilStopped {
		return err
	}
	named := err // by net.Listen
	if c.ln != nil {
		named = fmt.Errorf("server with UntilStopped on %s: %w", c.ln.address(), err)
	}
	from(c.ctx).serverFailed(c.pc, named)
	return err
}

// inTask reports whether the caller runs on the goroutine of a task, whichever
// context it was given.
func inTask() bool { return onStack("(*run).runTask") > 0 }
