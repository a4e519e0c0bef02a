package broken

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance/internal/http2frame"
)

// leewayVariants use the leeway that the contract gives to the full, or do what it leaves
// open in a rare way.
func leewayVariants() []variant {
	return []variant{
		{"begins hooks ninety milliseconds after the drain timeout", "DRAIN HOOK SIG", beginsHooksLate(90 * time.Millisecond)},
		{"takes nine milliseconds to return from Serve, and five to begin hooks", "HTTP", func(i *impl) {
			serves := notes[atomic.Bool](i)
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				serves(ctx).Store(true)
				defer time.Sleep(9 * time.Millisecond)
				return serve(ctx, srv, ln)
			})
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					if serves(ctx).Swap(false) {
						time.Sleep(5 * time.Millisecond)
					}
					return hook(own)
				}
			})
		}},
		{"has a handler of its own for start-up", "HEALTH", func(i *impl) {
			health := i.Health
			onHealth(i, func(h *funcs) {
				separate := health("tool", "version")
				follow := h.Follow
				h.Follow = func(ctx context.Context) {
					if follow(ctx); !isForeign(ctx) {
						separate.Follow(ctx)
					}
				}
				startup := h.Startup
				h.Startup = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := answer(separate.Startup, r)
					if own := answer(startup, r); own.Code == a.Code || a.Code == http.StatusMethodNotAllowed {
						a = own // it has the tool and the version
					}
					send(w, a)
				})
			})
		}},
		{"takes main to be what the record of its launch is about", "LOG", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || s.Logger == nil {
					return run(main, s)
				}
				at := reflect.ValueOf(main).Pointer() + 1
				frame, _ := runtime.CallersFrames([]uintptr{at}).Next()
				s.Logger = slog.New(recorder{s.Logger.Handler(), func(r slog.Record, write func(slog.Record)) {
					if attr(r, "event") == "started" && strings.Contains(frame.File, "/checks/") {
						r.PC = at
					}
					write(r)
				}})
				return run(main, s)
			})
		}},
		{"warns that it still drains, if only groups or main can be why", "DRAIN", func(i *impl) {
			tracked := func(ctx context.Context) bool {
				source, _ := fsm.FromContext(ctx)
				run, ok := source.(interface{ Snapshot() lifecycle.Snapshot })
				if !ok {
					return true
				}
				at := run.Snapshot()
				return at.TaskCount+at.Tracked+at.Requests > 0
			}
			warnsOfDraining(i, "still draining after 4.5s", func(ctx context.Context) bool { return !tracked(ctx) })
		}},
		{"counts in words", "DRAIN", rewritesCounts(func(n int) string {
			words := []string{"no", "one", "two", "three", "four", "five", "six", "seven"}
			if n < len(words) {
				return words[n]
			}
			return fmt.Sprint(n)
		})},
		{"refuses connections that are accepted after draining", "HTTP", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, refusing503{ln, i.WorkContext(ctx)})
			})
		}},
		{"sends GOAWAY as soon as it drains", "HTTP", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 2 && ctx.Err() == nil {
					w.Header().Del("Connection") // the library would send one for it
				}
				next.ServeHTTP(w, req)
			})
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
					g := &saysGoAway{Conn: conn, turn: make(chan struct{}, 1), drains: func() bool { return i.State(ctx) == "draining" }, stopped: ctx}
					g.look()
					return g
				}})
			})
		}},
	}
}

// refusing503 is a listener that answers itself what it accepts when draining is over.
type refusing503 struct {
	net.Listener
	draining context.Context
}

// Accept answers, and closes the connection.
func (l refusing503) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil && l.draining.Err() != nil {
		go func() {
			_ = conn.SetDeadline(time.Now().Add(time.Second / 2))
			_, _ = io.WriteString(conn, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			_ = conn.Close()
		}()
		return nil, net.ErrClosed
	}
	return conn, err
}

// saysGoAway is a connection that sends a GOAWAY over HTTP/2 when its service drains.
type saysGoAway struct {
	net.Conn
	drains  func() bool
	stopped context.Context // over when the server sends its own
	http2   atomic.Bool

	turn  chan struct{} // holds one value while something is written: virtual time would wait for a mutex
	wrote bool          // the server's settings, which come first
	said  bool
	timer *time.Timer
}

// Read notes that HTTP/2 is spoken.
func (g *saysGoAway) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if bytes.HasPrefix(p[:n], []byte("PRI * HTTP/2")) {
		g.http2.Store(true)
	}
	return n, err
}

// Write sends what is written, which are whole frames.
func (g *saysGoAway) Write(p []byte) (int, error) {
	g.turn <- struct{}{}
	defer func() { <-g.turn }()
	g.wrote = true
	return g.Conn.Write(p)
}

// Close ends the looking.
func (g *saysGoAway) Close() error {
	err := g.Conn.Close()
	g.turn <- struct{}{}
	defer func() { <-g.turn }()
	if g.timer != nil {
		g.timer.Stop()
	}
	g.said = true
	return err
}

// look sends it, or looks again in a while: not soon, because a run may last for an hour
// of virtual time.
func (g *saysGoAway) look() {
	g.turn <- struct{}{}
	defer func() { <-g.turn }()
	if g.said || g.stopped.Err() != nil {
		return
	}
	if g.wrote && g.http2.Load() && g.drains() {
		g.said = true
		_, _ = g.Conn.Write(http2frame.Encode(http2frame.GoAway, 0, 0, []byte{0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0}))
		return
	}
	g.timer = time.AfterFunc(100*time.Millisecond, g.look)
}
