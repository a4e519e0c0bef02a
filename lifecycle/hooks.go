package lifecycle

import (
	"context"
	"fmt"
	"log/slog"
	"math"
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
	h := &item[hookEntry]{v: hookEntry{pc: caller()}}
	if hook != nil {
		h.v.fn = func(context.Context) error { return hook() }
	}
	register(ctx, "OnShutdown", h)
}

// OnShutdownContext is [OnShutdown] for a hook that takes a context. That
// context is live when the hook begins, has the values of the run's context,
// and ends with the phase, or with the hook's own timeout if that is sooner;
// its cause is [ErrShutdownTimeout] then, or [ErrForced] (HOOK-5).
//
// stop takes the hook back, and lets go of what it holds: for a resource that
// is closed before the end. It returns true if it kept the hook from running,
// and false if the hook has begun, was taken back before, or will not run because
// the shutdown timeout ran out. It is never nil; with a context that does not come from
// [Run] it returns false. It may be called from anywhere at any time, from
// hooks too, and is safe for concurrent use (HOOK-10).
func OnShutdownContext(ctx context.Context, hook func(ctx context.Context) error, opts ...HookOption) (stop func() bool) {
	h := &item[hookEntry]{v: hookEntry{pc: caller(), fn: hook}}
	for i, opt := range opts {
		if opt == nil { // the hook must not be lost for it
			if r := from(ctx); r != nil {
				r.log.misuse(h.v.pc, fmt.Sprintf("OnShutdownContext: option %d is nil", i+1))
			}
			continue
		}
		opt(&h.v)
	}
	r := register(ctx, "OnShutdownContext", h)
	return func() bool { return r != nil && r.hooks.takeBack(h) }
}

// HookOption changes how one hook runs.
type HookOption func(*hookEntry)

// HookName names a hook in errors and log lines. Default: none; the place that
// registered it is always named.
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

// hookTexts makes the texts of many hooks: a loop may register a million at one
// place.
type hookTexts struct {
	places  places
	unnamed map[uintptr]string
}

func (t hookTexts) of(h *hookEntry) string {
	if h.name != "" {
		return hookText(h.name, t.places.of(h.pc))
	}
	text, known := t.unnamed[h.pc]
	if !known {
		text = hookText("", t.places.of(h.pc))
		t.unnamed[h.pc] = text
	}
	return text
}

func hookText(name, place string) string {
	if name == "" {
		return "hook registered at " + place
	}
	return "hook " + name + " registered at " + place
}

// register returns the run that the hook was registered with, if any.
func register(ctx context.Context, function string, h *item[hookEntry]) *run {
	r := from(ctx)
	switch {
	case r == nil:
		logMisuse(h.v.pc, function, "the hook will never run")
	case r.hooks.push(h):
		// The loop may be in Hooks with no hook left, waiting for main. If it
		// is not there yet, it finds this one when it comes.
		if r.State() == fsm.Hooks {
			r.wake()
		}
	default:
		r.runLate(&h.v)
	}
	return r
}

// hookStack is the hooks that have not begun, last registered last.
type hookStack struct {
	mu     sync.Mutex
	hooks  list[hookEntry]
	closed bool
}

// push reports whether the hook will run with the others.
func (s *hookStack) push(h *item[hookEntry]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.hooks.add(h)
	return true
}

// takeBack removes a hook that has not begun (HOOK-10). What it holds is
// released.
func (s *hookStack) takeBack(h *item[hookEntry]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.hooks.remove(h) {
		return false
	}
	h.v.fn = nil
	return true
}

// next takes the hook that was registered last. If there is none and last is
// true, the stack is closed in the same moment, so that no hook can slip
// between the last one and the end.
func (s *hookStack) next(last bool) (h *hookEntry, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.hooks.last; i != nil {
		s.hooks.remove(i)
		return &i.v, false
	}
	s.closed = s.closed || last
	return nil, s.closed
}

// close closes the stack and returns the hooks that will not run, in the order
// in which they would have. They stay in it, for snapshots.
func (s *hookStack) close() (notRun []*hookEntry) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.pending(math.MaxInt)
}

// pending returns hooks that have not begun, in the order of their turns, at
// most so many.
func (s *hookStack) pending(limit int) (hooks []*hookEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := s.hooks.last; i != nil && len(hooks) < limit; i = i.prev {
		hooks = append(hooks, &i.v)
	}
	return hooks
}

func (s *hookStack) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hooks.n
}

// runLate runs a hook that was registered after the end, while its caller
// waits, bounded by a shutdown timeout of its own (HOOK-4). Its failure is
// logged on the caller, like its registration, so that a logger that registers
// hooks is seen to call itself.
func (r *run) runLate(h *hookEntry) {
	r.log.misuse(h.pc, "hook registered after Stopped: it runs at once", slog.String("hook", h.String()))
	limit := r.cfg.shutdownTimeout
	if h.timeout > 0 {
		limit = min(limit, h.timeout)
	}
	ctx, cancel := context.WithTimeoutCause(r.base, limit, ErrShutdownTimeout)
	defer cancel()
	ended := make(chan error)
	go call(func() error { return h.run(ctx) }, func(err error) {
		select {
		case ended <- err:
		case <-ctx.Done():
			if err != nil {
				r.log.tooLate(h.pc, "abandoned hook", h.failed(err))
			}
		}
	})
	select {
	case err := <-ended:
		if err != nil {
			r.log.tooLate(h.pc, "hook", h.failed(err))
		}
	case <-ctx.Done():
		r.log.misuse(h.pc, "hook registered after Stopped is abandoned", slog.String("hook", h.String()), duration("timeout", limit))
	}
}
