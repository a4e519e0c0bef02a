package broken

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// amidCases are wrong amid much else: many calls, many tasks, many records, much time.
func amidCases() []Case {
	return []Case{
		wrong("a signal that comes among many calls is lost", "SIG-1", func(i *impl) {
			type calls struct{ n, last atomic.Int64 }
			of := notes[calls](i)
			markStarted := i.MarkStarted
			i.MarkStarted = func(ctx context.Context) {
				if blameForeign(ctx, place(1)) {
					return
				}
				c := of(ctx)
				c.n.Add(1)
				c.last.Store(time.Now().UnixNano())
				markStarted(ctx)
			}
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || s.Signals != nil {
					return run(main, s)
				}
				own, release := ownSignals(os.Interrupt, syscall.SIGTERM)
				defer release()
				out, over := make(chan os.Signal, 16), make(chan struct{})
				defer close(over)
				s.Signals = out
				return run(func(ctx context.Context) error {
					c := of(ctx)
					go forward(own, over, func(sig os.Signal) {
						if c.n.Load() < 100 || time.Now().UnixNano()-c.last.Load() > int64(10*time.Millisecond) {
							out <- sig
						}
					}, func() {})
					return main(ctx)
				}, s)
			})
		}),
		wrong("the last of a thousand busy tasks is not named", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) {
				if last := len(e.Tasks) - 1; last >= 1000 {
					e.Tasks = e.Tasks[:last]
				}
			})
		}),
		wrong("records that have waited for long are dropped, if they are many", "STATE-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Logger == nil {
					return
				}
				var n atomic.Int64
				s.Logger = slog.New(recorder{s.Logger.Handler(), func(r slog.Record, write func(slog.Record)) {
					if n.Add(1) < 100 || time.Since(r.Time) < time.Second {
						write(r)
					}
				}})
			})
		}),
		wrong("shutdown is called as soon as serve has returned", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				serve, shutdown := s.serve, s.shutdown
				if serve == nil || shutdown == nil {
					return serveFunc(s)
				}
				once := sync.OnceValue(func() error { return shutdown(ctx) })
				s.serve = func() error {
					err := serve()
					if err == nil && ctx.Err() == nil {
						_ = once()
					}
					return err
				}
				s.shutdown = func(context.Context) error { return once() }
				return serveFunc(s)
			})
		}),
		wrong("after a drain timeout the contexts of requests until stopped are over", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				work := i.WorkContext(ctx)
				if next := srv.Handler; fmt.Sprintf("%T", next) == "http.HandlerFunc" { // else it is served already
					srv.Handler = withRequest(next, func(request context.Context) context.Context {
						if !errors.Is(context.Cause(work), lifecycle.ErrDrainTimeout) {
							return request
						}
						over, cancel := context.WithCancel(request)
						cancel()
						return over
					})
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a check that hangs for 20 minutes is given up", "HEALTH-9", func(i *impl) {
			onContextChecks(i, func(check task) task {
				return func(ctx context.Context) error {
					over := make(chan outcome, 1)
					go func() { over <- contained(func() error { return check(ctx) }) }()
					select {
					case o := <-over:
						return o.again()
					case <-time.After(20 * time.Minute):
						return context.DeadlineExceeded
					}
				}
			})
		}),
		wrong("the context of a check that has waited for its turn has a timeout of its own", "HEALTH-10", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					add(name, func(ctx context.Context) error {
						deadline, _ := ctx.Deadline()
						if waited := s.Timeout - time.Until(deadline); s.Timeout > 0 && waited > 100*time.Millisecond {
							anew, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeout)
							defer cancel()
							ctx = anew
						}
						return check(ctx)
					}, s)
				}
			})
		}),
		wrong("a check that passes late is told", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				log := s.Log
				return func(h *funcs) {
					add := h.AddCheckContext
					h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
						add(name, func(ctx context.Context) error {
							began := time.Now()
							err := check(ctx)
							if took := time.Since(began); log != nil && err == nil && took > s.Timeout/2 && took < s.Timeout {
								log("WARN", fmt.Sprintf("health: check %s is slow", name))
							}
							return err
						}, s)
					}
				}
			})
		}),
	}
}
