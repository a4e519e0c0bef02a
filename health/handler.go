package health

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// Handler serves the probes of one process; create it with [New]. All its methods, and
// the handlers they return, may be called from any goroutine at any time, including
// from a check (HEALTH-14).
type Handler struct {
	tool, version string
	created       time.Time
	hideDetails   bool
	checkTimeout  time.Duration
	logger        *slog.Logger // nil: slog.Default() at each use

	gate    atomic.Pointer[gate]
	started atomic.Bool // Startup is 200 from now on
	gateMu  sync.Mutex  // held while the gate is replaced

	runs scheduler

	write writer
}

// gate is the part of readiness that does not depend on checks. It is immutable;
// changes replace it.
type gate struct {
	source   fsm.Source // given to Follow, or nil
	notReady bool
	reason   string        // the argument of SetNotReady
	quoted   string        // reason as a JSON string
	replaced chan struct{} // closed when the gate is replaced
}

// New returns a Handler for the tool with this name and version, which every body
// includes (HEALTH-6). Uptime counts from this call.
//
// The Handler has no checks, follows no lifecycle and is ready. An option that is nil
// or has an invalid value (a check timeout that is not positive, a nil logger) is
// ignored and an error that names it is logged: probes with a default are better than
// no probes.
func New(tool, version string, opts ...Option) *Handler {
	c := config{checkTimeout: defaultCheckTimeout}
	for i, opt := range opts {
		if opt == nil {
			c.problem("option %d is nil", i+1)
			continue
		}
		opt(&c)
	}
	h := &Handler{
		tool:         toValidUTF8(tool),
		version:      toValidUTF8(version),
		created:      time.Now(),
		hideDetails:  c.hideDetails,
		checkTimeout: c.checkTimeout,
		logger:       c.logger,
	}
	h.gate.Store(&gate{replaced: make(chan struct{})})
	h.runs.init(h.created)
	h.runs.changes.receivers = []*mailbox{{deliver: h.logChange}}
	for _, observe := range c.observers {
		h.runs.changes.receivers = append(h.runs.changes.receivers, &mailbox{deliver: func(c change) { observe(h.observed(c)) }})
	}
	h.write.init(h.tool, h.version)
	for _, problem := range c.problems {
		h.logMisuse("health: New: " + problem)
	}
	return h
}

// CheckFunc is a check: it returns nil if it passes, or an error that says why it
// fails. The body shows the error's text, truncated to 1 KiB (HEALTH-12); see
// [WithoutDetails] for public endpoints.
//
// A check that panics or calls [runtime.Goexit] has failed; the process is not
// affected (HEALTH-8). One that hangs is reported as failed at its timeout, and is not
// run again until it returns (HEALTH-9).
type CheckFunc func() error

// AddCheck makes readiness depend on fn, under the given name. An existing check with
// that name is replaced, immediately for every probe that begins later; a probe in
// progress shows neither the old check nor the new one (HEALTH-13). A nil fn is reported
// as a failing check. Since a failing check stops new traffic to the process, check only
// what the process cannot serve without and does not share with other instances. What
// they share, such as a database, fails for all of them at the same time: add it with
// [Handler.AddCheckContext] and [Optional].
//
// Each readiness probe runs all checks concurrently and waits for all of them, except
// slow [Optional] ones. At most one run of a check is in progress: a probe that arrives
// during a run shares its result, and without [CacheFor] no probe gets the result of a
// run that ended before the probe began (HEALTH-9). A run may take the check timeout,
// 3 s unless [WithCheckTimeout] changes that, counted from the first probe that asked
// for it. After that the run has failed for every probe that shares it, and is logged
// (HEALTH-16); a probe that arrives while it still hangs fails immediately, unless
// [FailAfter] tolerates that.
//
// At most 64 runs are started together, and another whenever one ends. A run that has
// taken 100 ms no longer counts towards the 64, and every check is started within half
// of its timeout, whatever the others do (HEALTH-10). Adding n checks takes O(n log n)
// time in total.
func (h *Handler) AddCheck(name string, fn CheckFunc) {
	c := newCheck(name, h.checkTimeout)
	c.plain = fn
	h.runs.put(name, c)
}

