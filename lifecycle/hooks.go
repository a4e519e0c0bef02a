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

// OnShutdown registers a clean-up hook. Hooks run after Draining, one at a time,
// last registered first, each exactly once, even if others fail (HOOK-1, HOOK-2).
// If a hook fails, Run's result includes a [*HookError] with its call site.
//
// By then ctx is cancelled. For a hook that needs a live context, such as one
// that flushes a trace exporter, use [OnShutdownContext]. A hook is too late to stop
// a server that main waits for: see [ListenAndServe] and [ServeFunc].
//
// A hook registered by a hook runs next. One registered after Stopped runs
// immediately, before OnShutdown returns, with a fresh shutdown timeout, and its
// error is logged (HOOK-4). With a context that does not come from [Run] the hook
// never runs, and an error is logged (HOOK-9). A nil hook counts as a hook that
// fails. OnShutdown is safe for concurrent use (HOOK-7).
func OnShutdown(ctx context.Context, hook func() error) {
	h := &item[hookEntry]{v: hookEntry{pc: caller()}}
	if hook != nil {
		h.v.fn = func(context.Context) error { return hook() }
	}
	register(ctx, "OnShutdown", h)
}

// OnShutdownContext is like [OnShutdown] for a hook that takes a context. That
// context is live when the hook begins, has the values of the run's context, and
// is cancelled at the end of the phase, or after [HookTimeout] if that is sooner;
// its cause is then [ErrShutdownTimeout] or [ErrForced] (HOOK-5).
//
// Call stop to unregister the hook and release what it holds, for example when
// its resource has been closed early. stop returns true if it kept the hook from
// running, and false if the hook has begun, was already unregistered, or will not
// run because the shutdown timeout ran out. It is never nil; with a context that
// does not come from [Run] it returns false. It may be called from anywhere at any
// time, including from hooks, and is safe for concurrent use (HOOK-10).
func OnShutdownContext(ctx context.Context, hook func(ctx context.Context) error, opts ...HookOption) (stop func() bool) {
	h := &item[hookEntry]{v: hookEntry{pc: caller(), fn: hook}}
	for i, opt := range opts {
		if opt == nil { // log it, but keep the hook
			if r := from(ctx); r != nil {
				r.log.misuse(h.v.pc, fmt.Sprintf("OnShutdownContext: option %d is nil", i+1))
			}
			continue
		}
		opt(&h.v)
	}
	r := register(ctx, "OnShutdownContext", h)
	return func() bool { return r != nil && r.hooks.remove(h) }
}

// HookOption changes how one hook runs.
type HookOption func(*hookEntry)

// HookName sets the hook's name in errors and log lines. Default: none; the call
// site is always included.
func HookName(name string) HookOption {
	return func(h *hookEntry) { h.name = name }
}

// HookTimeout limits how long one hook may run. After d the hook's context is
// cancelled, the hook is abandoned with a [*HookError] in which errors.Is finds
// [ErrShutdownTimeout], and the next one begins (HOOK-6). With zero or less, the
// default, only the shutdown timeout limits the hook.
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

// hookNames formats hooks for errors and caches the texts: a loop may register a
// million hooks at one call site.
type hookNames struct {
	places  places
	unnamed map[uintptr]string
}

func (t hookNames) of(h *hookEntry) string {
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
		// The loop may be in Hooks with no hook left, waiting for main. If it is
		// not there yet, it will find this hook.
		if r.State() == fsm.Hooks {
			r.wake()
		}
	default:
		r.runAfterStopped(&h.v)
	}
	return r
}

// hookStack is the hooks that have not begun, last registered last.
type hookStack struct {
	mu     sync.Mutex
	hooks  list[hookEntry]
	closed bool
}

// push adds a hook. It returns false if the stack is closed.
func (s *hookStack) push(h *item[hookEntry]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.hooks.add(h)
	return true
}

// remove removes a hook that has not begun, and releases what it holds (HOOK-10).
func (s *hookStack) remove(h *item[hookEntry]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.hooks.remove(h) {
		return false
	}
	h.v.fn = nil
	return true
}

// next pops the hook that was registered last. If there is none and last is
// true, it closes the stack under the same lock, so that no hook can be registered
// after the last one and never run.
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
// in which they would have run. They stay in the stack, for snapshots.
func (s *hookStack) close() (notRun []*hookEntry) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.pending(math.MaxInt)
}

// pending returns at most limit hooks that have not begun, next first.
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

// runAfterStopped runs a hook that was registered after Stopped, while its caller
// waits, with a fresh shutdown timeout (HOOK-4). Its failure is logged on the
// caller's goroutine, as its registration is, so that a logger that registers
// hooks is recognized as calling itself.
func (r *run) runAfterStopped(h *hookEntry) {
	r.log.misuse(h.pc, "hook registered after Stopped runs immediately", slog.String("hook", h.String()))
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
