package broken

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// laterHTTPCases are wrong about the second server, and about what is rarely asked for.
func laterHTTPCases() []Case {
	return []Case{
		wrong("the second server with UntilStopped stops at the stop", "HTTP-7", func(i *impl) {
			type cnt struct{ n atomic.Int64 }
			of := notes[cnt](i)
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if of(ctx).n.Add(1) > 1 {
					return i.Serve(ctx, srv, ln)
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a HEAD request that Handler refuses has no Retry-After", "HTTP-4", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, _ http.Handler) {
				if req.Method == http.MethodHead && refusing(i, ctx) {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				counted.ServeHTTP(w, req)
			})
		}),
		wrong("every response of Handler ends its connection", "HTTP-3", func(i *impl) {
			inner := i.Handler
			i.Handler = func(ctx context.Context, h http.Handler) http.Handler {
				next := inner(ctx, h)
				return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if req.Header.Get("Upgrade") == "" {
						w.Header().Set("Connection", "close")
					}
					next.ServeHTTP(w, req)
				})
			}
		}),
		wrong("OPTIONS * goes to the handler", "HTTP-10", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				srv.DisableGeneralOptionsHandler = true
				return serve(ctx, srv, ln)
			})
		}),
		wrong("OPTIONS * does not go to a handler that handles it", "HTTP-10", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				srv.DisableGeneralOptionsHandler = false
				return serve(ctx, srv, ln)
			})
		}),
		wrong("GET * is answered as OPTIONS * is", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.RequestURI == "*" {
					w.Header().Set("Content-Length", "0")
					return
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("ConnState is ignored", "HTTP-10", func(i *impl) {
			onFirstServe(i, func(srv *http.Server) { srv.ConnState = nil })
		}),
		wrong("ConnContext is ignored", "HTTP-10", func(i *impl) {
			onFirstServe(i, func(srv *http.Server) { srv.ConnContext = nil })
		}),
		wrong("a server without a handler finds nothing", "HTTP-10", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if srv.Handler == nil {
					srv.Handler = http.NotFoundHandler()
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("in a drain delay there is no Pusher", "HTTP-10", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 2 && i.State(ctx) == "draining" && ctx.Err() == nil {
					w = withoutPusher{w}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("closeNow is not called when a signal forces", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if closeNow := s.closeNow; closeNow != nil {
					s.closeNow = func() error {
						if errors.Is(context.Cause(i.WorkContext(ctx)), lifecycle.ErrForced) {
							return nil
						}
						return closeNow()
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("uploads over 1 MiB are cut at the stop", "HTTP-6", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ContentLength > 1<<20 || req.ContentLength < 0 {
					inner := req.Body
					var n atomic.Int64
					req.Body = struct {
						io.Reader
						io.Closer
					}{readerFunc(func(p []byte) (int, error) {
						if ctx.Err() != nil && n.Load() > 1<<20 {
							return 0, errors.New("too much")
						}
						m, err := inner.Read(p)
						n.Add(int64(m))
						return m, err
					}), inner}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("responses over 2 MiB are cut after the stop", "HTTP-6", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 && i.State(ctx) != "running" || req.URL.Path == "/written" {
					w = &countWriter{wholeWriter{&hijackNoted{ResponseWriter: w}}, 0, func() bool { return ctx.Err() != nil }}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("only responses to GET have Connection: close", "HTTP-3", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
					c := &posts{Conn: conn, so: func() bool { return ctx.Err() != nil }}
					return c
				}})
			})
		}),
		wrong("only responses below 400 have Connection: close", "HTTP-3", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				edit := func(p []byte) []byte {
					if ctx.Err() != nil && bytes.HasPrefix(p, []byte("HTTP/1.1 4")) || ctx.Err() != nil && bytes.HasPrefix(p, []byte("HTTP/1.1 5")) {
						return bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
					}
					return p
				}
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, edit} }})
			})
		}),
		wrong("Handler counts only GET requests", "HTTP-4", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, next http.Handler) {
				if req.Method != http.MethodGet && !refusing(i, ctx) {
					next.ServeHTTP(w, req)
					return
				}
				counted.ServeHTTP(w, req)
			})
		}),
		wrong("at most 100 requests end at the stop", "HTTP-9", func(i *impl) {
			onCancelOnStop(i, func(ctx context.Context, cancelling, next http.Handler) http.Handler {
				var n atomic.Int64
				return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if n.Add(1) > 100 {
						next.ServeHTTP(w, req)
					} else {
						cancelling.ServeHTTP(w, req)
					}
					n.Add(-1)
				})
			})
		}),
		wrong("hijacked connections of a server with UntilStopped are not cut", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				over := make(chan struct{})
				time.AfterFunc(time.Hour, func() { close(over) })
				srv.ConnState = func(conn net.Conn, state http.ConnState) {
					if k, ok := conn.(*kept); ok && state == http.StateHijacked {
						k.taken.Store(true)
					}
				}
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &kept{Conn: conn, until: over} }})
			})
		}),
	}
}

// countWriter aborts a response of more than 2 MiB when end says so.
type countWriter struct {
	wholeWriter
	n   int
	end func() bool
}

// Write counts.
func (w *countWriter) Write(p []byte) (int, error) {
	w.n += len(p)
	if w.n > 2<<20 && w.end() {
		panic(http.ErrAbortHandler)
	}
	return w.wholeWriter.Write(p)
}

// ReadFrom counts.
func (w *countWriter) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{w}, r) }

// readerFunc is an io.Reader.
type readerFunc func(p []byte) (int, error)

// Read calls it.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// posts is a connection whose responses to all methods but GET lose their
// "Connection: close" while so says so.
type posts struct {
	net.Conn
	post atomic.Bool
	so   func() bool
}

// Read looks at the method.
func (c *posts) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if bytes.HasPrefix(p[:n], []byte("GET ")) {
		c.post.Store(false)
	} else if bytes.HasPrefix(p[:n], []byte("POST ")) || bytes.HasPrefix(p[:n], []byte("HEAD ")) || bytes.HasPrefix(p[:n], []byte("PUT ")) {
		c.post.Store(true)
	}
	return n, err
}

// Write leaves the header out.
func (c *posts) Write(p []byte) (int, error) {
	if !c.post.Load() || !c.so() {
		return c.Conn.Write(p)
	}
	q := bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
	if _, err := c.Conn.Write(q); err != nil {
		return 0, err
	}
	return len(p), nil
}

// onFirstServe has a server be changed before it serves for the first time.
func onFirstServe(i *impl, change func(srv *http.Server)) {
	var known sync.Map
	onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
		if _, again := known.LoadOrStore(srv, true); !again {
			change(srv)
		}
		return serve(ctx, srv, ln)
	})
}
