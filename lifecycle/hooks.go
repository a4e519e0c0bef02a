package lifecycle

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// OnShutdown registers a clean-up hook. Hooks run after Draining, one at a
// time, last registered first, each exactly once, whatever becomes of the
// others (HOOK-1, HOOK-2). A hook that fails puts a [*HookError] with the place
// that registered it into Run's result.
//
// By then ctx is cancelled. A hook that needs a live context, such as one that
// calls http.Server.Shutdown, wants [OnShutdownContext].
//
// A hook registered by a hook runs next. One registered after Stopped runs at
// once, before OnShutdown returns, with a fresh shutdown timeout, and what
// goes wrong is logged (HOOK-4). With a context that does not come from [Run]
// the hook will never run, and an error is logged (HOOK-9). A nil hook is one
// that fails. Safe for concurrent use (HOOK-7).
func OnShutdown(ctx context.Context, hook func() error) {
	h := &hookEntry{pc: caller()}
	if hook != nil {
		h.fn = func(context.Context) error { return hook() }
	}
	register(ctx, "OnShutdown", h)
}

// OnShutdownContext is [OnShutdown] for a hook that takes a context. That
// context is live when the hook begins, has the values of the run's context,
// and ends with the phase, or with the hook's own timeout if that is sooner;
// its cause is [ErrShutdownTimeout] then, or [ErrForced] (HOOK-5).
func OnShutdownContext(ctx context.Context, hook func(ctx context.Context) error, opts ...HookOption) (stop func() bool) {
	h := &hookEntry{pc: caller(), fn: hook}
	for i, opt := range opts {
		if opt == nil { // the hook must not be lost for it
			complain(ctx, h.pc, "OnShutdownContext: option %d is nil", i+1)
			continue
		}
		opt(h)
	}
	register(ctx, "OnShutdownContext", h)
	return func() bool { return false } // to be done: HOOK-10
}

// HookOption changes how one hook runs.
type HookOption func(*hookEntry)

// HookName names a hook in errors and log lines. Default: none; the place that
// registered it is always told.
func HookName(name string) HookOption {
	return func(h *hookEntry) { h.name = name }
}

// HookTimeout bounds one hook. When it runs out, the hook's context is
// cancelled, the hook is abandoned with a [*HookError] in which errors.Is
// finds [ErrShutdownTimeout], and the next one begins (HOOK-6). Zero or less,
// the default, is no timeout of its own; the shutdown timeout bounds it still.
func HookTimeout(d time.Duration) HookOption {
	return func(h *hookEntry) { h.timeout = d }
}

// hookEntry is one registered hook.
type hookEntry struct {
	fn      func(context.Context) error
	name    string
	timeout time.Duration
	pc      uintptr
}

func (h *hookEntry) run(ctx context.Context) error {
	if h.fn == nil {
		return errNilHook
	}
	return h.fn(ctx)
}

func (h *hookEntry) String() string { return hookText(h.name, place(h.pc)) }

func (h *hookEntry) failed(err error) *HookError {
	return &HookError{Name: h.name, Place: place(h.pc), Err: err}
}

func hookText(name, place string) string {
	if name == "" {
		return "hook registered at " + place
	}
	return "hook " + name + " registered at " + place
}

func register(ctx context.Context, function string, h *hookEntry) {
	r := from(ctx)
	switch {
	case r == nil:
		foreign(h.pc, function, "the hook will never run")
	case r.hooks.push(h):
		// The loop may be in Hooks with no hook left, waiting for main. If it
		// is not there yet, it finds this one when it comes.
		if r.State() == fsm.Hooks {
			r.post(func() {})
		}
	default:
		r.runLate(h)
	}
}

// hookStack is the hooks that have not begun, last registered last.
type hookStack struct {
	mu     sync.Mutex
	hooks  []*hookEntry
	closed bool
}

// push reports whether the hook will run with the others.
func (s *hookStack) push(h *hookEntry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.hooks = append(s.hooks, h)
	return true
}

// next takes the hook that was registered last. If there is none and last is
// true, the stack is closed in the same moment, so that no hook can slip
// between the last one and the end.
func (s *hookStack) next(last bool) (h *hookEntry, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.hooks); n > 0 {
		h = s.hooks[n-1]
		s.hooks[n-1] = nil
		s.hooks = s.hooks[:n-1]
		return h, false
	}
	s.closed = s.closed || last
	return nil, s.closed
}

// shut closes the stack and returns the hooks that will not run, in the order
// in which they would have. They stay in it, to be told.
func (s *hookStack) shut() (notRun []*hookEntry) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.toCome()
}

// toCome returns the hooks that have not begun, in the order of their turns.
func (s *hookStack) toCome() []*hookEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	hooks := slices.Clone(s.hooks)
	slices.Reverse(hooks)
	return hooks
}

func (s *hookStack) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.hooks)
}

// runLate runs a hook that was registered after the end, while its caller
// waits, bounded by a shutdown timeout of its own (HOOK-4).
func (r *run) runLate(h *hookEntry) {
	at := slog.String("hook", h.String())
	r.journal.log(slog.LevelError, h.pc, "hook registered after Stopped: it runs at once", at)
	limit := r.cfg.shutdownTimeout
	if h.timeout > 0 {
		limit = min(limit, h.timeout)
	}
	ctx, cancel := context.WithTimeoutCause(r.base, limit, ErrShutdownTimeout)
	defer cancel()
	ended := make(chan struct{})
	go call(func() error { return h.run(ctx) }, func(err error) {
		defer close(ended)
		if err != nil {
			r.tooLate(h.pc, "hook", h.failed(err))
		}
	})
	select {
	case <-ended:
	case <-ctx.Done():
		r.journal.log(slog.LevelError, h.pc, "hook registered after Stopped is abandoned", at, slog.Duration("timeout", limit))
	}
}
