package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// ListenAndServe listens on srv.Addr (":http" if empty) and calls [Serve]. A
// failure to listen is returned at once (HTTP-1). It serves plain HTTP,
// whatever srv.TLSConfig says.
func ListenAndServe(ctx context.Context, srv *http.Server, opts ...ServeOption) error {
	c := serveCall{ctx: ctx, pc: caller(), function: "ListenAndServe", srv: srv}
	return c.listenAndServe(":http", opts, func(ln net.Listener) error { return srv.Serve(ln) })
}

// ListenAndServeTLS listens on srv.Addr (":https" if empty) and calls
// [ServeTLS]. A failure to listen is returned at once (HTTP-1).
func ListenAndServeTLS(ctx context.Context, srv *http.Server, certFile, keyFile string, opts ...ServeOption) error {
	c := serveCall{ctx: ctx, pc: caller(), function: "ListenAndServeTLS", srv: srv}
	return c.listenAndServe(":https", opts, func(ln net.Listener) error { return srv.ServeTLS(ln, certFile, keyFile) })
}

// Serve serves HTTP on ln as work in flight, and stops well. It needs no hook.
//
// When main's context is cancelled, or ctx, the listener closes, idle
// connections go, and requests under way are answered; then Serve returns nil,
// within 10 ms of the last answer (HTTP-1). Over HTTP/2 that is when the client
// has read it and gone away, or 1 s after it was written. Whatever request
// http.Server.Shutdown would answer is answered (HTTP-6). A request that is
// still under way when the drain timeout runs out is cut: its context ends and its
// connection is closed. The first hook runs when its handler has returned, or
// after 100 ms, or a tenth of the shutdown timeout if that is less. Serve returns
// nil then too, since Run's result says so (HTTP-2).
//
// A request that arrives on an idle connection at the very moment of the stop may
// find that closed, as with http.Server.Shutdown. Its handler is not called.
//
// If its owner has closed the server, Serve returns http.ErrServerClosed; if the
// listener fails, its error. Then Serve returns at once, while requests may be
// under way, which are answered or cut as above. When the last listener has
// failed, or has been closed, srv stops as a whole.
//
// Requests are counted as [Handler] does. Their context has the values of
// srv.BaseContext, or else of ctx, but is not cancelled with them: it lives
// until the request is answered or Draining ends. While Draining, responses
// carry "Connection: close" (HTTP-3).
//
// So a handler that goes on for as long as its client does (server-sent events, a
// WebSocket) holds Draining until the drain timeout, unless [CancelOnStop] ends
// its request's context at the stop. A connection that a handler has hijacked is
// followed, and cut at the drain timeout, until that handler returns; what other
// goroutines do with it later is for their own code to end.
//
// Some things can make a stop longer, though no request is under way. A
// connection that is new and silent is waited for, because its request may be
// coming, until it is 500 ms old. net/http lingers for 500 ms on a connection
// whose handler left more than 256 KiB of a request's body unread, and when
// accepting failed for want of file descriptors it sleeps, for up to a second. A
// listener whose Close or Accept does not return, and a connection whose Close
// does not, are waited for until the drain timeout; a listener is then warned of.
// A protocol of srv.TLSNextProto is waited for, as a request is, until its
// function returns.
//
// With golang.org/x/net/http2/h2c a client of HTTP/2 that goes on asking is not
// asked to go away, and can use up the drain timeout. Use srv.Protocols with
// SetUnencryptedHTTP2 instead; or else give http2.ConfigureServer the same
// http2.Server as h2c.NewHandler, or that a [Handler].
//
// With [WithDrainDelay], http.MaxBytesReader does not find the response writer
// that it knows. So that the client stops sending, the connection is closed with
// every response of status 413; with another status it is kept, and net/http
// reads, and drops, up to 256 KiB more of the body.
//
// Serve puts functions of its own before srv.Handler, srv.BaseContext,
// srv.ConnContext, srv.ConnState and those of srv.TLSNextProto, which call those,
// and sets srv.DisableGeneralOptionsHandler, to answer "OPTIONS *" itself. So
// srv.Handler is not what it was: it is not to be used for anything else, except
// that another http.Server may be given it. Functions
// registered with srv.RegisterOnShutdown run when no connection is about to
// bring its first request any more, at most 500 ms after the stop.
//
// Several servers may run in one lifecycle, and one on several listeners:
// call Serve for each, concurrently, with the same options and in the same Run.
// A server that was stopped cannot be served again. After Draining, Serve closes
// ln, serves nothing, logs that, and returns nil. With a context that does not
// come from [Run], or a nil argument, it closes ln and returns an error.
func Serve(ctx context.Context, srv *http.Server, ln net.Listener, opts ...ServeOption) error {
	c := serveCall{ctx: ctx, pc: caller(), function: "Serve", srv: srv}
	return c.serveOn(ln, opts, func(ln net.Listener) error { return srv.Serve(ln) })
}

// ServeTLS is [Serve] over TLS, with HTTP/2. It takes the certificate and the
// key as http.Server.ServeTLS does: from the files, or with empty names from
// srv.TLSConfig.
func ServeTLS(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string, opts ...ServeOption) error {
	c := serveCall{ctx: ctx, pc: caller(), function: "ServeTLS", srv: srv}
	return c.serveOn(ln, opts, func(ln net.Listener) error { return srv.ServeTLS(ln, certFile, keyFile) })
}

// serveCall is one call of Serve or its like.
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
	s, err := c.take(r)
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

// check looks at the arguments, and takes the options.
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

// requestStop has the failure of a server with UntilStopped request a stop, and
// returns it: the go statement that has begun it does not.
func (c *serveCall) requestStop(err error) error {
	if !c.cfg.untilStopped {
		return err
	}
	named := err
	switch {
	case c.ln != nil:
		named = fmt.Errorf("server with UntilStopped on %s: %w", c.ln.address(), err)
	case c.srv != nil && c.srv.Addr != "":
		named = fmt.Errorf("server with UntilStopped at %q: %w", c.srv.Addr, err)
	}
	from(c.ctx).serverFailed(c.pc, named)
	return err
}

// inTask says whether the caller runs on the goroutine of a task, whatever
// context it was given.
func inTask() bool { return onStack("(*run).runTask") > 0 }
