package broken

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// requestShapeCases are right for the requests and the ends that a test usually has, and
// wrong for others.
func requestShapeCases() []Case {
	served := func(name, breaks string, f func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler)) Case {
		return wrong(name, breaks, func(i *impl) { onRequests(i, f) })
	}
	handled := func(name string, such func(req *http.Request) bool) Case {
		return wrong(name, "HTTP-4", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, next http.Handler) {
				if such(req) && !refusing(i, ctx) {
					if i.State(ctx) == "draining" {
						w.Header().Set("Connection", "close")
					}
					next.ServeHTTP(w, req)
					return
				}
				counted.ServeHTTP(w, req)
			})
		})
	}
	cancelOnStop := func(name string, f func(w http.ResponseWriter, req *http.Request, cancelling, next http.Handler)) Case {
		return wrong(name, "HTTP-9", func(i *impl) {
			onCancelOnStop(i, func(_ context.Context, cancelling, next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { f(w, req, cancelling, next) })
			})
		})
	}
	return []Case{
		served("a handler gets a clone of the request", "HTTP-10", func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
			next.ServeHTTP(w, req.Clone(req.Context()))
		}),
		served("a request without a body has none", "HTTP-10", func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
			if req.ContentLength == 0 {
				req.Body = nil
			}
			next.ServeHTTP(w, req)
		}),
		served("unknown methods are refused", "HTTP-10", func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
			if strings.Contains("PROPFIND TRACE CONNECT", req.Method) {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			next.ServeHTTP(w, req)
		}),
		served("while draining, it is not seen that a client has gone", "HTTP-10", func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
			if ctx.Err() != nil && req.URL.Path == "/" && req.ProtoMajor == 1 {
				req = req.WithContext(&untilLater{Context: req.Context(), d: 5 * time.Second})
			}
			next.ServeHTTP(w, req)
		}),
		handled("Handler does not count probes", func(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "z") }),
		handled("Handler does not count requests to upgrade", func(req *http.Request) bool { return req.Header.Get("Upgrade") != "" }),
		handled("Handler does not count requests that expect 100-continue", func(req *http.Request) bool { return req.Header.Get("Expect") != "" }),
		handled("Handler does not count requests over HTTP/2", func(req *http.Request) bool { return req.ProtoMajor == 2 }),
		cancelOnStop("CancelOnStop contains panics", func(w http.ResponseWriter, req *http.Request, cancelling, _ http.Handler) {
			defer func() { _ = recover() }()
			cancelling.ServeHTTP(w, req)
		}),
		cancelOnStop("CancelOnStop has the handler run on a goroutine of its own", func(w http.ResponseWriter, req *http.Request, cancelling, _ http.Handler) {
			done := make(chan any, 1)
			go func() {
				defer func() { done <- recover() }()
				cancelling.ServeHTTP(w, req)
			}()
			if v := <-done; v != nil {
				panic(v)
			}
		}),
		cancelOnStop("CancelOnStop is for GET only", func(w http.ResponseWriter, req *http.Request, cancelling, next http.Handler) {
			if req.Method != http.MethodGet {
				cancelling = next
			}
			cancelling.ServeHTTP(w, req)
		}),
		wrong("Serve returns why the parent has expired", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				err := serve(ctx, srv, ln)
				if cause := context.Cause(ctx); err == nil && errors.Is(cause, context.DeadlineExceeded) {
					return cause
				}
				return err
			})
		}),
		wrong("the BaseContext of the first listener is that of all", "HTTP-2", func(i *impl) {
			var known sync.Map
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, again := known.LoadOrStore(srv, true); !again && srv.BaseContext != nil {
					srv.BaseContext = once(srv.BaseContext)
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("shutdown is not waited for when serve has returned", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				ended := make(chan struct{})
				serve, shutdown := s.serve, s.shutdown
				s.serve = func() error { defer close(ended); return serve() }
				s.shutdown = func(ctx context.Context) error {
					done := make(chan error, 1)
					go func() {
						defer func() {
							if recover() != nil {
								done <- errors.New("panicked")
							}
						}()
						done <- shutdown(ctx)
					}()
					select {
					case err := <-done:
						return err
					case <-ended:
						return nil
					}
				}
				return serveFunc(s)
			})
		}),
	}
}

// once returns a function that returns what f did first.
func once(f func(net.Listener) context.Context) func(net.Listener) context.Context {
	var first atomic.Pointer[context.Context]
	return func(ln net.Listener) context.Context {
		if of := f(ln); first.CompareAndSwap(nil, &of) {
			return of
		}
		return *first.Load()
	}
}

// untilLater is a context that ends so much later than the one it is derived from.
type untilLater struct {
	context.Context
	d time.Duration
}

// Done is closed later.
func (u *untilLater) Done() <-chan struct{} {
	done := make(chan struct{})
	context.AfterFunc(u.Context, func() { time.AfterFunc(u.d, func() { close(done) }) })
	return done
}

// shapeVariants answer requests in other ways, all of which are right.
func shapeVariants() []variant {
	return []variant{
		{"wraps every body", "HTTP", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				req.Body = struct {
					io.Reader
					io.Closer
				}{req.Body, req.Body}
				next.ServeHTTP(w, req)
			})
		}},
		{"yields before each request", "HTTP", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				runtime.Gosched()
				next.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), noteKey[int]{}, 1)))
			})
		}},
		{"closes each connection after one answer while draining", "HTTP", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if ctx.Err() != nil && req.Header.Get("Upgrade") == "" {
					w.Header().Set("Connection", "close")
				}
				next.ServeHTTP(w, req)
			})
		}},
	}
}
