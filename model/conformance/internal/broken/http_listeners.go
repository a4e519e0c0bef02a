package broken

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// listenerCases are wrong about what is served, and with which contexts.
func listenerCases() []Case {
	return []Case{
		wrong("a server ends with the context that it is given", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if ctx.Done() != nil {
					return serve(ctx, srv, ln)
				}
				over := i.WorkContext(ctx)
				defer context.AfterFunc(over, func() { _ = srv.Close() })()
				_ = srv.Serve(ln)
				return nil
			})
		}),
		wrong("a server can be served on one listener only", "HTTP-1", func(i *impl) {
			var served sync.Map
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, again := served.LoadOrStore(srv, true); again {
					return errors.New("this server is served already")
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a server on two listeners ends with the first that fails", "HTTP-1", func(i *impl) {
			var served sync.Map
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				n, _ := served.LoadOrStore(srv, new(atomic.Int64))
				n.(*atomic.Int64).Add(1)
				err := serve(ctx, srv, ln)
				if err != nil && n.(*atomic.Int64).Load() > 1 {
					_ = srv.Close()
				}
				return err
			})
		}),
		wrong("connections that are not pointers are dropped", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, pointers{ln})
			})
		}),
		wrong("a server may be served in two runs", "HTTP-1", func(i *impl) {
			var served sync.Map
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if run, again := served.LoadOrStore(srv, mainContext(ctx)); again && run != mainContext(ctx) {
					srv = &http.Server{Handler: http.NotFoundHandler()}
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("ServeTLS serves without TLS", "HTTP-1", func(i *impl) {
			serve := i.Serve
			i.ServeTLS = func(ctx context.Context, srv *http.Server, ln net.Listener, _, _ string) error {
				return serve(ctx, srv, ln)
			}
		}),
		wrong("ServeTLS finds out later that there is no certificate", "HTTP-1", func(i *impl) {
			serve := i.ServeTLS
			i.ServeTLS = func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error {
				if certFile == "is not" {
					<-ctx.Done()
				}
				return serve(ctx, srv, ln, certFile, keyFile)
			}
		}),
		wrong("ListenAndServeTLS serves without TLS", "HTTP-1", func(i *impl) {
			listenAndServe := i.ListenAndServe
			i.ListenAndServeTLS = func(ctx context.Context, srv *http.Server, _, _ string) error { return listenAndServe(ctx, srv) }
		}),
		wrong("a listener is closed twice", "HTTP-10", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				defer ln.Close()
				return serve(ctx, srv, ln)
			})
		}),
		wrong("the ResponseWriter is not an http.Pusher", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 2 {
					w = withoutPusher{w}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("the ResponseWriter is not an io.ReaderFrom", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 {
					w = &hijackNoted{ResponseWriter: w}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("a body that is too large does not end the connection", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 {
					w = wholeWriter{&hijackNoted{ResponseWriter: w}}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("100-continue is never sent", "HTTP-10", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				edit := func(p []byte) []byte { return bytes.Replace(p, []byte("HTTP/1.1 100 Continue\r\n\r\n"), nil, 1) }
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, edit} }})
			})
		}),
		wrong("with CancelOnStop the context of a request does not end at the stop", "HTTP-9", func(i *impl) {
			onCancelOnStop(i, func(_ context.Context, _, next http.Handler) http.Handler { return next })
		}),
		wrong("with CancelOnStop the context of a request does not have the stop's cause", "HTTP-9", func(i *impl) {
			onCancelOnStop(i, func(ctx context.Context, _, next http.Handler) http.Handler {
				return withRequest(next, func(request context.Context) context.Context {
					below, cancel := context.WithCancel(request)
					context.AfterFunc(ctx, cancel)
					return below
				})
			})
		}),
		wrong("with CancelOnStop the context of a request has no values", "HTTP-9", func(i *impl) {
			onCancelOnStop(i, func(ctx context.Context, _, next http.Handler) http.Handler {
				return withRequest(next, func(request context.Context) context.Context {
					below, cancel := context.WithCancelCause(noValues{request})
					context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
					return below
				})
			})
		}),
		wrong("with CancelOnStop the context of a request does not end with its client", "HTTP-9", func(i *impl) {
			onCancelOnStop(i, func(ctx context.Context, _, next http.Handler) http.Handler {
				return withRequest(next, func(request context.Context) context.Context {
					below, cancel := context.WithCancelCause(context.WithoutCancel(request))
					context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
					return below
				})
			})
		}),
		wrong("with CancelOnStop the context of a request ends a second after the stop", "HTTP-9", func(i *impl) {
			onCancelOnStop(i, func(ctx context.Context, _, next http.Handler) http.Handler {
				return withRequest(next, func(request context.Context) context.Context {
					below, cancel := context.WithCancelCause(request)
					context.AfterFunc(ctx, func() {
						time.AfterFunc(time.Second, func() { cancel(context.Cause(ctx)) })
					})
					return below
				})
			})
		}),
	}
}

// mainContext is what two contexts of one run have in common.
func mainContext(ctx context.Context) any {
	source, _ := fsm.FromContext(ctx)
	return source
}

// withoutPusher is a ResponseWriter of HTTP/2 but for its Push.
type withoutPusher struct{ http.ResponseWriter }

// The methods that are left.
func (w withoutPusher) Unwrap() http.ResponseWriter { return w.ResponseWriter }
func (w withoutPusher) Flush()                      { w.ResponseWriter.(http.Flusher).Flush() }

// WriteString is io.StringWriter's.
func (w withoutPusher) WriteString(s string) (int, error) { return io.WriteString(w.ResponseWriter, s) }

// wholeWriter has all that is exported of a ResponseWriter of HTTP/1.
type wholeWriter struct{ *hijackNoted }

// ReadFrom is io.ReaderFrom's.
func (w wholeWriter) ReadFrom(r io.Reader) (int64, error) {
	return w.ResponseWriter.(io.ReaderFrom).ReadFrom(r)
}

// WriteString is io.StringWriter's.
func (w wholeWriter) WriteString(s string) (int, error) { return io.WriteString(w.ResponseWriter, s) }

// CloseNotify is http.CloseNotifier's.
func (w wholeWriter) CloseNotify() <-chan bool {
	//lint:ignore SA1019 net/http's writer is one, so this must be
	return w.ResponseWriter.(http.CloseNotifier).CloseNotify()
}

// onCancelOnStop has f return the handler. cancelling is the handler
// that CancelOnStop would have returned, next the one that it was given.
func onCancelOnStop(i *impl, f func(ctx context.Context, cancelling, next http.Handler) http.Handler) {
	cancelOnStop := i.CancelOnStop
	i.CancelOnStop = func(ctx context.Context, next http.Handler) http.Handler {
		if blameForeign(ctx, place(1)) {
			return next
		}
		return f(ctx, cancelOnStop(ctx, next), next)
	}
}

// withRequest has h handle requests with another context.
func withRequest(h http.Handler, f func(request context.Context) context.Context) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h.ServeHTTP(w, req.WithContext(f(req.Context())))
	})
}

// pointers is a listener that drops the connections that are not pointers.
type pointers struct{ net.Listener }

// Accept returns the next one that is.
func (l pointers) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || reflect.TypeOf(conn).Kind() == reflect.Pointer {
			return conn, err
		}
		_ = conn.Close()
	}
}
