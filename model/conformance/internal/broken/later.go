package broken

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// laterCases are wrong the second time, late, beyond a number, or inside one another.
func laterCases() []Case {
	return []Case{
		wrong("a run inside a hook is stopped at once", "RUN-9", func(i *impl) {
			var within atomic.Int64
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					if i.State(ctx) == "hooks" {
						within.Add(1)
						defer within.Add(-1)
					}
					return hook(own)
				}
			})
			onSettings(i, func(s *settings) {
				if within.Load() > 0 && !isPlay(*s) {
					p, stop := context.WithCancel(parent(s))
					stop()
					s.Parent = p
				}
			})
		}),
		wrong("records of a run beyond 200 are lost", "STATE-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				var n atomic.Int64
				if log := s.Log; log != nil {
					s.Log = func(level, line string) {
						if n.Add(1) <= 200 {
							log(level, line)
						}
					}
				}
				if s.Logger == nil {
					return
				}
				s.Logger = slog.New(recorder{s.Logger.Handler(), func(r slog.Record, write func(slog.Record)) {
					if n.Add(1) <= 200 {
						write(r)
					}
				}})
			})
		}),
		wrong("a hook registered after stopped can be taken back", "HOOK-10", func(i *impl) {
			i.OnShutdownStop = func(ctx context.Context, hook task, timeout time.Duration) func() bool {
				late := i.State(ctx) == "stopped"
				stop := register(ctx, hook, timeout, place(1))
				if late {
					return func() bool { return true }
				}
				return stop
			}
		}),
		wrong("the context of a hook that a hook registers has no values", "HOOK-5", func(i *impl) {
			onHook(i, func(ctx context.Context, hook task, takes bool) task {
				if !takes || i.State(ctx) != "hooks" {
					return hook
				}
				return func(own context.Context) error { return hook(noValues{own}) }
			})
		}),
		wrong("a hook that a late hook registers is lost", "HOOK-4", func(i *impl) {
			type in struct{ n atomic.Int64 }
			of := notes[in](i)
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if hook == nil || i.State(ctx) != "stopped" {
					register(ctx, plainHook(hook), 0, place(1))
					return
				}
				if of(ctx).n.Add(1) == 1 {
					register(ctx, plainHook(hook), 0, place(1))
				}
				of(ctx).n.Add(-1)
			}
		}),
		wrong("the shutdown timeout names at most 8 hooks", "HOOK-3", func(i *impl) {
			onShutdownTimeout(i, func(e *lifecycle.ShutdownTimeoutError) { e.NotRun = e.NotRun[:min(8, len(e.NotRun))] })
		}),
		wrong("only the first work context ends with draining", "DRAIN-8", func(i *impl) {
			type cnt struct{ n atomic.Int64 }
			of := notes[cnt](i)
			inner := i.WorkContext
			i.WorkContext = func(ctx context.Context) context.Context {
				if blameForeign(ctx, place(1)) {
					return ctx
				}
				if of(ctx).n.Add(1) > 1 && i.State(ctx) != "stopped" && i.State(ctx) != "" && i.State(ctx) != "hooks" {
					return context.WithoutCancel(inner(ctx))
				}
				return inner(ctx)
			}
		}),
		wrong("after a forced end no time has elapsed", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if attr(r, "event") != "forced" {
					write(r)
					return
				}
				write(changedAttrs(r, func(a slog.Attr) slog.Attr {
					if a.Key == "elapsed" {
						return slog.String("elapsed", "0s")
					}
					return a
				}))
			})
		}),
		wrong("at_most is a nanosecond", "LOG-1", func(i *impl) {
			onAttr(i, "at_most", func(a slog.Attr) slog.Attr { return slog.String("at_most", "1ns") })
		}),
		wrong("signals are still caught after the second run", "SIG-3", func(i *impl) {
			var runs atomic.Int64
			onRun(i, func(main task, s settings, run runner) error {
				if s.Signals == nil && runs.Add(1) == 2 {
					defer func() {
						c := make(chan os.Signal, 1)
						signal.Notify(c, syscall.SIGTERM)
						runtime.KeepAlive(c)
					}()
				}
				return run(main, s)
			})
		}),
		wrong("a clean error deeper than five is an error", "RUN-7", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if err != nil && holdsItself(err, 0) == nil && depth(err) > 5 && ctx.Err() != nil {
					return errors.New(err.Error())
				}
				return err
			})
		}),
		wrong("a hook with a timeout cannot be taken back", "HOOK-10", func(i *impl) {
			i.OnShutdownStop = func(ctx context.Context, hook task, timeout time.Duration) func() bool {
				stop := register(ctx, hook, timeout, place(1))
				if timeout > 0 {
					return func() bool { return false }
				}
				return stop
			}
		}),
		wrong("the log does not say why the parent was cancelled", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if attr(r, "to") == "draining" && attr(r, "at") == "" && !strings.Contains(attr(r, "cause"), "signal") {
					r = changedAttrs(r, func(a slog.Attr) slog.Attr {
						if a.Key == "cause" {
							return slog.Attr{}
						}
						return a
					})
				}
				write(r)
			})
		}),
		wrong("what is waited for does not count tasks", "LOG-1", func(i *impl) {
			onAttr(i, "waits_for", func(a slog.Attr) slog.Attr {
				if strings.Contains(a.Value.String(), "task") {
					a.Value = slog.StringValue("7 units")
				}
				return a
			})
		}),
	}
}

// depth is how many layers an error has.
func depth(err error) int {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return 1 + depth(e.Unwrap())
	case interface{ Unwrap() []error }:
		d := 0
		for _, x := range e.Unwrap() {
			d = max(d, depth(x))
		}
		return d + 1
	}
	return 0
}
