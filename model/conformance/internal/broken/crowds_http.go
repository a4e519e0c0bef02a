package broken

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// requestCrowdCases are wrong about requests when draining is forced to end, when
// there are many, and when handlers write their header early.
func requestCrowdCases() []Case {
	return []Case{
		wrong("a forced end cuts no connection", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				work := i.WorkContext(ctx)
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
					return &unless{conn, func() bool { return i.Is(context.Cause(work), "forced") }}
				}})
			})
		}),
		wrong("handlers that a forced end cuts are not waited for", "HTTP-2", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				ended := make(chan outcome, 1)
				go func() { ended <- contained(func() error { next.ServeHTTP(w, req); return nil }) }()
				work := i.WorkContext(ctx)
				select {
				case o := <-ended:
					_ = o.again()
				case <-work.Done():
					if !i.Is(context.Cause(work), "forced") {
						o := <-ended
						_ = o.again()
					}
				}
			})
		}),
		wrong("the end of a request is seen 300 ms late", "DRAIN-5 HTTP-4", func(i *impl) {
			handler := i.Handler
			i.Handler = func(ctx context.Context, next http.Handler) http.Handler {
				if blameForeign(ctx, place(1)) {
					return next
				}
				return handler(ctx, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					defer func() {
						if done, ok := lifecycle.Track(ctx); ok {
							time.AfterFunc(300*time.Millisecond, done)
						}
					}()
					next.ServeHTTP(w, req)
				}))
			}
		}),
		wrong("a response has no Connection: close when its handler calls WriteHeader", "HTTP-3", func(i *impl) {
			const early = "X-Early: yes\r\n"
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 && req.Method == http.MethodGet {
					w = earlyHeader{wholeWriter{&hijackNoted{ResponseWriter: w}}}
				}
				next.ServeHTTP(w, req)
			})
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				edit := func(p []byte) []byte {
					if !bytes.Contains(p, []byte(early)) {
						return p
					}
					p = bytes.Replace(p, []byte(early), nil, 1)
					return bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
				}
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, edit} }})
			})
		}),
		wrong("of many requests under way at the stop those beyond 100 are cut", "HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				conns := trackConns(srv)
				defer context.AfterFunc(ctx, func() {
					active := 0
					conns.each(func(conn net.Conn, state http.ConnState) {
						if active++; state == http.StateActive && active > 100 {
							_ = conn.Close()
						}
					})
				})()
				return serve(ctx, srv, ln)
			})
		}),
	}
}

// unless is a connection that nothing closes but its other end, where so.
type unless struct {
	net.Conn
	so func() bool
}

// Close closes it, where not so.
func (u *unless) Close() error {
	if u.so() {
		return nil
	}
	return u.Conn.Close()
}

// earlyHeader marks the response of a handler that calls WriteHeader.
type earlyHeader struct{ wholeWriter }

// WriteHeader writes the mark too.
func (e earlyHeader) WriteHeader(status int) {
	if status == http.StatusOK {
		e.Header().Set("X-Early", "yes")
	}
	e.wholeWriter.WriteHeader(status)
}
