package broken

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// onWire has f edit what the connections of Serve send. ctx is what Serve was given.
func onWire(i *impl, f func(ctx context.Context) (edit func(p []byte) []byte)) {
	onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
		return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, f(ctx)} }})
	})
}

// onServeTLS has f change what ServeTLS is given, or refuse it.
func onServeTLS(i *impl, f func(srv *http.Server, certFile string) error) {
	serve := i.ServeTLS
	i.ServeTLS = func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error {
		if blameForeign(ctx, place(1)) {
			return errInvalid
		}
		if srv != nil {
			if err := f(srv, certFile); err != nil {
				return err
			}
		}
		return serve(ctx, srv, ln, certFile, keyFile)
	}
}

// protocolCases are wrong about what handlers and clients seldom use of HTTP.
func protocolCases() []Case {
	return []Case{
		wrong("a response of HTTP/1.0 says keep-alive after the stop", "HTTP-3", func(i *impl) {
			onWire(i, func(ctx context.Context) func(p []byte) []byte {
				status := []byte("HTTP/1.0 200 OK\r\n")
				return func(p []byte) []byte {
					if ctx.Err() != nil && bytes.HasPrefix(p, status) {
						return append(bytes.Clone(status), append([]byte("Connection: keep-alive\r\n"), p[len(status):]...)...)
					}
					return p
				}
			})
		}),
		// What the wrapper hides is how http.MaxBytesReader ends a connection.
		wrong("SetReadDeadline does nothing", "HTTP-5 HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 {
					w = withoutDeadline{wholeWriter{&hijackNoted{ResponseWriter: w}}}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("trailers are lost that have no Trailer header", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				next.ServeHTTP(w, req)
				for name := range w.Header() {
					if strings.HasPrefix(name, http.TrailerPrefix) {
						w.Header().Del(name)
					}
				}
			})
		}),
		wrong("100-continue is not sent after the stop", "HTTP-10", func(i *impl) {
			onWire(i, func(ctx context.Context) func(p []byte) []byte {
				return func(p []byte) []byte {
					if ctx.Err() != nil {
						return bytes.Replace(p, []byte("HTTP/1.1 100 Continue\r\n\r\n"), nil, 1)
					}
					return p
				}
			})
		}),
		wrong("what a client sends before its connection is hijacked is lost", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 && req.ContentLength == 0 {
					w = forgetful{wholeWriter{&hijackNoted{ResponseWriter: w}}}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("of several requests in one packet the first is answered", "HTTP-10", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &onePerRead{conn} }})
			})
		}),
		wrong("http.ErrAbortHandler ends a response as if it were whole", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				defer func() {
					if v := recover(); v != nil && v != http.ErrAbortHandler {
						panic(v)
					}
				}()
				next.ServeHTTP(w, req)
			})
		}),
		wrong("a handler that panics is answered for", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				defer func() {
					if v := recover(); v != nil {
						if v == http.ErrAbortHandler {
							panic(v)
						}
						w.WriteHeader(http.StatusInternalServerError)
					}
				}()
				next.ServeHTTP(w, req)
			})
		}),
		wrong("a server without a handler panics", "HTTP-10", func(i *impl) {
			var known sync.Map
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, again := known.LoadOrStore(srv, true); !again {
					next := srv.Handler
					srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { next.ServeHTTP(w, req) })
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("ServeTLS ignores the server's TLSConfig", "HTTP-10", func(i *impl) {
			onServeTLS(i, func(srv *http.Server, certFile string) error {
				if certFile != "" {
					srv.TLSConfig = nil
				}
				return nil
			})
		}),
		wrong("ServeTLS takes certificates only in files", "HTTP-10", func(i *impl) {
			onServeTLS(i, func(srv *http.Server, certFile string) error {
				if certFile == "" && srv.TLSConfig != nil {
					return errors.New("no certificate file")
				}
				return nil
			})
		}),
		wrong("ServeTLS does not offer HTTP/2", "HTTP-10", func(i *impl) {
			onServeTLS(i, func(srv *http.Server, _ string) error {
				srv.Protocols = new(http.Protocols)
				srv.Protocols.SetHTTP1(true)
				return nil
			})
		}),
		wrong("a request over TLS does not say so", "HTTP-10", func(i *impl) {
			onServeTLS(i, func(srv *http.Server, _ string) error {
				if next := srv.Handler; next != nil {
					srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
						req.TLS = nil
						next.ServeHTTP(w, req)
					})
				}
				return nil
			})
		}),
	}
}

// withoutDeadline is a ResponseWriter that takes a read deadline, and forgets it.
type withoutDeadline struct{ wholeWriter }

// SetReadDeadline does nothing.
func (withoutDeadline) SetReadDeadline(time.Time) error { return nil }

// forgetful is a ResponseWriter whose Hijack forgets what was read already.
type forgetful struct{ wholeWriter }

// Hijack takes the connection.
func (f forgetful) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, _, err := f.wholeWriter.Hijack()
	if err != nil {
		return nil, nil, err
	}
	return conn, bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn)), nil
}

// onePerRead is a connection of which each Read returns at most one GET request. What
// follows it is lost.
type onePerRead struct{ net.Conn }

// Read loses what follows.
func (c *onePerRead) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	first, rest, found := bytes.Cut(p[:n], []byte("\r\n\r\n"))
	if found && bytes.HasPrefix(first, []byte("GET ")) && bytes.HasPrefix(rest, []byte("GET ")) {
		n -= len(rest)
	}
	return n, err
}
