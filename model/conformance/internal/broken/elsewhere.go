package broken

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
)

// elsewhereCases are right for a server as it mostly is, and wrong elsewhere: over TLS or a
// socket of another kind, on a third listener, while the run is starting, in the drain
// delay.
func elsewhereCases() []Case {
	unclosed := func(name string, such func(req *http.Request) bool) Case {
		return wrong(name+" has no Connection: close in the drain delay", "HTTP-3", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				// The library's writer decides when the header is sent.
				if own, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok && req.ProtoMajor == 1 && req.ProtoMinor == 1 && such(req) {
					w = own.Unwrap()
				}
				next.ServeHTTP(w, req)
			})
		})
	}
	return []Case{
		unclosed("a request that expects 100-continue", func(req *http.Request) bool { return req.Header.Get("Expect") != "" && req.URL.Path == "/expects" }),
		unclosed("a request whose length is not known", func(req *http.Request) bool { return req.ContentLength < 0 && req.URL.Path == "/chunks" }),
		unclosed("a request over TLS", func(req *http.Request) bool { return req.TLS != nil }),
		unclosed("a request whose handler says early that it keeps the connection", func(req *http.Request) bool { return req.URL.Path == "/keeps-early" }),
		wrong("through Handler, a request has no Connection: close in the drain delay", "HTTP-3", func(i *impl) {
			handler := i.Handler
			i.Handler = func(ctx context.Context, next http.Handler) http.Handler {
				if blameForeign(ctx, place(1)) || next == nil {
					return handler(ctx, next)
				}
				return handler(ctx, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if inDelay(i, ctx) {
						w.Header().Del("Connection")
					}
					next.ServeHTTP(w, req)
				}))
			}
		}),
		wrong("on the third listener of a server Serve returns 40 ms late", "HTTP-1", func(i *impl) {
			var mu sync.Mutex
			served := map[*http.Server]int{}
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				mu.Lock()
				served[srv]++
				third := served[srv] == 3
				mu.Unlock()
				err := serve(ctx, srv, ln)
				if third && err == nil {
					time.Sleep(40 * time.Millisecond)
				}
				return err
			})
		}),
		wrong("ServeTLS returns an error when requests were cut", "HTTP-1", func(i *impl) {
			serve := i.ServeTLS
			i.ServeTLS = func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error {
				if blameForeign(ctx, place(1)) {
					return errInvalid
				}
				err := serve(ctx, srv, ln, certFile, keyFile)
				if cause := context.Cause(i.WorkContext(ctx)); cause != nil && i.Is(cause, model.DrainTimeout) {
					return errors.Join(err, errors.New("requests were cut"))
				}
				return err
			}
		}),
		wrong("ServeTLS of a server that was closed before is not an error", "HTTP-1", func(i *impl) {
			serve := i.ServeTLS
			i.ServeTLS = func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error {
				if blameForeign(ctx, place(1)) {
					return errInvalid
				}
				if err := serve(ctx, srv, ln, certFile, keyFile); !errors.Is(err, http.ErrServerClosed) {
					return err
				}
				return nil
			}
		}),
		wrong("over TLS a listen failure is returned 300 ms later", "HTTP-1", func(i *impl) {
			listenAndServe := i.ListenAndServeTLS
			i.ListenAndServeTLS = func(ctx context.Context, srv *http.Server, certFile, keyFile string) error {
				if blameForeign(ctx, place(1)) {
					return errInvalid
				}
				err := listenAndServe(ctx, srv, certFile, keyFile)
				var op *net.OpError
				if errors.As(err, &op) && op.Op == "listen" {
					time.Sleep(300 * time.Millisecond)
				}
				return err
			}
		}),
		wrong("a listener on a unix socket closes 250 ms after the cancel", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, unix := ln.(*net.UnixListener); unix {
					context.AfterFunc(ctx, func() {
						time.AfterFunc(250*time.Millisecond, func() { _ = ln.Close() })
					})
					ln = &stillOpen{Listener: ln, closed: make(chan struct{})}
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a connection over a unix socket without a request is closed at the stop", "HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, unix := ln.(*net.UnixListener); unix {
					defer closesNew(ctx, srv)()
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("ConnContext is ignored if there is a BaseContext", "HTTP-10", func(i *impl) {
			onFirstServe(i, func(srv *http.Server) {
				if srv.BaseContext != nil {
					srv.ConnContext = nil
				}
			})
		}),
		wrong("ConnState is not called for a hijacked connection", "HTTP-10", func(i *impl) {
			onFirstServe(i, func(srv *http.Server) {
				if inner := srv.ConnState; inner != nil {
					srv.ConnState = func(conn net.Conn, state http.ConnState) {
						if state != http.StateHijacked {
							inner(conn, state)
						}
					}
				}
			})
		}),
		wrong("Serve never uncounts a request over HTTP/2 that panics", "HTTP-5", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 2 {
					done, _ := i.Track(ctx)
					next.ServeHTTP(w, req)
					done()
					return
				}
				next.ServeHTTP(w, req)
			})
		}).mayBreak("DRAIN-2"), // it counts them as units
		wrong("while starting, the failure of a server with UntilStopped is lost", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if i.State(ctx) == "starting" {
					ln = patientListener{ln}
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("while starting, the clean end of serve does not request a stop", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if serve := s.serve; serve != nil {
					s.serve = func() error {
						err := serve()
						if err == nil && i.State(ctx) == "starting" {
							<-ctx.Done()
						}
						return err
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("an error of closeNow that shutdown returned too is lost", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if shutdown, closeNow := s.shutdown, s.closeNow; shutdown != nil && closeNow != nil {
					var known atomic.Pointer[error]
					s.shutdown = func(ctx context.Context) error {
						err := shutdown(ctx)
						known.Store(&err)
						return err
					}
					s.closeNow = func() error {
						err := closeNow()
						if other := known.Load(); other != nil && *other == err {
							return nil
						}
						return err
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("the context of shutdown outlives a forced end", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if shutdown := s.shutdown; shutdown != nil {
					s.shutdown = func(own context.Context) error {
						longer, cancel := context.WithCancelCause(context.WithoutCancel(own))
						context.AfterFunc(own, func() {
							if cause := context.Cause(own); !errors.Is(cause, lifecycle.ErrForced) {
								cancel(cause)
							}
						})
						return shutdown(longer)
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("ServeTLS leaves a goroutine for three seconds", "RUN-10", func(i *impl) {
			onServeTLS(i, func(*http.Server, string) error {
				go time.Sleep(3 * time.Second)
				return nil
			})
		}),
		wrong("ServeFunc in a hook waits until the run is stopped", "HOOK-7", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if source, _ := fsm.FromContext(ctx); i.State(ctx) == "hooks" {
					<-source.Reached(fsm.Stopped)
				}
				return serveFunc(s)
			})
		}),
		wrong("ListenAndServeTLS with a context of no run returns nil", "HOOK-9", func(i *impl) {
			listenAndServe := i.ListenAndServeTLS
			i.ListenAndServeTLS = func(ctx context.Context, srv *http.Server, certFile, keyFile string) error {
				if blameForeign(ctx, place(1)) {
					return nil
				}
				return listenAndServe(ctx, srv, certFile, keyFile)
			}
		}),
		wrong("the log does not name the call site of a server whose end is the stop", "LOG-1", func(i *impl) {
			var of func(ctx context.Context) *atomic.Bool
			onSettings(i, func(s *settings) {
				if ended := of(parent(s)); s.Logger != nil {
					s.Logger = slog.New(recorder{s.Logger.Handler(), func(r slog.Record, write func(slog.Record)) {
						if ended.Load() && attr(r, "to") == "draining" {
							r = withoutAttr(r, "at")
						}
						write(r)
					}})
				}
			})
			of = notes[atomic.Bool](i)
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if serve := s.serve; serve != nil {
					s.serve = func() error {
						err := serve()
						if err == nil && i.State(ctx) == "running" {
							of(ctx).Store(true)
						}
						return err
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("of several hijacked connections one is cut", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				var hijacked atomic.Int64
				inner := srv.ConnState
				srv.ConnState = func(conn net.Conn, state http.ConnState) {
					if inner != nil {
						inner(conn, state)
					}
					if k, ok := conn.(*kept); ok && state == http.StateHijacked && hijacked.Add(1) > 1 {
						k.taken.Store(true)
					}
				}
				over := make(chan struct{})
				context.AfterFunc(i.WorkContext(ctx), func() { time.AfterFunc(time.Minute, func() { close(over) }) })
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &kept{Conn: conn, until: over} }})
			})
		}),
	}
}
