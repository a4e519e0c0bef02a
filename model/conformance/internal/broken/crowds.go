package broken

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// crowdCases are right for a few and wrong for many.
func crowdCases() []Case {
	return []Case{
		wrongPlain("groups beyond 200 are not waited for", "DRAIN-1", func(i *impl) {
			run, group := i.Run, i.DrainGroup
			i.Run = func(main task, drain, shutdown time.Duration) error {
				return run(func(ctx context.Context) error {
					return main(context.WithValue(ctx, crowdKey{}, new(atomic.Int64)))
				}, drain, shutdown)
			}
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				if n, ok := ctx.Value(crowdKey{}).(*atomic.Int64); ok && n.Add(1) > 200 {
					return new(sync.WaitGroup)
				}
				return group(ctx)
			}
		}),
		wrong("units beyond 200 are not waited for", "DRAIN-1 DRAIN-2", func(i *impl) {
			type units struct {
				n    atomic.Int64
				told atomic.Bool
			}
			of, log, track := notes[units](i), logs(i), i.Track
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				if i.State(ctx) == "running" && of(ctx).n.Add(1) > 200 {
					return func() {}, true
				}
				done, ok := track(ctx)
				if !ok && !of(ctx).told.Swap(true) { // the place that the library tells is the wrapper's
					log(ctx)("ERROR", "refused at "+place(1))
				}
				return done, ok
			}
		}),
		wrong("hooks beyond 100 run first registered first", "HOOK-1", func(i *impl) {
			type hooks struct {
				mu  sync.Mutex
				all []task
			}
			of := notes[hooks](i)
			onHook(i, func(ctx context.Context, hook task, takesContext bool) task {
				h := of(ctx)
				h.mu.Lock()
				defer h.mu.Unlock()
				n := len(h.all)
				if takesContext || i.State(ctx) == "hooks" || i.State(ctx) == "stopped" {
					return hook
				}
				if h.all = append(h.all, hook); n < 100 {
					return hook
				}
				return func(own context.Context) error {
					h.mu.Lock()
					turn := h.all[100+len(h.all)-1-n]
					h.mu.Unlock()
					return turn(own)
				}
			})
		}),
		wrong("no more than 100 units are counted", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Tracked = min(e.Tracked, 100) })
		}),
		wrong("only the first 500 checks decide", "HEALTH-2", func(i *impl) {
			onHealth(i, func(h *funcs) {
				n, add := 0, h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if n++; n <= 500 || check == nil {
						add(name, check)
						return
					}
					h.AddCheckContext(name, func(context.Context) error { return check() }, conformance.CheckSettings{Optional: true})
				}
			})
		}),
		wrong("a slow observer loses the steps that are pending", "STATE-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				observe := s.Observe
				if observe == nil {
					return
				}
				var busyUntil time.Time
				s.Observe = func(step conformance.Step) {
					if step.At.Before(busyUntil) {
						return
					}
					began := time.Now()
					observe(step)
					if time.Since(began) > time.Millisecond {
						busyUntil = time.Now()
					}
				}
			})
		}),
		wrong("a work context that a hook asks for is live", "DRAIN-8", func(i *impl) {
			work := i.WorkContext
			i.WorkContext = func(ctx context.Context) context.Context {
				if blameForeign(ctx, place(1)) {
					return ctx
				}
				if i.State(ctx) == "hooks" {
					return context.WithoutCancel(ctx)
				}
				return work(ctx)
			}
		}),
		wrong("readiness that a check asks for waits for that check", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var running sync.Map // the goroutines of checks, with what ends with them
				readiness, add := h.Readiness, h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil {
						add(name, nil, s)
						return
					}
					add(name, func(ctx context.Context) error {
						ended := make(chan struct{})
						running.Store(goroutine(), ended)
						defer running.Delete(goroutine())
						defer close(ended)
						return check(ctx)
					}, s)
				}
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if ended, inside := running.Load(goroutine()); inside {
						<-ended.(chan struct{})
					}
					readiness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("what is registered with a run inside another is the outer one's", "RUN-9", func(i *impl) {
			outermost := func(ctx context.Context) context.Context {
				if outer, ok := ctx.Value(crowdKey{}).(context.Context); ok {
					return outer
				}
				return ctx
			}
			onMain(i, func(ctx context.Context, main task) error {
				return main(context.WithValue(ctx, crowdKey{}, outermost(ctx)))
			})
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if i.State(ctx) == "running" {
					ctx = outermost(ctx)
				}
				register(ctx, plainHook(hook), 0, place(1))
			}
		}),
		wrong("a forced end cuts no connection", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				work := i.WorkContext(ctx)
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
					return &unless{conn, func() bool { return i.Is(context.Cause(work), "forced") }}
				}})
			})
		}),
		wrong("the end of a request is seen 300 ms late", "HTTP-4", func(i *impl) {
			handler := i.Handler
			i.Handler = func(ctx context.Context, next http.Handler) http.Handler {
				if blameForeign(ctx, place(1)) {
					return next
				}
				return handler(ctx, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					defer func() {
						if done, ok := lifecycle.Track(ctx); ok {
							time.AfterFunc(300*time.Millisecond, done)
						}
					}()
					next.ServeHTTP(w, req)
				}))
			}
		}),
		wrong("a response does not say that the connection closes when its handler calls WriteHeader", "HTTP-3", func(i *impl) {
			const early = "X-Early: yes\r\n"
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 && req.Method == http.MethodGet {
					w = earlyHeader{wholeWriter{&hijackNoted{ResponseWriter: w}}}
				}
				next.ServeHTTP(w, req)
			})
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				edit := func(p []byte) []byte {
					if !bytes.Contains(p, []byte(early)) {
						return p
					}
					p = bytes.Replace(p, []byte(early), nil, 1)
					return bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
				}
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn { return &edited{conn, edit} }})
			})
		}),
		wrong("signals are still caught after a run that failed", "SIG-3", func(i *impl) {
			run := i.Run
			i.Run = func(main task, drain, shutdown time.Duration) error {
				err := run(main, drain, shutdown)
				if err != nil {
					signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
				}
				return err
			}
		}),
	}
}

type crowdKey struct{}

// goroutine is what identifies the calling goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	head, _, _ := strings.Cut(string(buf[:runtime.Stack(buf, false)]), " [")
	return head
}

// unless is a connection that nothing closes but its other end, where so.
type unless struct {
	net.Conn
	so func() bool
}

// Close closes it, where not so.
func (u *unless) Close() error {
	if u.so() {
		return nil
	}
	return u.Conn.Close()
}

// earlyHeader marks the response of a handler that calls WriteHeader.
type earlyHeader struct{ wholeWriter }

// WriteHeader writes the mark too.
func (e earlyHeader) WriteHeader(status int) {
	if status == http.StatusOK {
		e.Header().Set("X-Early", "yes")
	}
	e.wholeWriter.WriteHeader(status)
}
