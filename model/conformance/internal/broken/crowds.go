package broken

import (
	"context"
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
			type units struct{ n atomic.Int64 }
			of, refused, track := notes[units](i), refusedAt(i), i.Track
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				if i.State(ctx) == "running" && of(ctx).n.Add(1) > 200 {
					return func() {}, true
				}
				done, ok := track(ctx)
				if !ok {
					refused(ctx, place(1))
				}
				return done, ok
			}
		}).mayBreak("DRAIN-3"),
		wrong("hooks beyond 100 run in the order of registration", "HOOK-1", func(i *impl) {
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
		wrong("a single unit is not counted", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) {
				if e.Tracked == 1 {
					e.Tracked = 0
				}
			})
		}),
		wrong("at most 100 units are counted", "DRAIN-2", func(i *impl) {
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
		wrong("a work context made in a hook is live", "DRAIN-8", func(i *impl) {
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
		wrong("what is registered with a nested run goes to the outer one", "RUN-9", func(i *impl) {
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
		wrong("the result has at most 100 errors", "RUN-6", func(i *impl) {
			onErrors(i, func(all []error) []error { return all[:min(100, len(all))] })
		}),
		wrong("FailAfter is at most 50", "HEALTH-18", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) { s.FailAfter = min(s.FailAfter, 50) })
		}),
		wrong("only the first 64 groups that are asked for count", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of := h.ReadinessOf
				h.ReadinessOf = func(groups ...string) http.Handler { return of(groups[:min(64, len(groups))]...) }
			})
		}),
		wrong("of concurrent probes those beyond 256 are refused", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var under atomic.Int64
				readiness := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer under.Add(-1)
					if under.Add(1) > 256 {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					readiness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("the uptime begins again after a hundred hours", "HEALTH-7", func(i *impl) {
			onHealth(i, func(h *funcs) {
				for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
					*endpoint = rewritten(*endpoint, replaceIn(`"uptime":"[0-9]+([0-9]{2}h)`, `"uptime":"$1`))
				}
			})
		}),
		wrong("the twentieth SIGTERM forces", "SIG-2", func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) {
				n := 0
				return func(sig os.Signal) {
					if n++; n == 20 && sig == syscall.SIGTERM {
						sig = os.Interrupt
					}
					deliver(sig)
				}
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
