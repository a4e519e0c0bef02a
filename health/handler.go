package health

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
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

	notReady atomic.Bool
	followed atomic.Pointer[lifecycle]

	edit   sync.Mutex // held by those who replace the set of checks
	checks atomic.Pointer[[]*check]
	runs   scheduler

	write writer
}

// lifecycle wraps a source, since an atomic.Pointer holds no interface.
type lifecycle struct{ source fsm.Source }

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
	h.checks.Store(new([]*check))
	h.runs.epoch = h.born
	h.runs.changes.log = h.log
	h.write.init(h.tool, h.version)
	for _, problem := range c.problems {
		h.complain("health: New: " + problem)
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
// name already is replaced (HEALTH-13). A nil fn is a check that fails and
// says so. A failing check takes the process out of rotation: check what it
// cannot serve without, and nothing that all its peers lose at the same time.
//
// Each readiness probe runs every check, side by side, and waits for each at
// most the check timeout, 3 s unless [WithCheckTimeout] says otherwise, counted
// from the probe. Of one check at most one run is under way: a probe that
// arrives during a run shares its result, and none gets a result of a run that
// ended before the probe began (HEALTH-9).
//
// At most 64 runs are begun together, and the next as one ends. A run that has
// taken 100 ms no longer counts, and every check gets its turn within half of
// its timeout whatever the others do (HEALTH-10).
func (h *Handler) AddCheck(name string, fn CheckFunc) {
	c := newCheck(name, h.checkTimeout)
	c.plain = fn
	h.add(c)
}

// AddCheckContext is [Handler.AddCheck] for a check that takes a context, with
// options. The context ends at the check's timeout, counted from the start of
// the run. It is not the request's, and has none of its values: a client that
// goes away does not fail the check for the others (HEALTH-11).
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
	for _, problem := range problems {
		h.complain("health: AddCheckContext: "+problem, slog.String("check", name))
	}
	h.add(c)
}

// RemoveCheck takes the check of that name away; without one it does nothing.
// A run that is under way is left to end, and a probe that is under way still
// shows it.
func (h *Handler) RemoveCheck(name string) {
	h.edit.Lock()
	defer h.edit.Unlock()
	h.replace(nil, name)
}

func (h *Handler) add(c *check) {
	c.work = func() { h.runs.work(c) }
	h.edit.Lock()
	defer h.edit.Unlock()
	h.replace(c, c.name)
}

// replace publishes a new set: without the check of that name, and with c if
// it is not nil, in the order of the keys. Probes keep the set they loaded.
func (h *Handler) replace(c *check, name string) {
	old := *h.checks.Load()
	set := make([]*check, 0, len(old)+1)
	for _, other := range old {
		if other.name != name {
			set = append(set, other)
		}
	}
	if c != nil {
		at, _ := slices.BinarySearchFunc(set, c, byKey)
		set = slices.Insert(set, at, c)
	}
	h.checks.Store(&set)
}

func byKey(a, b *check) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.name, b.name))
}

// SetReady(false) takes the process out of rotation by hand, for as long as a
// cache is warmed or an operator wants it: readiness is 503 and runs no check
// until SetReady(true) (HEALTH-3). A new Handler is ready. SetReady(true) does
// not make a process ready whose lifecycle is not Running or whose checks fail.
func (h *Handler) SetReady(ready bool) { h.notReady.Store(!ready) }

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
		h.complain("health: Follow: the context carries no lifecycle; pass the one that lifecycle.Run gives to main")
		return
	}
	h.followed.Store(&lifecycle{source})
}

// source returns the lifecycle that a probe with this context follows, or nil.
func (h *Handler) source(ctx context.Context) fsm.Source {
	if f := h.followed.Load(); f != nil {
		return f.source
	}
	source, _ := fsm.FromContext(ctx)
	return source
}

// uptime is in whole seconds. Since is monotonic, so it never goes back
// (HEALTH-7).
func (h *Handler) uptime() int64 { return int64(time.Since(h.born) / time.Second) }
