package broken

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// lateServeCases are wrong about what comes late: after the stop, or after the run.
func lateServeCases() []Case {
	return []Case{
		wrong("Serve that is called after the stop serves until draining ends", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if ctx.Err() != nil && i.State(ctx) == "draining" {
					<-i.WorkContext(ctx).Done()
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("Serve that is called after the stop leaves its listener open", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if ctx.Err() != nil && i.State(ctx) == "draining" {
					return nil
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("Serve that is called in a hook leaves its listener open", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if refusing(i, ctx) {
					return http.ErrServerClosed
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("new connections are refused in the drain delay", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
					if inDelay(i, ctx) {
						_ = conn.Close()
					}
					return conn
				}})
			})
		}),
		wrong("requests in the drain delay are refused", "HEALTH-4 HTTP-2", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if inDelay(i, ctx) {
					w.Header().Set("Connection", "close")
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("Handler counts a request until its connection is hijacked", "HTTP-4", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, next http.Handler) {
				if _, real := w.(http.Hijacker); !real || req.Method == http.MethodPost || refusing(i, ctx) {
					counted.ServeHTTP(w, req)
					return
				}
				done, _ := i.Track(ctx)
				defer done()
				if i.State(ctx) == "draining" {
					w.Header().Set("Connection", "close")
				}
				noted := &hijackSignal{wholeWriter: wholeWriter{&hijackNoted{ResponseWriter: w}}, taken: make(chan struct{})}
				go func() {
					select {
					case <-noted.taken:
						done()
					case <-req.Context().Done():
					}
				}()
				next.ServeHTTP(noted, req)
			})
		}).mayBreak("DRAIN-2"), // it counts them as units
		wrong("a connection whose request has begun is closed 200 ms after the stop", "HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				conns := trackConns(srv)
				defer context.AfterFunc(ctx, func() {
					time.AfterFunc(200*time.Millisecond, func() {
						conns.each(func(conn net.Conn, state http.ConnState) {
							if r, ok := conn.(*readNoted); ok && r.n.Load() > 0 && state == http.StateNew {
								_ = conn.Close()
							}
						})
					})
				})()
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &readNoted{Conn: conn} }})
			})
		}),
		wrong("a server with UntilStopped takes no new connection after the stop", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
					if ctx.Err() != nil {
						_ = conn.Close()
					}
					return conn
				}})
			})
		}),
		wrong("a server with UntilStopped that was closed before is not a failure", "HTTP-7", func(i *impl) {
			serve := i.ServeUntilStopped
			i.ServeUntilStopped = func(ctx context.Context, srv *http.Server, ln net.Listener) error {
				if err := srv.Serve(failedListener{ln}); errors.Is(err, http.ErrServerClosed) {
					return err
				}
				return serve(ctx, srv, ln)
			}
		}),
		wrong("requests to a server with UntilStopped have no values", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if next := srv.Handler; fmt.Sprintf("%T", next) == "http.HandlerFunc" { // else it is served already
					srv.Handler = withRequest(next, func(request context.Context) context.Context { return noValues{request} })
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a panic of shutdown ends the process", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				shutdown := s.shutdown
				s.shutdown = func(own context.Context) error {
					ended := make(chan error, 1)
					go func() { ended <- shutdown(own) }()
					return <-ended
				}
				return serveFunc(s)
			})
		}),
	}
}

// readNoted is a connection that notes how much was read from it.
type readNoted struct {
	net.Conn
	n atomic.Int64
}

// Read counts.
func (r *readNoted) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.n.Add(int64(n))
	return n, err
}

// failedListener accepts nothing, and is not closed.
type failedListener struct{ net.Listener }

// Accept fails.
func (failedListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }

// Close does nothing.
func (failedListener) Close() error { return nil }
