package broken

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// silentCases are wrong about connections without a request, and about requests
// while nothing stops.
func silentCases() []Case {
	return []Case{
		wrong("a connection of HTTP/2 without a request is waited for a second", "HTTP-6", func(i *impl) {
			var known sync.Map // the servers that it does so for already
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, again := known.LoadOrStore(srv, true); again {
					return serve(ctx, srv, ln)
				}
				conns, next, asked := trackConns(srv), handlerOf(srv), atomic.Bool{}
				srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					asked.Store(true)
					next.ServeHTTP(w, req)
				})
				waits := make(chan struct{})
				defer context.AfterFunc(ctx, func() {
					defer close(waits)
					idle := false
					conns.each(func(_ net.Conn, state http.ConnState) { idle = idle || state == http.StateIdle })
					if idle && !asked.Load() {
						time.Sleep(time.Second)
					}
				})()
				err := serve(ctx, srv, ln)
				if ctx.Err() != nil {
					<-waits
				}
				return err
			})
		}),
		wrong("a body that is too large does not end a connection before the stop, with a drain delay", "HTTP-10", func(i *impl) {
			delayed := hasDelay(i)
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				edit := func(p []byte) []byte {
					if delayed(ctx) && ctx.Err() == nil && i.State(ctx) == "running" && bytes.HasPrefix(p, []byte("HTTP/1.1 413 ")) {
						return bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
					}
					return p
				}
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, edit} }})
			})
		}),
	}
}
