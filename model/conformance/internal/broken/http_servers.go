package broken

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/greynewell/mist-go/fsm"
)

// serverFuncs are what ServeFunc is given.
type serverFuncs struct {
	serve    func() error
	shutdown task
	closeNow func() error
}

// onServeFunc has f called instead of ServeFunc, with what would have been.
func onServeFunc(i *impl, f func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error) {
	serveFunc := i.ServeFunc
	i.ServeFunc = func(ctx context.Context, serve func() error, shutdown task, closeNow func() error) error {
		if blameForeign(ctx, place(1)) {
			return errInvalid
		}
		return f(ctx, serverFuncs{serve, shutdown, closeNow}, func(s serverFuncs) error {
			return serveFunc(ctx, s.serve, s.shutdown, s.closeNow)
		})
	}
}

// shutdownAfterServe calls f instead of a shutdown that comes when serve has returned.
func shutdownAfterServe(name string, f func(shutdown func() error) error) Case {
	return wrong(name, "HTTP-8", func(i *impl) {
		onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
			serve, shutdown := s.serve, s.shutdown
			if serve == nil || shutdown == nil {
				return serveFunc(s)
			}
			var returned atomic.Bool
			s.serve = func() error {
				defer returned.Store(true)
				return serve()
			}
			s.shutdown = func(ctx context.Context) error {
				if returned.Load() {
					return f(func() error { return shutdown(ctx) })
				}
				return shutdown(ctx)
			}
			return serveFunc(s)
		})
	})
}

// onUntil is onServe for servers that serve until the run is stopped.
func onUntil(i *impl, f func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error) {
	serve := i.ServeUntilStopped
	i.ServeUntilStopped = func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		if blameForeign(ctx, place(1)) {
			return errInvalid
		}
		return f(ctx, srv, ln, serve)
	}
}

// patientListener goes on for good when it has failed.
type patientListener struct{ net.Listener }

// Accept returns a connection, or when the listener is closed.
func (l patientListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil && err != net.ErrClosed {
		select {}
	}
	return conn, err
}

// lateListener is closed when a run is stopped, not before.
type lateListener struct {
	net.Listener
	stopped <-chan struct{}
}

// Close closes it later.
func (l lateListener) Close() error {
	go func() {
		<-l.stopped
		_ = l.Listener.Close()
	}()
	return nil
}

func serverCases() []Case {
	return []Case{
		wrong("a server with UntilStopped stops at the stop", "HTTP-1 HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, _ server) error {
				return i.Serve(ctx, srv, ln)
			})
		}),
		wrong("a server with UntilStopped counts as in-flight work", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if done, ok := i.Track(ctx); ok {
					defer done()
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("the failure of a server with UntilStopped is lost", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, patientListener{ln})
			})
		}),
		wrong("a server with UntilStopped sends Connection: close", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				next := srv.Handler
				if fmt.Sprintf("%T", next) != "http.HandlerFunc" {
					return serve(ctx, srv, ln) // it is served already
				}
				srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if ctx.Err() != nil {
						w.Header().Set("Connection", "close")
					}
					next.ServeHTTP(w, req)
				})
				return serve(ctx, srv, ln)
			})
		}),
		wrong("requests to a server with UntilStopped end at the stop", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				next := srv.Handler
				if fmt.Sprintf("%T", next) == "http.HandlerFunc" { // else it is served already
					srv.Handler = withRequest(next, func(request context.Context) context.Context {
						below, cancel := context.WithCancel(request)
						context.AfterFunc(ctx, cancel)
						return below
					})
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a server with UntilStopped waits for main too", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				source, _ := fsm.FromContext(ctx)
				return serve(ctx, srv, lateListener{ln, source.Reached(fsm.Stopped)})
			})
		}),
		wrong("shutdown is called twice", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				shutdown := s.shutdown
				var again atomic.Bool
				s.shutdown = func(ctx context.Context) error {
					if !again.Swap(true) {
						defer func() { _ = contained(func() error { return shutdown(ctx) }) }()
					}
					return shutdown(ctx)
				}
				return serveFunc(s)
			})
		}),
		shutdownAfterServe("an error of shutdown is lost when serve has returned", func(shutdown func() error) error {
			if o := contained(shutdown); o.err == nil {
				return o.again()
			}
			return nil
		}),
		shutdownAfterServe("a panic of shutdown is lost when serve has returned", func(shutdown func() error) error {
			if o := contained(shutdown); !o.panicked {
				return o.again()
			}
			return nil
		}),
		shutdownAfterServe("Goexit in shutdown is lost when serve has returned", func(shutdown func() error) error {
			if o := contained(shutdown); !o.exited {
				return o.again()
			}
			return nil
		}),
		wrong("Goexit in serve after the stop is a clean end", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if serve := s.serve; serve != nil {
					s.serve = func() error {
						if o := contained(serve); !o.exited || ctx.Err() == nil {
							return o.again()
						}
						return nil
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("shutdown is called with main's context", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				shutdown := s.shutdown
				s.shutdown = func(context.Context) error { return shutdown(ctx) }
				return serveFunc(s)
			})
		}),
		wrong("the context of shutdown never ends", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				shutdown := s.shutdown
				s.shutdown = func(own context.Context) error { return shutdown(context.WithoutCancel(own)) }
				return serveFunc(s)
			})
		}),
		wrong("closeNow is never called", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				s.closeNow = nil
				return serveFunc(s)
			})
		}),
		wrong("closeNow is called with shutdown", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if shutdown, closeNow := s.shutdown, s.closeNow; closeNow != nil {
					s.shutdown = func(own context.Context) error {
						defer closeNow()
						return shutdown(own)
					}
				}
				s.closeNow = nil
				return serveFunc(s)
			})
		}),
		wrong("ServeFunc does not count as in-flight work", "DRAIN-4 HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, _ func(s serverFuncs) error) error {
				ended := make(chan error, 1)
				go func() { ended <- s.serve() }()
				select {
				case err := <-ended:
					i.Stop(ctx, err)
					return nil
				case <-ctx.Done():
				}
				below, cancel := context.WithCancel(context.WithoutCancel(ctx))
				defer context.AfterFunc(i.WorkContext(ctx), cancel)()
				if err := s.shutdown(below); err != nil {
					i.Stop(ctx, err)
				}
				<-ended
				return nil
			})
		}),
		wrong("the end of serve before the stop does not request one", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				serve := s.serve
				s.serve = func() error {
					err := serve()
					<-ctx.Done()
					return err
				}
				return serveFunc(s)
			})
		}),
		wrong("the error of shutdown is lost", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				shutdown := s.shutdown
				s.shutdown = func(own context.Context) error {
					_ = shutdown(own)
					return nil
				}
				return serveFunc(s)
			})
		}),
		wrong("the error of serve is in the result twice", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				err := serveFunc(s)
				if err != nil {
					i.Stop(ctx, err)
				}
				return err
			})
		}),
		wrong("ServeFunc does not return serve's error", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				_ = serveFunc(s)
				return nil
			})
		}),
	}
}
