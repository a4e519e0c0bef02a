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

// Handler makes the probes of one process. It is made by [New]. All its
// methods, and the handlers they return, may be called from any goroutine at
// any time, from inside a check too (HEALTH-14).
type Handler struct {
	tool, version string
	born          time.Time
	hideDetails   bool
	checkTimeout  time.Duration
	logger        *slog.Logger // nil: slog.Default(), asked for at each use

	gate    atomic.Pointer[gate]
	started atomic.Bool // Startup is 200 for good
	edit    sync.Mutex  // held by those who replace the gate

	runs scheduler

	write writer
}

// gate is what decides readiness before the checks do. It is not changed once
// it is made, but replaced.
type gate struct {
	source   fsm.Source // the one given to Follow, or nil
	notReady bool
	reason   string        // why, as SetNotReady has it
	quoted   string        // the reason as JSON has it
	replaced chan struct{} // closed when the gate is
}

// New returns a Handler for the tool of that name and version, which every
// body repeats (HEALTH-6). Uptime counts from this call.
//
// It has no checks, follows no lifecycle and is ready. An option that is nil
// or has a value that makes no sense (a check timeout that is not positive, a
// nil logger) is left out, and an error that names it is logged: a probe that
// refused to come up over it would be worse than one with a default.
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
		tool:         valid(tool),
		version:      valid(version),
		born:         time.Now(),
		hideDetails:  c.hideDetails,
		checkTimeout: c.checkTimeout,
		logger:       c.logger,
	}
	h.gate.Store(&gate{replaced: make(chan struct{})})
	h.runs.init(h.born)
	h.runs.changes.to = []*mailbox{{deliver: h.logChange}}
	for _, observe := range c.observers {
		h.runs.changes.to = append(h.runs.changes.to, &mailbox{deliver: func(c change) { observe(h.observed(c)) }})
	}
	h.write.init(h.tool, h.version)
	for _, problem := range c.problems {
		h.misused("health: New: " + problem)
	}
	return h
}

// CheckFunc is a check: nil says that it passes, an error that it fails and
// why. The text of the error is what the body shows, cut to 1 KiB (HEALTH-12);
// see [WithoutDetails] when probes can be seen by strangers.
//
// A check that panics or calls [runtime.Goexit] has failed; the process goes
// on (HEALTH-8). One that hangs is reported failed at its timeout, and is not
// run again until it comes back (HEALTH-9).
type CheckFunc func() error

// AddCheck makes readiness depend on fn, under that name; a check that has the
// name already is replaced, at once for every probe that begins later: a probe
// that is under way shows neither the old check nor the new one (HEALTH-13). A
// nil fn is a check that fails and says so. A failing check takes the process
// out of rotation: check what it cannot serve without, and nothing that all its
// peers lose at the same time.
//
// Each readiness probe runs every check, side by side, and waits for all of
// them, except slow [Optional] ones. Of one check at most one run is under way:
// a probe that arrives during a run shares its result, and without [CacheFor]
// none gets a result of a run that ended before the probe began (HEALTH-9). A
// run has the check timeout, 3 s unless [WithCheckTimeout] says otherwise,
// counted from the first probe that asked for it. When it is over the run has
// failed, for every probe that gets it, early or late, and is logged
// (HEALTH-16); a probe that comes while it still hangs fails at once, unless
// [FailAfter] tolerates that.
//
// At most 64 runs are begun together, and the next as one ends. A run that has
// taken 100 ms no longer counts, and every check gets its turn within half of
// its timeout whatever the others do (HEALTH-10). Adding n checks costs
// O(n log n) in all.
func (h *Handler) AddCheck(name string, fn CheckFunc) {
	c := newCheck(name, h.checkTimeout)
	c.plain = fn
	h.runs.put(name, c)
}

// AddCheckContext is [Handler.AddCheck] for a check that takes a context, with
// options. The context ends when the run's timeout is over. It is not the
// request's, and has none of its values: a client that goes away does not fail
// the check for the others (HEALTH-11).
//
// An option that is nil or has a value that makes no sense is left out, and an
// error that names it is logged with the place of the call.
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
		h.misused("health: AddCheckContext: "+problem, slog.String("check", name))
	}
}

