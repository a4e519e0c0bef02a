package broken

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// onHook has f change every hook as it is registered. takesContext tells the
// hooks of OnShutdownContext from the others, which are given one nevertheless.
func onHook(i *impl, f func(ctx context.Context, hook task, takesContext bool) task) {
	i.OnShutdown = func(ctx context.Context, hook func() error) {
		changed := plainHook(hook)
		if changed != nil {
			changed = f(ctx, changed, false)
		}
		register(ctx, changed, 0, place(1))
	}
	i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
		if hook != nil {
			hook = f(ctx, hook, true)
		}
		register(ctx, hook, timeout, place(1))
	}
	i.OnShutdownStop = func(ctx context.Context, hook task, timeout time.Duration) func() bool {
		if hook != nil {
			hook = f(ctx, hook, true)
		}
		return register(ctx, hook, timeout, place(1))
	}
}

// onRegister has f called instead of each registration, with what would have
// registered the hook. A hook that may be taken back is registered as it is.
func onRegister(i *impl, f func(ctx context.Context, register func())) {
	i.OnShutdown = func(ctx context.Context, hook func() error) {
		at := place(1)
		f(ctx, func() { register(ctx, plainHook(hook), 0, at) })
	}
	i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
		at := place(1)
		f(ctx, func() { register(ctx, hook, timeout, at) })
	}
}

// onHooks keeps the hooks that are registered before the phase Hooks back, and
// registers what change makes of the list as the phase begins. Each element is
// a function that registers one hook.
func onHooks(i *impl, change func(list []func()) []func()) {
	type kept struct {
		mu   sync.Mutex
		list []func()
		open bool
	}
	of, isPlayed := notes[kept](i), played(i)
	onMain(i, func(ctx context.Context, main task) error {
		if !isPlayed(ctx) {
			return main(ctx)
		}
		lifecycle.OnShutdown(ctx, func() error {
			k := of(ctx)
			k.mu.Lock()
			list := change(k.list)
			k.open = true
			k.mu.Unlock()
			for _, register := range list {
				register()
			}
			return nil
		})
		return main(ctx)
	})
	i.OnShutdownStop = func(ctx context.Context, hook task, timeout time.Duration) func() bool {
		k := of(ctx)
		k.mu.Lock()
		k.open = true // nothing is kept back beside a hook that is not
		k.mu.Unlock()
		return register(ctx, hook, timeout, place(1))
	}
	state := i.State
	onRegister(i, func(ctx context.Context, register func()) {
		k := of(ctx)
		k.mu.Lock()
		open := k.open || !isPlayed(ctx) || state(ctx) == "stopped"
		if !open {
			k.list = append(k.list, register)
		}
		k.mu.Unlock()
		if open {
			register()
		}
	})
}

// plainHook is a hook that takes no context, as one that does.
func plainHook(hook func() error) task {
	if hook == nil {
		return nil
	}
	return func(context.Context) error { return hook() }
}

// register registers a hook for a caller further up. The library would take
// the wrapper for the place that did; so the place is made the hook's name.
func register(ctx context.Context, hook task, timeout time.Duration, place string) (stop func() bool) {
	if blameForeign(ctx, place) {
		return func() bool { return false }
	}
	return lifecycle.OnShutdownContext(ctx, hook, lifecycle.HookTimeout(timeout), lifecycle.HookName(place))
}

// blaming says that a call is being blamed: the logger may make another.
var blaming atomic.Bool

// blameForeign logs the place of a call with a context that does not come from
// Run, and says whether it is one.
func blameForeign(ctx context.Context, place string) bool {
	if !isForeign(ctx) {
		return false
	}
	if !blaming.Swap(true) {
		defer blaming.Store(false)
		slog.Error("the context does not come from Run", "at", place)
	}
	return true
}

// isForeign says whether a context does not come from Run.
func isForeign(ctx context.Context) bool {
	_, ok := fsm.FromContext(ctx)
	return !ok
}

// place is where the function was called that calls it, so many callers up.
func place(up int) string {
	_, file, line, _ := runtime.Caller(up + 1)
	return fmt.Sprintf("%s:%d", file, line)
}
