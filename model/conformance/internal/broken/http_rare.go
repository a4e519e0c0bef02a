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

// rareServeCases are right for what servers and handlers usually do, and wrong for what
// they do rarely.
func rareServeCases() []Case {
	return []Case{
		wrong("over HTTP/2 no GOAWAY is sent in the drain delay", "HTTP-3", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 2 && inDelay(i, ctx) {
					w.Header().Del("Connection")
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("a response whose WriteHeader was called before the stop has no Connection: close", "HTTP-3", func(i *impl) {
			onWireAnswers(i, func(_ context.Context, _ net.Conn, request, p []byte) []byte {
				if bytes.HasPrefix(request, []byte("GET /earl")) {
					return bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
				}
				return p
			})
		}),
		wrong("a response to a handler that returns at the stop has no Connection: close", "HTTP-3", func(i *impl) {
			var first sync.Map // when the first response after the cancel was sent, by main's context
			onWireAnswers(i, func(ctx context.Context, _ net.Conn, request, p []byte) []byte {
				if ctx.Err() == nil || !bytes.HasPrefix(request, []byte("GET / ")) {
					return p
				}
				if at, _ := first.LoadOrStore(ctx, time.Now()); time.Since(at.(time.Time)) > 0 {
					return p
				}
				return bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
			})
		}),
		wrong("EnableFullDuplex does nothing", "HTTP-5 HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 {
					w = withoutDuplex{wholeWriter{&hijackNoted{ResponseWriter: w}}}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("what a handler copies in the drain delay is lost", "HTTP-10", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 && req.URL.Path == "/copies" && inDelay(i, ctx) {
					w = copiesNothing{wholeWriter{&hijackNoted{ResponseWriter: w}}}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("Handler does not count requests of a server with UntilStopped", "HTTP-4", func(i *impl) {
			var servers sync.Map
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				servers.Store(srv, true)
				return serve(ctx, srv, ln)
			})
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, next http.Handler) {
				if _, ok := servers.Load(req.Context().Value(http.ServerContextKey)); ok && !refusing(i, ctx) {
					counted = next
				}
				counted.ServeHTTP(w, req)
			})
		}),
		wrong("a server with functions of its own is waited for half a second", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if srv.ConnContext != nil && srv.ConnState != nil {
					defer time.Sleep(500 * time.Millisecond)
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a server whose context ends before main's counts as work for good", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				done, _ := i.Track(ctx)
				var early atomic.Bool
				context.AfterFunc(ctx, func() { early.Store(i.State(ctx) == "running") })
				defer func() {
					if !early.Load() {
						done()
					}
				}()
				return serve(ctx, srv, ln)
			})
		}).mayBreak("DRAIN-2"), // it counts them as units
		wrong("of one server on two listeners the second returns at the cancel", "HTTP-1", func(i *impl) {
			var served sync.Map
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, again := served.LoadOrStore(srv, true); !again {
					return serve(ctx, srv, ln)
				}
				ended := make(chan error, 1)
				go func() { ended <- serve(ctx, srv, ln) }()
				select {
				case err := <-ended:
					return err
				case <-ctx.Done():
					return nil
				}
			})
		}),
		wrong("a server that was closed is served again without an error", "HTTP-1", func(i *impl) {
			var closed sync.Map
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				err := serve(ctx, srv, ln)
				if _, again := closed.Load(srv); again {
					return nil
				}
				if errors.Is(err, http.ErrServerClosed) {
					closed.Store(srv, true)
				}
				return err
			})
		}),
		wrong("ListenAndServe of a server that was closed is not an error", "HTTP-1", func(i *impl) {
			listenAndServe := i.ListenAndServe
			i.ListenAndServe = func(ctx context.Context, srv *http.Server) error {
				if blameForeign(ctx, place(1)) {
					return errInvalid
				}
				if err := listenAndServe(ctx, srv); !errors.Is(err, http.ErrServerClosed) {
					return err
				}
				return nil
			}
		}),
		wrong("when a server with UntilStopped has failed, Run does not wait for the other servers", "HTTP-7", func(i *impl) {
			failed := notes[atomic.Bool](i)
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				err := serve(ctx, srv, ln)
				if failed(ctx).Load() {
					time.Sleep(200 * time.Millisecond)
				}
				failed(ctx).Store(err != nil)
				return err
			})
		}),
		wrong("a request that is cut when draining is forced to end has a response that looks complete", "HTTP-2", func(i *impl) {
			looksComplete(i, func(ctx context.Context) bool {
				return errors.Is(context.Cause(i.WorkContext(ctx)), lifecycle.ErrForced)
			})
		}),
	}
}

// withoutDuplex is a ResponseWriter that is asked for full duplex, and forgets it.
type withoutDuplex struct{ wholeWriter }

// EnableFullDuplex does nothing.
func (withoutDuplex) EnableFullDuplex() error { return nil }

// copiesNothing is a ResponseWriter whose ReadFrom sends nothing.
type copiesNothing struct{ wholeWriter }

// ReadFrom says that it does.
func (copiesNothing) ReadFrom(r io.Reader) (int64, error) { return io.Copy(io.Discard, r) }
