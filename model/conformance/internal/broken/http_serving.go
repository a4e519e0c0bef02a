package broken

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
)

// server is Serve, or what is put in its place.
type server = func(ctx context.Context, srv *http.Server, ln net.Listener) error

// onServe has every call of Serve go through f, which is given what would have
// served.
func onServe(i *impl, f func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error) {
	serve := i.Serve
	i.Serve = func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		if blameForeign(ctx, place(1)) {
			return errInvalid
		}
		return f(ctx, srv, ln, serve)
	}
}

// onRequests has f handle every request that Serve serves. ctx is the one that
// Serve was given.
func onRequests(i *impl, f func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler)) {
	var known sync.Map // the servers that it does so for already
	onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
		if _, again := known.LoadOrStore(srv, true); !again {
			next := handlerOf(srv)
			srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { f(ctx, w, req, next) })
		}
		return serve(ctx, srv, ln)
	})
}

// handlerOf returns the handler that a server calls.
func handlerOf(srv *http.Server) http.Handler {
	if srv.Handler == nil {
		return http.DefaultServeMux
	}
	return srv.Handler
}

func serveCases() []Case {
	return []Case{
		wrong("Serve is http.Server's own, with Shutdown at the stop", "DRAIN-2 HEALTH-4 HTTP-1 HTTP-2 HTTP-3 HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, _ server) error {
				base := srv.BaseContext
				srv.BaseContext = func(ln net.Listener) context.Context {
					if base != nil {
						return context.WithoutCancel(base(ln))
					}
					return context.WithoutCancel(ctx)
				}
				ended := make(chan error, 1)
				go func() { ended <- srv.Serve(ln) }()
				select {
				case err := <-ended:
					return err
				case <-ctx.Done():
					return srv.Shutdown(context.Background())
				}
			})
		}).because("all that Serve adds is missing, the lifecycle in the requests' contexts too"),
		// The run around it knows nothing of its requests.
		wrong("Serve lives in a run of its own", "DRAIN-2 HEALTH-4 HTTP-1 HTTP-2 HTTP-3 HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return lifecycle.Run(func(ctx context.Context) error { return serve(ctx, srv, ln) },
					lifecycle.WithContext(ctx), lifecycle.WithSignals())
			})
		}).because("readiness follows that run, which begins to drain after the delay of the one around it, and what it cuts is not in the result of that"),
		wrong("Serve returns a moment after the last answer", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				defer time.Sleep(300 * time.Millisecond)
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a connection that has had its answer is waited for until it is 500 ms old", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				var made atomic.Pointer[time.Time]
				err := serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
					now := time.Now()
					made.Store(&now)
					return conn
				}})
				if last := made.Load(); last != nil && err == nil {
					time.Sleep(time.Until(last.Add(500 * time.Millisecond)))
				}
				return err
			})
		}),
		wrong("a server that was closed before is not an error", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if err := serve(ctx, srv, ln); !errors.Is(err, http.ErrServerClosed) {
					return err
				}
				return nil
			})
		}),
		wrong("Serve returns an error when requests were cut", "HTTP-1", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				err := serve(ctx, srv, ln)
				if cause := context.Cause(i.WorkContext(ctx)); cause != nil && i.Is(cause, model.DrainTimeout) {
					return errors.Join(err, errors.New("requests were cut"))
				}
				return err
			})
		}),
		wrong("cut requests are not reported", "DRAIN-2 HTTP-1 HTTP-2 HTTP-6", func(i *impl) {
			onErrors(i, func(all []error) []error {
				return slices.DeleteFunc(all, func(err error) bool {
					var timeout *lifecycle.DrainTimeoutError
					return errors.As(err, &timeout) && timeout.Requests > 0 && len(timeout.Groups) == 0
				})
			})
		}).because("each says of what it is about that the result has it"),
		wrong("only one server is served in a run", "HTTP-1", func(i *impl) {
			of := notes[atomic.Bool](i)
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if of(ctx).Swap(true) {
					return errors.New("there is a server already")
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a listen failure is retried", "HTTP-1", func(i *impl) {
			listenAndServe := i.ListenAndServe
			i.ListenAndServe = func(ctx context.Context, srv *http.Server) error {
				if blameForeign(ctx, place(1)) {
					return errInvalid
				}
				for {
					err := listenAndServe(ctx, srv)
					var op *net.OpError
					if ctx.Err() != nil || !errors.As(err, &op) || op.Op != "listen" {
						return err
					}
					time.Sleep(10 * time.Millisecond)
				}
			}
		}),
		wrong("requests are cut at the stop", "HTTP-1 HTTP-10 HTTP-2 HTTP-6 HTTP-9", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				defer context.AfterFunc(ctx, func() {
					time.Sleep(time.Millisecond) // in which GOAWAY is sent: at one instant it may be or not
					_ = srv.Close()
				})()
				return serve(ctx, srv, ln)
			})
		}).because("whatever is to be answered after the stop is not"),
	}
}
