package broken

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// serverVariants differ in what a server adds, and in how it accepts.
func serverVariants() []variant {
	return []variant{
		{"answers requests with more headers", "HTTP", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				w.Header().Set("Server", "mist")
				next.ServeHTTP(w, req)
			})
		}},
		{"accepts on a goroutine of its own", "HTTP", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				own := newAcceptor(ln)
				defer own.Close()
				return serve(ctx, srv, own)
			})
		}},
		{"handles requests with contexts of its own type", "HTTP", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				next.ServeHTTP(w, req.WithContext(&ownContext{Context: req.Context()}))
			})
		}},
		{"ends requests at the stop by contexts of its own type", "HTTP", func(i *impl) {
			onCancelOnStop(i, func(ctx context.Context, _, next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					below, cancel := context.WithCancelCause(req.Context())
					defer cancel(nil)
					defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()
					next.ServeHTTP(w, req.WithContext(&ownContext{Context: below}))
				})
			})
		}},
		{"says as a date when to come again", "HTTP", func(i *impl) {
			handler := i.Handler
			i.Handler = func(ctx context.Context, next http.Handler) http.Handler {
				if blameForeign(ctx, place(1)) {
					return next
				}
				counted := handler(ctx, next)
				return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if s := i.State(ctx); s != "hooks" && s != "stopped" {
						counted.ServeHTTP(w, req)
						return
					}
					rec := httptest.NewRecorder()
					counted.ServeHTTP(rec, req)
					rec.Header().Set("Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
					rec.Header().Set("Content-Type", "text/html")
					send(w, rec)
				})
			}
		}},
	}
}

// acceptor is a listener that accepts on a goroutine besides the one that calls Accept.
type acceptor struct {
	net.Listener
	conns chan net.Conn
	gone  chan struct{}
	once  sync.Once
	err   error
}

func newAcceptor(ln net.Listener) *acceptor {
	a := &acceptor{Listener: ln, conns: make(chan net.Conn), gone: make(chan struct{})}
	go func() {
		defer close(a.conns)
		for {
			conn, err := ln.Accept()
			if err != nil {
				a.err = err
				return
			}
			select {
			case a.conns <- conn:
			case <-a.gone:
				_ = conn.Close()
			}
		}
	}()
	return a
}

// Accept returns what was accepted.
func (a *acceptor) Accept() (net.Conn, error) {
	if conn, ok := <-a.conns; ok {
		return conn, nil
	}
	return nil, a.err
}

// Close closes the listener once.
func (a *acceptor) Close() (err error) {
	a.once.Do(func() { close(a.gone); err = a.Listener.Close() })
	return err
}
