package broken

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/greynewell/mist-go/lifecycle"
)

// besideCases are wrong about one thing beside another: units beside requests, a server
// inside a task, a handler that calls its server's, a signal of another run.
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
		wrong("Stop does not take the error of any signal", "RUN-14", func(i *impl) {
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
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if of(ctx).delayed && req.ProtoMajor == 1 && req.Header.Get("Upgrade") == "" {
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
		wrong("a server's handler does not answer what has come over no connection", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.Context().Value(http.LocalAddrContextKey) == nil {
					panic(http.ErrAbortHandler)
				}
				next.ServeHTTP(w, req)
			})
		}),
	}
}
