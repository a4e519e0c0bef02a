package broken

import (
	"context"
	"sync/atomic"
	"time"
)

// onStop has f change what takes a hook back. hook is what was registered, and
// begun whether it has begun.
func onStop(i *impl, f func(ctx context.Context, stop func() bool, begun *atomic.Bool) func() bool) {
	i.OnShutdownStop = func(ctx context.Context, hook task, timeout time.Duration) func() bool {
		begun := new(atomic.Bool)
		stop := register(ctx, func(own context.Context) error {
			begun.Store(true)
			return hook(own)
		}, timeout, place(1))
		if i.State(ctx) == "" {
			return stop
		}
		return f(ctx, stop, begun)
	}
}

// takeBackCases are wrong in how hooks are taken back.
func takeBackCases() []Case {
	return []Case{
		wrong("a hook that was taken back runs", "HOOK-10", func(i *impl) {
			onStop(i, func(_ context.Context, _ func() bool, begun *atomic.Bool) func() bool {
				var taken atomic.Bool
				return func() bool { return !begun.Load() && !taken.Swap(true) }
			})
		}),
		wrong("taking a hook back has no effect", "HOOK-10", func(i *impl) {
			onStop(i, func(context.Context, func() bool, *atomic.Bool) func() bool {
				return func() bool { return false }
			})
		}),
		wrong("OnShutdownContext returns nil", "HOOK-10", func(i *impl) {
			onStop(i, func(context.Context, func() bool, *atomic.Bool) func() bool { return nil })
		}),
		wrong("a hook can be taken back twice", "HOOK-10", func(i *impl) {
			onStop(i, func(_ context.Context, stop func() bool, _ *atomic.Bool) func() bool {
				var taken atomic.Bool
				return func() bool {
					if stop() {
						taken.Store(true)
					}
					return taken.Load()
				}
			})
		}),
		wrong("a hook that has begun can be taken back", "HOOK-10", func(i *impl) {
			onStop(i, func(_ context.Context, stop func() bool, begun *atomic.Bool) func() bool {
				return func() bool { return stop() || begun.Swap(false) }
			})
		}),
		wrong("a hook cannot be taken back while hooks run", "HOOK-10", func(i *impl) {
			onStop(i, func(ctx context.Context, stop func() bool, _ *atomic.Bool) func() bool {
				return func() bool { return i.State(ctx) != "hooks" && stop() }
			})
		}),
		wrong("a hook that the shutdown timeout has dropped can be taken back", "HOOK-10", func(i *impl) {
			onStop(i, func(ctx context.Context, stop func() bool, begun *atomic.Bool) func() bool {
				var taken atomic.Bool
				return func() bool {
					if stop() {
						taken.Store(true)
						return true
					}
					return !begun.Load() && !taken.Swap(true) && i.State(ctx) == "stopped"
				}
			})
		}),
		wrong("a hook that was taken back still holds its memory", "HOOK-10", func(i *impl) {
			i.OnShutdownStop = func(ctx context.Context, hook task, timeout time.Duration) func() bool {
				stop := register(ctx, hook, timeout, place(1))
				return func() bool {
					defer func() { held.Store(&hook) }()
					return stop()
				}
			}
		}),
	}
}

// held is what a hook was that is over.
var held atomic.Pointer[task]
