package broken

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
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
				if next := srv.Handler; fmt.Sprintf("%T", next) == "http.HandlerFunc" && served(ctx).Add(1) > 1 { // else it is served already
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
