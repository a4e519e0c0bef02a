package broken

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
)

// onceMoreCases are right the first time, or for one caller.
func onceMoreCases() []Case {
	return []Case{
		wrong("an observer that has called Goexit gets no further steps", "STATE-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				if observe := s.Observe; observe != nil {
					var gone atomic.Bool
					s.Observe = func(step conformance.Step) { untilGoexit(&gone, func() { observe(step) }) }
				}
			})
		}),
		wrong("a logger that has called Goexit gets no further records", "STATE-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				if log := s.Log; log != nil {
					var gone atomic.Bool
					s.Log = func(level, line string) { untilGoexit(&gone, func() { log(level, line) }) }
				}
			})
		}),
		wrong("the second refusal is not reported", "DRAIN-3", func(i *impl) {
			track, refusals := i.Track, notes[atomic.Int64](i)
			refused := refusedAt(i)
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				if state := i.State(ctx); state != "hooks" && state != "stopped" {
					return track(ctx)
				}
				if refusals(ctx).Add(1) == 1 {
					refused(ctx, place(1))
				}
				return func() {}, false
			}
		}),
		wrong("after stopped Track answers true", "DRAIN-3", func(i *impl) {
			track := i.Track
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				done, ok := track(ctx)
				return done, ok || i.State(ctx) == "stopped"
			}
		}),
		wrong("done called twice at once counts twice", "DRAIN-8", func(i *impl) {
			type units struct {
				mu    sync.Mutex
				dones []func()
			}
			of, track := notes[units](i), i.Track
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				done, ok := track(ctx)
				if !ok {
					return done, ok
				}
				u := of(ctx)
				u.mu.Lock()
				defer u.mu.Unlock()
				u.dones = append(u.dones, done)
				var over atomic.Bool
				return func() {
					if over.Load() {
						return
					}
					runtime.Gosched()
					over.Store(true)
					u.mu.Lock()
					defer u.mu.Unlock()
					if last := len(u.dones) - 1; last >= 0 {
						u.dones[last]()
						u.dones = u.dones[:last]
					}
				}, ok
			}
		}),
		wrong("a task's panic with context.Canceled is a clean end", "DRAIN-8", func(i *impl) {
			onErrors(i, func(all []error) (kept []error) {
				for _, err := range all {
					if t, ok := err.(*lifecycle.TaskError); !ok || !errors.Is(t, context.Canceled) || !i.Is(t, model.Panic) {
						kept = append(kept, err)
					}
				}
				return kept
			})
		}),
		wrong("Goexit of a hook registered after stopped ends its caller", "HOOK-2", func(i *impl) {
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				if hook == nil || i.State(ctx) != "stopped" {
					register(ctx, plainHook(hook), 0, place(1))
					return
				}
				var o outcome
				register(ctx, func(context.Context) error { o = contained(hook); return o.again() }, 0, place(1))
				if o.exited {
					runtime.Goexit()
				}
			}
		}),
		wrong("the second call with a context of no run is not reported", "HOOK-9", func(i *impl) {
			var calls atomic.Int64
			onRegister(i, func(ctx context.Context, register func()) {
				if i.State(ctx) != "" || calls.Add(1) == 1 {
					register()
				}
			})
		}),
		wrong("an interrupt is still caught after Run", "SIG-3", func(i *impl) { stillCaught(i, os.Interrupt) }),
		wrong("SIGHUP is still caught after Run", "SIG-3", func(i *impl) { stillCaught(i, syscall.SIGHUP) }),
		wrong("SIGPIPE is ignored after Run", "SIG-3", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				defer func() {
					if s.Signals == nil {
						signal.Ignore(syscall.SIGPIPE)
					}
				}()
				return run(main, s)
			})
		}),
	}
}

// stillCaught has a signal be caught after the first run that takes the process's own.
func stillCaught(i *impl, sig os.Signal) {
	caught := make(chan os.Signal, 1)
	onRun(i, func(main task, s settings, run runner) error {
		if s.Signals == nil {
			signal.Notify(caught, sig)
		}
		return run(main, s)
	})
}

// untilGoexit calls f until it has called Goexit.
func untilGoexit(gone *atomic.Bool, f func()) {
	if gone.Load() {
		return
	}
	o := contained(func() error { f(); return nil })
	if o.exited {
		gone.Store(true)
		return
	}
	_ = o.again()
}
