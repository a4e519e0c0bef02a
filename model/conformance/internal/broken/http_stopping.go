package broken

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// listener is a listener whose connections are changed.
type listener struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if _, over := conn.(*tls.Conn); over {
		return conn, nil // http.Server would not know it again
	}
	return l.wrap(conn), nil
}

// stillOpen is a listener whose Close ends Accept and leaves the listener below open.
type stillOpen struct {
	net.Listener
	closed chan struct{}
	once   sync.Once
}

func (s *stillOpen) Accept() (net.Conn, error) {
	type accepted struct {
		conn net.Conn
		err  error
	}
	one := make(chan accepted, 1)
	go func() {
		conn, err := s.Listener.Accept()
		one <- accepted{conn, err}
	}()
	select {
	case a := <-one:
		return a.conn, a.err
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *stillOpen) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// edited is a connection over which something else is sent.
type edited struct {
	net.Conn
	edit func(p []byte) []byte
}

func (e *edited) Write(p []byte) (int, error) {
	if _, err := e.Conn.Write(e.edit(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// lingering is a connection that is closed later.
type lingering struct {
	net.Conn
	until <-chan struct{}
}

func (l *lingering) Close() error {
	go func() {
		<-l.until
		_ = l.Conn.Close()
	}()
	return nil
}

// unhurried is a connection that lets requests whose context has ended write on
// for a moment.
type unhurried struct {
	net.Conn
	under *sync.Map
}

// Close closes it later, and returns at once: a server closes its connections while it
// holds a mutex, which would stop virtual time.
func (u unhurried) Close() error {
	wait := time.Duration(0)
	u.under.Range(func(ctx, _ any) bool {
		if ctx.(context.Context).Err() != nil {
			wait += time.Millisecond
		}
		return true
	})
	if wait == 0 {
		return u.Conn.Close()
	}
	time.AfterFunc(wait, func() { _ = u.Conn.Close() })
	return nil
}

// withoutClose has responses lose their "Connection: close" while it is so.
func withoutClose(i *impl, so func(ctx context.Context) bool) {
	onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
		edit := func(p []byte) []byte {
			if so(ctx) {
				return bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
			}
			return p
		}
		return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, edit} }})
	})
}

// noValues is a context without any.
type noValues struct{ context.Context }

func (noValues) Value(any) any { return nil }

// withContext has f change the context of every request. ctx is the one that
// Serve was given.
func withContext(i *impl, f func(ctx, request context.Context) context.Context) {
	onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
		next.ServeHTTP(w, req.WithContext(f(ctx, req.Context())))
	})
}

func stoppingCases() []Case {
	return []Case{
		wrong("the context of a request ends at the stop", "HTTP-2 HTTP-9", func(i *impl) {
			withContext(i, func(ctx, request context.Context) context.Context {
				request, cancel := context.WithCancel(request)
				context.AfterFunc(ctx, cancel)
				return request
			})
		}),
		wrong("the context of a request has no values", "DRAIN-2 HEALTH-4 HTTP-10 HTTP-2 HTTP-9", func(i *impl) {
			withContext(i, func(_, request context.Context) context.Context { return noValues{request} })
		}).because("the lifecycle, and what http.Server and its user put into the context, are values too"),
		wrong("the context of a request never ends", "HTTP-10 HTTP-2", func(i *impl) {
			withContext(i, func(_, request context.Context) context.Context { return context.WithoutCancel(request) })
		}),
		wrong("the listener stays open", "HTTP-1 HTTP-2 HTTP-10", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, &stillOpen{Listener: ln, closed: make(chan struct{})})
			})
		}),
		wrong("idle connections stay until the last answer", "HTTP-1 HTTP-2 HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				over := make(chan struct{})
				defer close(over)
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &lingering{conn, over} }})
			})
		}),
		wrong("a connection without a request is closed at the stop", "HTTP-2 HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				defer closesNew(ctx, srv)()
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a connection over HTTP/2 is closed as soon as it is idle", "HTTP-2 HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				inner := srv.ConnState
				srv.ConnState = func(conn net.Conn, state http.ConnState) {
					if inner != nil {
						inner(conn, state)
					}
					if state == http.StateIdle && srv.Protocols != nil && srv.Protocols.UnencryptedHTTP2() && ctx.Err() != nil {
						_ = conn.Close()
					}
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a request that is cut has a response that looks complete", "HTTP-2", func(i *impl) {
			looksComplete(i, func(context.Context) bool { return true })
		}),
		wrong("requests are cut when the listener fails", "HTTP-1 HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				err := serve(ctx, srv, ln)
				if errors.Is(err, net.ErrClosed) {
					_ = srv.Close()
				}
				return err
			})
		}),
		wrong("no response has Connection: close", "HTTP-3 HTTP-10", func(i *impl) {
			withoutClose(i, func(context.Context) bool { return true })
		}),
		wrong("no response has Connection: close in the drain delay", "HTTP-3 HTTP-10", func(i *impl) {
			withoutClose(i, func(ctx context.Context) bool { return ctx.Err() == nil })
		}),
	}
}

// looksComplete has requests that are cut have responses that look complete, when it is
// so. ctx is the one that Serve was given.
func looksComplete(i *impl, when func(ctx context.Context) bool) {
	var known sync.Map // the servers that it does so for already
	onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
		var under sync.Map // the contexts of requests under way
		if _, again := known.LoadOrStore(srv, true); again {
			return serve(ctx, srv, ln)
		}
		next := handlerOf(srv)
		srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			under.Store(req.Context(), true)
			defer under.Delete(req.Context())
			next.ServeHTTP(w, req)
			if req.Context().Err() != nil && req.URL.Path == "/nothing" && when(ctx) {
				w.Header().Set("Content-Length", "0")
				_ = http.NewResponseController(w).Flush()
			}
		})
		return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return unhurried{conn, &under} }})
	})
}

// closesNew has connections that have had no request closed when a context ends, unless
// the function that it returns is called before.
func closesNew(ctx context.Context, srv *http.Server) (stop func() bool) {
	conns := trackConns(srv)
	return context.AfterFunc(ctx, func() {
		conns.each(func(conn net.Conn, state http.ConnState) {
			if state == http.StateNew {
				_ = conn.Close()
			}
		})
	})
}
