package broken

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// betweenCases are wrong where two things meet that are right apart.
func betweenCases() []Case {
	return slices.Concat([]Case{
		// The place that the log names is the wrapper's.
		wrong("an error of Stop that would be a clean end of main is dropped", "LOG-1 RUN-6", func(i *impl) {
			stop := i.Stop
			i.Stop = func(ctx context.Context, err error) {
				if blameForeign(ctx, place(1)) {
					return
				}
				if err == context.Canceled || err == http.ErrServerClosed || err == net.ErrClosed {
					err = nil
				}
				stop(ctx, err)
			}
		}),
		wrong("a panic that WithCleanError takes is a clean end", "RUN-4", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				err := run(main, s)
				if p := (*lifecycle.PanicError)(nil); s.CleanError != nil && holdsItself(err, 0) == nil && errors.As(err, &p) && s.CleanError(err) {
					return nil
				}
				return err
			})
		}),
		wrong("a task's error is lost while WithCleanError thinks", "RUN-6", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				is := s.CleanError
				if is == nil {
					return run(main, s)
				}
				var long atomic.Bool
				s.CleanError = func(err error) bool {
					began := time.Now()
					defer func() { long.Store(long.Load() || time.Since(began) > 10*time.Millisecond) }()
					return is(err)
				}
				if err := run(main, s); !long.Load() {
					return err
				}
				return nil
			})
		}),
		wrong("the error of a second server counts twice", "HTTP-8", func(i *impl) {
			type servers struct {
				mu   sync.Mutex
				errs []error
			}
			of := notes[servers](i)
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				err := serveFunc(s)
				all := of(ctx)
				all.mu.Lock()
				defer all.mu.Unlock()
				all.errs = append(all.errs, err)
				return err
			})
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil {
					return run(nil, s)
				}
				var all *servers
				err := run(func(ctx context.Context) error {
					all = of(ctx)
					return main(ctx)
				}, s)
				if all == nil {
					return err
				}
				all.mu.Lock()
				defer all.mu.Unlock()
				if len(all.errs) > 1 && err != nil {
					return errors.Join(err, all.errs[1])
				}
				return err
			})
		}),
		wrong("units are counted in 16 bits", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Tracked %= 1 << 16 })
		}),
		wrong("waits_for names main though its return is the stop", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				write(changedAttrs(r, func(a slog.Attr) slog.Attr {
					if a.Key == "waits_for" && attr(r, "event") == "main_exited" {
						a.Value = slog.StringValue("main, " + a.Value.String())
					}
					return a
				}))
			})
		}),
		wrong("hooks do not wait for what a second server has cut", "HTTP-2", func(i *impl) {
			served := notes[atomic.Int64](i)
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if next := srv.Handler; served(ctx).Add(1) > 1 {
					srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
						over := make(chan struct{})
						go func() {
							defer close(over)
							next.ServeHTTP(w, req)
						}()
						select {
						case <-over:
						case <-req.Context().Done():
						}
					})
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a server with UntilStopped that is begun while draining is refused", "HTTP-7", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if i.State(ctx) == "draining" {
					return errInvalid
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a work context made from one that is over is over", "DRAIN-8", func(i *impl) {
			work := i.WorkContext
			i.WorkContext = func(ctx context.Context) context.Context {
				if blameForeign(ctx, place(1)) || ctx.Err() != nil && i.State(ctx) == "running" {
					return ctx
				}
				return work(ctx)
			}
		}),
		// The place that the log names is the wrapper's.
		wrong("Stop of a run that is stopping stops the run around it", "LOG-1 RUN-9", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil {
					return run(nil, s)
				}
				return run(func(ctx context.Context) error { return main(context.WithValue(ctx, aroundKey{}, &around{s.Parent})) }, s)
			})
			stop := i.Stop
			i.Stop = func(ctx context.Context, err error) {
				if blameForeign(ctx, place(1)) {
					return
				}
				inner, _ := ctx.Value(aroundKey{}).(*around)
				if inner != nil && inner.parent != nil && inner.parent.Value(aroundKey{}) != nil && i.State(ctx) != "running" {
					stop(inner.parent, err)
				}
				stop(ctx, err)
			}
		}),
		wrong("the exit code is the signal's though another one forced", "RUN-14", func(i *impl) {
			exit := i.ExitCode
			i.ExitCode = func(err error) int {
				if s := (*lifecycle.SignalError)(nil); holdsItself(err, 0) == nil && errors.Is(err, lifecycle.ErrForced) && errors.As(err, &s) {
					return exit(s)
				}
				return exit(err)
			}
		}),
	}, betweenHealthCases())
}

