package broken

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/greynewell/mist-go/lifecycle"
)

// besideCases are wrong where two things meet: units and requests, a server inside a task,
// a handler that calls its server's, the signal of another run.
func besideCases() []Case {
	return []Case{
		wrong("a server counts as a unit of Track", "DRAIN-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				done, _ := lifecycle.Track(ctx)
				defer done()
				return serve(ctx, srv, ln)
			})
		}),
		wrong("there is no drain timeout if as many units as requests are out", "DRAIN-2", func(i *impl) {
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					var timeout *lifecycle.DrainTimeoutError
					if errors.As(err, &timeout) && timeout.Tracked > 0 && timeout.Tracked == timeout.Requests {
						all[n] = nil
					}
				}
				return all
			})
		}),
		wrong("an error with an Is method is a clean end", "RUN-7", func(i *impl) {
			onEnd(i, func(ctx context.Context, o outcome) error {
				_, list := o.err.(interface{ Unwrap() []error })
				if _, ok := o.err.(interface{ Is(target error) bool }); ok && !list && ctx.Err() != nil {
					return nil
				}
				return o.again()
			})
		}),
		wrong("a *SignalError given to Stop is lost", "RUN-14", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				err := run(main, s)
				if _, ok := err.(*lifecycle.SignalError); ok && !s.SignalError {
					return nil
				}
				return err
			})
		}),
		wrong("Serve inside a task is refused", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if strings.Contains(string(debug.Stack()), "lifecycle.(*run).runTask(") {
					_ = ln.Close()
					return errInvalid
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("with a drain delay every response ends its connection", "HTTP-3", func(i *impl) {
			delayed := hasDelay(i)
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if delayed(ctx) && req.ProtoMajor == 1 && req.Header.Get("Upgrade") == "" {
					w.Header().Set("Connection", "close")
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("a clean error of shutdown is an error", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if shutdown := s.shutdown; shutdown != nil {
					s.shutdown = func(ctx context.Context) error {
						err := shutdown(ctx)
						if errors.Is(err, http.ErrServerClosed) || errors.Is(err, context.Canceled) {
							return errors.New(err.Error())
						}
						return err
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("a server's handler panics for a request without a connection", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.Context().Value(http.LocalAddrContextKey) == nil {
					panic(http.ErrAbortHandler)
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("the context of a request that comes after the stop has no cause", "HTTP-9", func(i *impl) {
			onCancelOnStop(i, func(ctx context.Context, cancelling, next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if ctx.Err() == nil {
						cancelling.ServeHTTP(w, req)
						return
					}
					over, cancel := context.WithCancel(req.Context())
					cancel()
					next.ServeHTTP(w, req.WithContext(over))
				})
			})
		}),
		wrong("a port in use stops the run", "HTTP-1", func(i *impl) {
			listenAndServe := i.ListenAndServe
			i.ListenAndServe = func(ctx context.Context, srv *http.Server) error {
				if blameForeign(ctx, place(1)) {
					return errInvalid
				}
				err := listenAndServe(ctx, srv)
				if err != nil {
					lifecycle.Stop(ctx, err)
				}
				return err
			}
		}),
		wrong("a server that has the handler of another is not stopped", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				// The type is that of the library's own handlers: only a server that was given
				// the handler of another goes wrong, which is the case of one check.
				if fmt.Sprintf("%T", srv.Handler) == "*lifecycle.server" && !servedHere(srv) {
					return srv.Serve(ln)
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("in a drain delay a response ends the idle connections too", "HTTP-2", func(i *impl) {
			delayed := hasDelay(i)
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				next.ServeHTTP(w, req)
				if srv, ok := req.Context().Value(http.ServerContextKey).(*http.Server); ok && delayed(ctx) && inDelay(i, ctx) {
					srv.SetKeepAlivesEnabled(false)
				}
			})
		}),
		wrong("the ResponseWriter is not an http.CloseNotifier", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 {
					w = withoutCloseNotifier{&hijackNoted{ResponseWriter: w}}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("after a drain timeout groups are refused in silence", "DRAIN-3", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if log := s.Log; log != nil {
					var timedOut atomic.Bool
					s.Log = func(level, line string) {
						if strings.Contains(line, "did not finish in time") {
							timedOut.Store(true)
						}
						if !timedOut.Load() || !strings.Contains(line, "drain group created after") {
							log(level, line)
						}
					}
				}
				return run(main, s)
			})
		}),
	}
}

// withoutCloseNotifier is a ResponseWriter of HTTP/1 but for its CloseNotify.
type withoutCloseNotifier struct{ *hijackNoted }

// ReadFrom is io.ReaderFrom's.
func (w withoutCloseNotifier) ReadFrom(r io.Reader) (int64, error) {
	return w.ResponseWriter.(io.ReaderFrom).ReadFrom(r)
}

// WriteString is io.StringWriter's.
func (w withoutCloseNotifier) WriteString(s string) (int, error) {
	return io.WriteString(w.ResponseWriter, s)
}

// hasDelay returns a function that says whether the run of a context has a drain delay.
func hasDelay(i *impl) func(ctx context.Context) bool {
	type note struct{ delayed bool }
	of := notes[note](i)
	onRun(i, func(main task, s settings, run runner) error {
		if main == nil {
			return run(nil, s)
		}
		return run(func(ctx context.Context) error {
			of(ctx).delayed = s.Delay > 0
			return main(ctx)
		}, s)
	})
	return func(ctx context.Context) bool { return of(ctx).delayed }
}

// inDelay says whether the run of a context is in its drain delay.
func inDelay(i *impl, ctx context.Context) bool {
	return i.State(ctx) == "draining" && ctx.Err() == nil
}

// servedHere says whether the library's handler of a server is its own. It reads the
// unexported field srv of the library's handler, because no function says so.
func servedHere(srv *http.Server) bool {
	of := reflect.ValueOf(srv.Handler).Elem().FieldByName("srv")
	return of.IsValid() && of.Pointer() == reflect.ValueOf(srv).Pointer()
}