// AddCheckContext is like [Handler.AddCheck] for a check that takes a context, with
// options. The context is cancelled at the run's timeout. It is not the request's and
// has none of its values: a client that disconnects does not fail the check for others
// (HEALTH-11).
//
// An option that is nil or has an invalid value is ignored, and an error that names it
// is logged with the call site.
func (h *Handler) AddCheckContext(name string, fn func(ctx context.Context) error, opts ...CheckOption) {
	c := newCheck(name, h.checkTimeout)
	c.fn = fn
	var problems []string
	for i, opt := range opts {
		if opt == nil {
			problems = append(problems, fmt.Sprintf("option %d is nil", i+1))
		} else if problem := opt(c); problem != "" {
			problems = append(problems, problem)
		}
	}
	if c.refreshAhead && c.cacheFor == 0 {
		problems = append(problems, "RefreshAhead needs CacheFor; nothing is cached")
	}
	h.runs.put(name, c)
	for _, problem := range problems {
		h.logMisuse("health: AddCheckContext: "+problem, slog.String("check", name))
	}
}

// RemoveCheck removes the check with this name, if there is one. A run in progress is
// not interrupted, but no probe waits for it any longer, and its result is neither
// shown nor logged (HEALTH-13).
func (h *Handler) RemoveCheck(name string) { h.runs.put(name, nil) }

// SetReady sets readiness manually, for example while a cache is being warmed. After
// SetReady(false), readiness is 503 and runs no checks until SetReady(true) (HEALTH-3).
// A new Handler is ready. SetReady(true) does not make a process ready if its lifecycle
// is not Running or a check fails.
func (h *Handler) SetReady(ready bool) {
	h.updateGate(func(g *gate) { g.notReady, g.reason, g.quoted = !ready, "", "" })
}

// SetNotReady is like SetReady(false), with a reason that answers include until
// SetReady is called (HEALTH-19), even with [WithoutDetails]. A reason over 1 KiB is
// truncated; an empty one is not shown.
func (h *Handler) SetNotReady(reason string) {
	reason = truncate(reason)
	quoted := ""
	if reason != "" {
		quoted = quote(reason)
	}
	h.updateGate(func(g *gate) { g.notReady, g.reason, g.quoted = true, reason, quoted })
}

// Follow makes readiness follow the lifecycle in ctx, usually main's context from
// lifecycle.Run: in any state but Running it is 503 (HEALTH-4). Without Follow,
// readiness follows the lifecycle in the request's context, if there is one. If Follow
// is called several times, the last call counts.
//
// If ctx has no lifecycle, Follow changes nothing and logs an error with the call site.
func (h *Handler) Follow(ctx context.Context) {
	source, ok := fsm.FromContext(ctx)
	if !ok {
		h.logMisuse("health: Follow: the context carries no lifecycle; pass main's context from lifecycle.Run")
		return
	}
	h.updateGate(func(g *gate) {
		if g.source != nil && g.source.State() >= fsm.Running {
			h.started.Store(true) // even if no probe has seen it (HEALTH-15)
		}
		g.source = source
	})
}

// updateGate replaces the gate by a changed copy, unless the change has no effect.
func (h *Handler) updateGate(change func(*gate)) {
	h.gateMu.Lock()
	defer h.gateMu.Unlock()
	old := h.gate.Load()
	g := *old
	change(&g)
	if g.notReady == old.notReady && g.reason == old.reason && sameSource(g.source, old.source) {
		return
	}
	g.replaced = make(chan struct{})
	h.gate.Store(&g)
	close(old.replaced)
}

// sameSource reports whether a and b are the same lifecycle, as far as they can be
// compared.
func sameSource(a, b fsm.Source) bool {
	return a == nil && b == nil || reflect.ValueOf(a).Comparable() && a == b
}

// Changed returns channels that signal when the answer may have changed, without
// running checks. It is for protocols other than HTTP, such as in grpchealth. set is
// closed by the next SetReady, SetNotReady or Follow that changes something; state is
// closed when the lifecycle leaves its current state. The lifecycle is the one given to
// Follow, else the one in ctx; if there is none, or it is Stopped, state is nil. Call
// Changed before reading the answer, so that no change is missed.
func (h *Handler) Changed(ctx context.Context) (set, state <-chan struct{}) {
	g := h.gate.Load()
	if source := g.follows(ctx); source != nil {
		if now := source.State(); now < fsm.Stopped {
			state = source.Reached(now + 1)
		}
	}
	return g.replaced, state
}

// follows returns the lifecycle that a probe with ctx follows, or nil.
func (g *gate) follows(ctx context.Context) fsm.Source {
	if g.source != nil || ctx == nil {
		return g.source
	}
	source, _ := fsm.FromContext(ctx)
	return source
}

// uptime returns whole seconds. time.Since is monotonic, so it never decreases
// (HEALTH-7).
func (h *Handler) uptime() int64 { return int64(time.Since(h.created) / time.Second) }