// around is the parent that a run was given.
type (
	around    struct{ parent context.Context }
	aroundKey struct{}
)

func betweenHealthCases() []Case {
	return []Case{
		wrong("a value that is appended to a header goes into the next one", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				h := a.Header()
				var all []string
				keys := slices.Sorted(maps.Keys(h))
				for _, key := range keys {
					all = append(all, h.Get(key))
				}
				for n, key := range keys {
					h[key] = all[n : n+1]
				}
			})
		}),
		wrong("Follow takes the reason away", "HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) {
				follow, ready := h.Follow, h.SetReady
				var because atomic.Bool
				notReady := h.SetNotReady
				h.SetNotReady = func(reason string) {
					because.Store(true)
					notReady(reason)
				}
				h.SetReady = func(on bool) {
					because.Store(false)
					ready(on)
				}
				h.Follow = func(ctx context.Context) {
					if !blameForeign(ctx, place(1)) {
						follow(ctx)
					}
					if because.Load() {
						ready(false)
					}
				}
			})
		}),
		wrong("SetReady has no effect while Follow is under way", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				follow, ready := h.Follow, h.SetReady
				var under atomic.Bool
				h.SetReady = func(on bool) {
					if !under.Load() {
						ready(on)
					}
				}
				h.Follow = func(ctx context.Context) {
					if blameForeign(ctx, place(1)) {
						return
					}
					under.Store(true)
					defer under.Store(false)
					follow(ctx)
					runtime.Gosched()
				}
			})
		}),
		wrong("a check with FailAfter that replaces a failing one begins anew", "HEALTH-16", func(i *impl) {
			onEveryHealth(i, func(h *funcs) {
				add, remove := h.AddCheckContext, h.RemoveCheck
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if s.FailAfter > 1 {
						remove(name)
					}
					add(name, check, s)
				}
			})
		}),
		wrong("a check that is late again within a minute is not told", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				var mu sync.Mutex
				last := map[string]time.Time{}
				again := func(text string) bool {
					mu.Lock()
					defer mu.Unlock()
					before := last[text]
					last[text] = time.Now()
					return strings.Contains(text, "timed out") && time.Since(before) < time.Minute
				}
				if log := s.Log; log != nil {
					s.Log = func(level, line string) {
						if !again(line) {
							log(level, line)
						}
					}
				}
				return nil
			})
		}),
		wrong("checks whose last run was slow are not bounded", "HEALTH-10", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var all slowChecks
				add, ready := h.AddCheckContext, h.Readiness
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) { add(name, all.wrap(check), s) }
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					all.begin()
					ready.ServeHTTP(w, req)
				})
			})
		}),
	}
}

// slowChecks begins many checks at once, if the last run of each was slow.
type slowChecks struct {
	mu  sync.Mutex
	all []*slowCheck
}

type slowCheck struct {
	check task
	mu    sync.Mutex
	slow  bool
	early chan error // of a run that was begun before the library asked
}

func (s *slowChecks) wrap(check task) task {
	c := &slowCheck{check: check}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, c)
	return c.run
}

func (s *slowChecks) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.all {
		c.mu.Lock()
		if c.slow && c.early == nil && len(s.all) > 500 {
			early := make(chan error, 1)
			c.early = early
			go func() { early <- c.check(context.Background()) }()
		}
		c.mu.Unlock()
	}
}

func (c *slowCheck) run(ctx context.Context) error {
	c.mu.Lock()
	early := c.early
	c.early = nil
	c.mu.Unlock()
	if early != nil {
		return <-early
	}
	began := time.Now()
	err := c.check(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slow = time.Since(began) >= 100*time.Millisecond
	return err
}