// RemoveCheck takes the check of that name away; without one it does nothing.
// A run that is under way is left to end, but a probe that is under way does not
// wait for it, and what it comes to is neither shown nor logged (HEALTH-13).
func (h *Handler) RemoveCheck(name string) { h.runs.put(name, nil) }

// SetReady(false) takes the process out of rotation by hand, for as long as a
// cache is warmed or an operator wants it: readiness is 503 and runs no check
// until SetReady(true) (HEALTH-3). A new Handler is ready. SetReady(true) does
// not make a process ready whose lifecycle is not Running or whose checks fail.
func (h *Handler) SetReady(ready bool) {
	h.regate(func(g *gate) { g.notReady, g.reason, g.quoted = !ready, "", "" })
}

// SetNotReady is SetReady(false) that says why: until SetReady is called, the
// answer has the reason (HEALTH-19), also with [WithoutDetails]. A reason over
// 1 KiB is cut; an empty one is not shown.
func (h *Handler) SetNotReady(reason string) {
	reason = clip(reason)
	quoted := ""
	if reason != "" {
		quoted = quote(reason)
	}
	h.regate(func(g *gate) { g.notReady, g.reason, g.quoted = true, reason, quoted })
}

// Follow makes readiness follow the lifecycle that ctx carries, such as the
// context that lifecycle.Run gives to main: in any state but Running it is 503
// (HEALTH-4). Without Follow, the lifecycle followed is the one that the
// request's context carries, if any. Of several calls the last one counts.
//
// With a context that carries no lifecycle, Follow changes nothing and logs an
// error with the place of the call.
func (h *Handler) Follow(ctx context.Context) {
	source, ok := fsm.FromContext(ctx)
	if !ok {
		h.misused("health: Follow: the context carries no lifecycle; pass the one that lifecycle.Run gives to main")
		return
	}
	h.regate(func(g *gate) {
		if g.source != nil && g.source.State() >= fsm.Running {
			h.started.Store(true) // also if no probe has seen it (HEALTH-15)
		}
		g.source = source
	})
}

// regate replaces the gate by one that is changed, and leaves it where nothing is.
func (h *Handler) regate(change func(*gate)) {
	h.edit.Lock()
	defer h.edit.Unlock()
	old := h.gate.Load()
	g := *old
	change(&g)
	if g.notReady == old.notReady && g.reason == old.reason && same(g.source, old.source) {
		return
	}
	g.replaced = make(chan struct{})
	h.gate.Store(&g)
	close(old.replaced)
}

// same reports whether they are one lifecycle, as far as that can be told.
func same(a, b fsm.Source) bool {
	return reflect.ValueOf(a).Comparable() && a == b
}

// Changed is for those who answer by another protocol than HTTP, as grpchealth
// does, and want to know at once when the answer may be another, whatever the
// checks cost: set is closed by the next SetReady, SetNotReady or Follow that
// changes anything; state, when the lifecycle leaves its present state. The
// lifecycle is the one given to Follow, else the one that ctx carries; without
// one, or when it is Stopped, state is nil. Ask for the channels before the
// answer.
func (h *Handler) Changed(ctx context.Context) (set, state <-chan struct{}) {
	g := h.gate.Load()
	if source := g.follows(ctx); source != nil {
		if now := source.State(); now < fsm.Stopped {
			state = source.Reached(now + 1)
		}
	}
	return g.replaced, state
}

// follows returns the lifecycle that a probe with this context follows, or nil.
func (g *gate) follows(ctx context.Context) fsm.Source {
	if g.source != nil || ctx == nil {
		return g.source
	}
	source, _ := fsm.FromContext(ctx)
	return source
}

// uptime is in whole seconds. Since is monotonic, so it never goes back
// (HEALTH-7).
func (h *Handler) uptime() int64 { return int64(time.Since(h.born) / time.Second) }
