package plain

import (
	"context"
	"log/slog"
	"time"
)

// OnShutdown registers a hook. Hooks run one at a time, the last registered
// first. One that is registered after the end does not run (HOOK-1, HOOK-4).
func OnShutdown(ctx context.Context, hook func() error) {
	r := from(ctx)
	r.mu.Lock()
	stopped := r.stopped
	if !stopped {
		r.hooks = append(r.hooks, hook)
	}
	r.mu.Unlock()
	if stopped {
		slog.Error("plain: OnShutdown: too late, the hook does not run")
		return
	}
	select {
	case r.registered <- struct{}{}:
	default: // it is known already
	}
}

// runHooks runs hooks until there is none left and main is back, or the
// shutdown timeout has run out, which counts from now (HOOK-3).
func (r *run) runHooks(main *outcome) (errs []error) {
	timeout := time.NewTimer(r.shutdownTimeout)
	defer timeout.Stop()
	for {
		current := r.nextHook()
		if current != nil {
			select {
			case <-current.done:
				errs = append(errs, current.err)
			case <-timeout.C:
				return append(errs, r.giveUp())
			}
			continue
		}
		select {
		case <-r.registered:
		case <-main.done:
			if r.finish() {
				return errs
			}
		case <-timeout.C:
			return append(errs, r.giveUp())
		}
	}
}

// nextHook begins the hook that was registered last, if there is one. Taking
// it off the list is what makes it run once.
func (r *run) nextHook() *outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.hooks) == 0 {
		return nil
	}
	last := len(r.hooks) - 1
	hook := r.hooks[last]
	r.hooks = r.hooks[:last]
	return call(hook)
}

// finish ends the run, unless a hook has been registered meanwhile: none may
// fall between the last look at the list and the end.
func (r *run) finish() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = len(r.hooks) == 0
	return r.stopped
}

// giveUp ends the run whatever is left of it.
func (r *run) giveUp() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	slog.Warn("plain: the shutdown timeout ran out", "hooks not begun", len(r.hooks))
	return ErrShutdownTimeout
}
