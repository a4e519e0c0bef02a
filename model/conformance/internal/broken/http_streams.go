package broken

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/http2frame"
)

// tracked are the connections of a server, with their state.
type tracked struct{ states sync.Map }

// trackConns has a server's connections be tracked, but those that cannot be the key of
// a map.
func trackConns(srv *http.Server) *tracked {
	t := new(tracked)
	inner := srv.ConnState
	srv.ConnState = func(conn net.Conn, state http.ConnState) {
		if reflect.TypeOf(conn).Comparable() {
			t.states.Store(conn, state)
		}
		if inner != nil {
			inner(conn, state)
		}
	}
	return t
}

// each calls f for every connection that is not closed.
func (t *tracked) each(f func(conn net.Conn, state http.ConnState)) {
	t.states.Range(func(conn, state any) bool {
		if state != http.StateClosed {
			f(conn.(net.Conn), state.(http.ConnState))
		}
		return true
	})
}

// kept is a connection that nothing but its other end closes once it was taken
// from the server, until the server is over.
type kept struct {
	net.Conn
	taken atomic.Bool
	until <-chan struct{}
}

// Close closes it later.
func (k *kept) Close() error {
	if !k.taken.Load() {
		return k.Conn.Close()
	}
	go func() {
		<-k.until
		_ = k.Conn.Close()
	}()
	return nil
}

// withoutGoAway leaves frames of that type out of what is written over HTTP/2.
type withoutGoAway struct {
	net.Conn
	begun  bool // leave out only those that come while a response is under way
	mu     sync.Mutex
	http1  bool
	open   bool   // a response is under way
	rest   []byte // the beginning of a frame
	inside int    // bytes that are left of a frame under way
}

// Write writes all other frames.
func (c *withoutGoAway) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.http1 = c.http1 || bytes.HasPrefix(p, []byte("HTTP/1"))
	if c.http1 {
		return c.Conn.Write(p)
	}
	var out []byte
	in := append(c.rest, p...)
	c.rest = nil
	for len(in) > 0 {
		if c.inside > 0 {
			n := min(c.inside, len(in))
			out, in, c.inside = append(out, in[:n]...), in[n:], c.inside-n
			continue
		}
		if len(in) < 9 {
			c.rest = bytes.Clone(in)
			break
		}
		size := 9 + int(in[0])<<16 + int(in[1])<<8 + int(in[2])
		switch kind, flags := in[3], in[4]; kind {
		case http2frame.GoAway:
			if len(in) >= size && (c.open || !c.begun) { // it is short, and comes in one piece
				in = in[size:]
				continue
			}
		case http2frame.Headers, http2frame.Data:
			c.open = flags&http2frame.EndStream == 0
		}
		c.inside = size
	}
	if len(out) > 0 {
		if _, err := c.Conn.Write(out); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// noGoAway has the servers leave GOAWAY out, or only while a response is under way.
func noGoAway(begun bool) func(i *impl) {
	return func(i *impl) {
		onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
			if _, tcp := ln.Addr().(*net.TCPAddr); tcp && srv.Protocols != nil && srv.Protocols.UnencryptedHTTP2() {
				ln = listener{ln, func(conn net.Conn) net.Conn { return &withoutGoAway{Conn: conn, begun: begun} }}
			}
			return serve(ctx, srv, ln)
		})
	}
}

// streamCases are wrong about connections that are not plain ones of HTTP/1.
func streamCases() []Case {
	return []Case{
		wrong("cut handlers are waited for regardless of the shutdown timeout", "HTTP-2", func(i *impl) {
			type limits struct{ short bool }
			of := notes[limits](i)
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil {
					return run(nil, s)
				}
				return run(func(ctx context.Context) error {
					of(ctx).short = s.Drain == 2*time.Second && s.Shutdown > 0 && s.Shutdown < time.Second
					return main(ctx)
				}, s)
			})
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					if of(ctx).short {
						time.Sleep(90 * time.Millisecond)
					}
					return hook(own)
				}
			})
		}),
		wrong("trailers are lost", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				next.ServeHTTP(w, req)
				for _, name := range w.Header()["Trailer"] {
					w.Header().Del(name)
				}
			})
		}),
		// What the wrapper hides is how http.MaxBytesReader ends a connection.
		wrong("hijacked connections are not waited for", "HTTP-2 HTTP-10", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 2 {
					next.ServeHTTP(w, req)
					return
				}
				noted := &hijackSignal{wholeWriter: wholeWriter{&hijackNoted{ResponseWriter: w}}, taken: make(chan struct{})}
				ended := make(chan outcome, 1)
				go func() { ended <- contained(func() error { next.ServeHTTP(noted, req); return nil }) }()
				select {
				case o := <-ended:
					_ = o.again()
				case <-noted.taken:
				}
			})
		}),
		wrong("hijacked connections are not cut", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				over := make(chan struct{})
				defer close(over)
				inner := srv.ConnState
				srv.ConnState = func(conn net.Conn, state http.ConnState) {
					if k, ok := conn.(*kept); ok && state == http.StateHijacked {
						k.taken.Store(true)
					}
					if inner != nil {
						inner(conn, state)
					}
				}
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &kept{Conn: conn, until: over} }})
			})
		}),
		wrong("a connection without a request is closed when it is 300 ms old", "HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				conns := trackConns(srv)
				defer context.AfterFunc(ctx, func() {
					time.AfterFunc(250*time.Millisecond, func() {
						conns.each(func(conn net.Conn, state http.ConnState) {
							if state == http.StateNew {
								_ = conn.Close()
							}
						})
					})
				})()
				return serve(ctx, srv, ln)
			})
		}),
		wrong("streams are cut half a second after the stop", "HTTP-2 HTTP-6", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 2 {
					rc := http.NewResponseController(w)
					defer context.AfterFunc(ctx, func() {
						time.AfterFunc(500*time.Millisecond, func() {
							defer func() { _ = recover() }() // the handler may have returned
							_ = rc.SetWriteDeadline(time.Now())
						})
					})()
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("slow readers are cut", "HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				conns := trackConns(srv)
				defer context.AfterFunc(ctx, func() {
					time.AfterFunc(200*time.Millisecond, func() {
						conns.each(func(conn net.Conn, _ http.ConnState) {
							if tcp, ok := conn.(*net.TCPConn); ok {
								_ = tcp.SetLinger(0)
								_ = tcp.Close()
							}
						})
					})
				})()
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a response without a body has no Connection: close", "HTTP-3", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				edit := func(p []byte) []byte {
					if bytes.Contains(p, []byte("Content-Length: 0\r\n")) {
						return bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
					}
					return p
				}
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, edit} }})
			})
		}),
		wrong("an informational response has Connection: close", "HTTP-3", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				edit := func(p []byte) []byte {
					return bytes.Replace(p, []byte("103 Early Hints\r\n"), []byte("103 Early Hints\r\nConnection: close\r\n"), 1)
				}
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, edit} }})
			})
		}),
		wrong("over HTTP/2 the client gets no GOAWAY", "HTTP-3", noGoAway(false)),
		wrong("over HTTP/2 the client gets no GOAWAY when it has a response's header already", "HTTP-3", noGoAway(true)),
	}
}

// hijackSignal says when it is hijacked.
type hijackSignal struct {
	wholeWriter
	taken chan struct{}
}

// Hijack takes the connection.
func (h *hijackSignal) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	defer close(h.taken)
	return h.wholeWriter.Hijack()
}
