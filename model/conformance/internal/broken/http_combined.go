package broken

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// combinedHTTPCases are wrong about what two things mean for each other.
func combinedHTTPCases() []Case {
	return []Case{
		wrong("Serve returns 60 ms late over TLS", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				err := serve(ctx, srv, ln)
				if fmt.Sprintf("%T", ln) == "*tls.listener" {
					time.Sleep(60 * time.Millisecond)
				}
				return err
			})
		}),
		wrong("a hijacked connection is closed when Serve returns", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				conns := trackConns(srv)
				defer conns.each(func(conn net.Conn, state http.ConnState) {
					if state == http.StateHijacked {
						_ = conn.Close()
					}
				})
				return serve(ctx, srv, ln)
			})
		}),
		wrong("over TLS a hijacked connection is cut seconds late", "HTTP-2", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.TLS != nil && req.ProtoMajor == 1 {
					w = cutLate{wholeWriter{&hijackNoted{ResponseWriter: w}}}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("idle connections stay while a new one has sent nothing", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				conns := trackConns(srv)
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &idler{conn, conns} }})
			})
		}),
		wrong("a request ends at the deadline of what Serve was given", "HTTP-2 HTTP-10", func(i *impl) {
			withContext(i, func(ctx, request context.Context) context.Context {
				if at, ok := ctx.Deadline(); ok {
					request, cancel := context.WithDeadline(request, at)
					context.AfterFunc(request, cancel)
					return request
				}
				return request
			})
		}),
		wrong("a request to upgrade is answered without Connection: close", "HTTP-3", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &upgrades{Conn: conn} }})
			})
		}),
		wrong("a handler that says keep-alive has its connection kept", "HTTP-3", func(i *impl) {
			var keeps atomic.Bool
			withoutClose(i, func(context.Context) bool { return keeps.Load() })
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				next.ServeHTTP(w, req)
				if w.Header().Get("Connection") == "keep-alive" {
					keeps.Store(true)
					_ = http.NewResponseController(w).Flush()
					keeps.Store(false)
				}
			})
		}),
		wrong("a panic after a hijack is counted for good", "HTTP-5", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				defer func() {
					p := recover()
					if _, err := w.Write(nil); p != nil && err == http.ErrHijacked {
						lifecycle.Track(ctx)
					}
					if p != nil {
						panic(p)
					}
				}()
				next.ServeHTTP(w, req)
			})
		}),
		wrong("over HTTP/1.0 a ResponseWriter can do nothing more", "HTTP-5", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 && req.ProtoMinor == 0 {
					w = struct{ http.ResponseWriter }{w}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("a server with UntilStopped serves on when Hooks is forced to end", "HTTP-7", func(i *impl) {
			type forced struct{ atomic.Bool }
			of := notes[forced](i)
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || s.Signals == nil {
					return run(main, s)
				}
				note := of(s.Parent)
				observe := s.Observe
				s.Observe = func(step conformance.Step) {
					note.Store(note.Load() || step.On == "forced" && step.To == "stopped")
					if observe != nil {
						observe(step)
					}
				}
				return run(main, s)
			})
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, unclosed{ln, func() bool { return of(ctx).Load() }})
			})
		}),
		wrong("nothing warns of a task that waits for a server with UntilStopped", "HTTP-7", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if !strings.Contains(line, "hold up Draining") {
					log(level, line)
				}
			})
		}),
		wrong("an error of shutdown is lost when Draining is over", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if shutdown := s.shutdown; shutdown != nil {
					s.shutdown = func(ctx context.Context) error {
						if err := shutdown(ctx); ctx.Err() == nil {
							return err
						}
						return nil
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("100-continue is sent though the request is refused", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 && req.Header.Get("Expect") != "" {
					w.WriteHeader(http.StatusContinue)
				}
				next.ServeHTTP(w, req)
			})
		}),
	}
}

// upgrades is a connection whose responses lose their "Connection: close" once it was
// asked to upgrade.
type upgrades struct {
	net.Conn
	mu    sync.Mutex
	asked bool
}

// Read notes a request to upgrade.
func (u *upgrades) Read(p []byte) (int, error) {
	n, err := u.Conn.Read(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked = u.asked || bytes.Contains(p[:n], []byte("Connection: Upgrade\r\n"))
	return n, err
}

// Write edits.
func (u *upgrades) Write(p []byte) (int, error) {
	u.mu.Lock()
	asked := u.asked
	u.mu.Unlock()
	if !asked {
		return u.Conn.Write(p)
	}
	_, err := u.Conn.Write(bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1))
	return len(p), err
}

// cutLate is a ResponseWriter that hands out connections which seem open for seconds when
// they are not.
type cutLate struct{ wholeWriter }

// Hijack is http.Hijacker's.
func (w cutLate) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := w.wholeWriter.Hijack()
	if err != nil {
		return nil, nil, err
	}
	return seemsOpen{conn}, rw, nil
}

type seemsOpen struct{ net.Conn }

// Read reads, and takes its time over the end.
func (c seemsOpen) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		time.Sleep(5 * time.Second)
	}
	return n, err
}

// idler is a connection that is closed late if it is idle while another is new.
type idler struct {
	net.Conn
	conns *tracked
}

// Close closes it now or later.
func (c *idler) Close() error {
	idle, fresh := false, false
	c.conns.each(func(conn net.Conn, state http.ConnState) {
		idle = idle || conn == c && state == http.StateIdle
		fresh = fresh || conn != c && state == http.StateNew
	})
	if idle && fresh {
		time.AfterFunc(300*time.Millisecond, func() { _ = c.Conn.Close() })
		return nil
	}
	return c.Conn.Close()
}

// unclosed is a listener that is closed a moment later, if it is not so by then.
type unclosed struct {
	net.Listener
	so func() bool
}

// Close does not wait for that.
func (u unclosed) Close() error {
	time.AfterFunc(time.Millisecond, func() {
		if !u.so() {
			_ = u.Listener.Close()
		}
	})
	return nil
}
