package broken

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"
)

// servingVariants serve by other means, all of which are right.
func servingVariants() []variant {
	return append(serverOptionVariants(), []variant{
		{"takes some milliseconds to begin to serve, and to return", "HTTP", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				time.Sleep(3 * time.Millisecond)
				defer time.Sleep(3 * time.Millisecond)
				return serve(ctx, srv, ln)
			})
		}},
		{"wraps what Serve returns", "HTTP", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if err := serve(ctx, srv, ln); err != nil {
					return reworded{err, "the server has ended"}
				}
				return nil
			})
		}},
		{"reads and writes in pieces", "HTTP", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return pieces{conn} }})
			})
		}},
		{"has reason phrases of its own", "HTTP", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, withoutReason} }})
			})
		}},
		{"closes each connection of HTTP 1 after one answer", "HTTP", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if srv.Protocols == nil {
					srv.SetKeepAlivesEnabled(false)
				}
				return serve(ctx, srv, ln)
			})
		}},
		{"asks BaseContext twice", "HTTP", func(i *impl) {
			var known sync.Map
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, again := known.LoadOrStore(srv, true); !again && srv.BaseContext != nil {
					base := srv.BaseContext
					srv.BaseContext = func(ln net.Listener) context.Context { _ = base(ln); return base(ln) }
				}
				return serve(ctx, srv, ln)
			})
		}},
		{"closes idle connections a little later", "HTTP", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				conns := trackConns(srv)
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &idleLater{conn, conns} }})
			})
		}},
		{"listens, and then serves", "HTTP", func(i *impl) {
			listenAndServe := i.ListenAndServe
			i.ListenAndServe = func(ctx context.Context, srv *http.Server) error {
				if blameForeign(ctx, place(1)) {
					return errInvalid
				}
				if srv == nil {
					return listenAndServe(ctx, nil)
				}
				ln, err := net.Listen("tcp", cmp.Or(srv.Addr, ":http"))
				if err != nil {
					return fmt.Errorf("cannot listen: %w", err)
				}
				return i.Serve(ctx, srv, ln)
			}
		}},
		{"makes its own listener for TLS", "HTTP", func(i *impl) { i.ServeTLS = overTLS(i) }},
		{"accepts on a goroutine of its own until it is stopped", "HTTP", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				own := newAcceptor(ln)
				defer own.Close()
				return serve(ctx, srv, own)
			})
		}},
		{"calls a server's functions on goroutines of their own", "HTTP", func(i *impl) {
			onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				return serveFunc(s.each(func(f func() error) error { return contained(f).again() }))
			})
		}},
		{"does not shut down a server that has returned before the stop", "HTTP", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				var ended atomic.Bool
				serve, shutdown := s.serve, s.shutdown
				if serve != nil {
					s.serve = func() error {
						defer func() { ended.Store(ctx.Err() == nil) }()
						return serve()
					}
				}
				if shutdown != nil {
					s.shutdown = func(own context.Context) error {
						if ended.Load() {
							return nil
						}
						return shutdown(own)
					}
				}
				return serveFunc(s)
			})
		}},
	}...)
}

// serverOptionVariants are in how requests are handled by Handler and CancelOnStop.
func serverOptionVariants() []variant {
	through := func(name string, wrap func(w http.ResponseWriter) http.ResponseWriter) variant {
		return variant{name, "HTTP", func(i *impl) {
			onHandler(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, counted, _ http.Handler) {
				if _, real := w.(http.Hijacker); real {
					w = wrap(w)
				}
				counted.ServeHTTP(w, req)
			})
		}}
	}
	return []variant{
		through("Handler has a writer of its own that flushes, can be hijacked, and no more", func(w http.ResponseWriter) http.ResponseWriter {
			return &hijackNoted{ResponseWriter: w}
		}),
		through("Handler flushes whatever is written", func(w http.ResponseWriter) http.ResponseWriter {
			return eager{&hijackNoted{ResponseWriter: w}}
		}),
		{"Handler answers 500 for a handler that panics", "HTTP", func(i *impl) {
			onHandler(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, counted, _ http.Handler) {
				noted := &writeNoted{hijackNoted: &hijackNoted{ResponseWriter: w}}
				if _, real := w.(http.Hijacker); !real {
					counted.ServeHTTP(w, req)
					return
				}
				o := contained(func() error { counted.ServeHTTP(noted, req); return nil })
				if (o.panicked && o.value != http.ErrAbortHandler || o.exited) && !noted.written && !noted.hijacked {
					http.Error(w, "the handler failed", http.StatusInternalServerError)
					return
				}
				_ = o.again()
			})
		}},
		{"refuses in JSON, and closes the connection", "HTTP", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, _ http.Handler) {
				if !refusing(i, ctx) {
					counted.ServeHTTP(w, req)
					return
				}
				rewritten(counted, func(a *httptest.ResponseRecorder) {
					a.Header().Set("Connection", "close")
					a.Header().Set("Content-Type", "application/problem+json")
					a.Body.Reset()
					_ = json.NewEncoder(a.Body).Encode(map[string]any{"title": "the service stops", "status": 503})
				}).ServeHTTP(w, req)
			})
		}},
		{"ends requests at the stop with a cause that wraps main's", "HTTP", func(i *impl) {
			onCancelOnStop(i, func(ctx context.Context, _, next http.Handler) http.Handler {
				return withRequest(next, func(request context.Context) context.Context {
					below, cancel := context.WithCancelCause(request)
					context.AfterFunc(ctx, func() { cancel(fmt.Errorf("the service stops: %w", context.Cause(ctx))) })
					return below
				})
			})
		}},
	}
}

// each has a server's functions be called by call.
func (s serverFuncs) each(call func(f func() error) error) serverFuncs {
	own := s
	if s.serve != nil {
		own.serve = func() error { return call(s.serve) }
	}
	if s.shutdown != nil {
		own.shutdown = func(ctx context.Context) error { return call(func() error { return s.shutdown(ctx) }) }
	}
	if s.closeNow != nil {
		own.closeNow = func() error { return call(s.closeNow) }
	}
	return own
}

// overTLS is ServeTLS by Serve.
func overTLS(i *impl) func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error {
	serveTLS := i.ServeTLS
	return func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error {
		if blameForeign(ctx, place(1)) {
			return errInvalid
		}
		if srv == nil || ln == nil {
			return serveTLS(ctx, srv, ln, certFile, keyFile)
		}
		config := &tls.Config{}
		if srv.TLSConfig != nil {
			config = srv.TLSConfig.Clone()
		}
		config.NextProtos = append(config.NextProtos, "h2", "http/1.1")
		if certFile != "" || keyFile != "" {
			cert, err := tls.LoadX509KeyPair(certFile, keyFile)
			if err != nil {
				return fmt.Errorf("no certificate: %w", err)
			}
			config.Certificates = []tls.Certificate{cert}
		}
		srv.TLSConfig = config
		return i.Serve(ctx, srv, tls.NewListener(ln, config))
	}
}
