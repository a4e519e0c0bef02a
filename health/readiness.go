package health

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// Check returns the readiness answer for use in code and by other protocols: the body
// of [Handler.Readiness], and whether its status would be 200. The lifecycle is the one
// given to Follow, else the one in ctx. When ctx is done, checks that have not ended are
// reported as failed, in this answer only (HEALTH-11). A nil ctx means
// context.Background.
func (h *Handler) Check(ctx context.Context) (Response, bool) {
	return h.check(ctx, func() []*check { return h.runs.all() })
}

// CheckEach is like [Handler.Check], but also returns the names of the checks that fail
// in this answer, including optional checks and those still running, but not those
// that [FailAfter] tolerates.
func (h *Handler) CheckEach(ctx context.Context) (r Response, failing map[string]bool, ready bool) {
	if ctx == nil {
		ctx = context.Background()
	}
	a := h.ready(ctx, h.runs.all)
	failing = map[string]bool{}
	for i := range a.results {
		if a.results[i].run.fails {
			failing[a.results[i].check.key] = true
		}
	}
	return h.response(a), failing, a.code == http.StatusOK
}

// CheckOf is like [Handler.Check] with the checks that [Handler.ReadinessOf] runs.
func (h *Handler) CheckOf(ctx context.Context, groups ...string) (Response, bool) {
	return h.check(ctx, func() []*check { return h.runs.of(groups) })
}

func (h *Handler) check(ctx context.Context, checks func() []*check) (Response, bool) {
	if ctx == nil {
		ctx = context.Background()
	}
	a := h.ready(ctx, checks)
	return h.response(a), a.code == http.StatusOK
}

// Gate returns what [Handler.Check] would return if all checks passed. It runs no checks
// and does not wait. Use it when a channel of [Handler.Changed] is closed.
func (h *Handler) Gate(ctx context.Context) (Response, bool) {
	a, open := h.checkGate(ctx)
	return h.response(a), open
}

// CheckStatus is the status of one check; see [Handler.Checks].
type CheckStatus struct {
	// Name is the check's name, as in answers.
	Name string
	// Groups, Optional and Timeout are the check's options.
	Groups   []string
	Optional bool
	Timeout  time.Duration
	// Text is the result of the last run, as in answers: "ok" or why it failed. It is
	// empty before the first result.
	Text string
	// Failing reports whether the check fails: with FailAfter it may pass though Text is
	// not "ok". It does not depend on Optional.
	Failing bool
	// Since is when the check began to fail, or to pass; zero before the first result.
	Since time.Time
	// Ended reports whether a run has ended: the first may still hang after its timeout
	// has decided the result.
	Ended bool
	// Took is the duration of the last run that has ended.
	Took time.Duration
	// Running is when the run in progress began; zero if there is none.
	Running time.Time
}

// Checks returns the status of each check, in the order of answers, without running
// any: for status pages and similar uses.
func (h *Handler) Checks() []CheckStatus {
	all := h.runs.all()
	s := &h.runs
	s.mu.Lock()
	defer s.mu.Unlock()
	known := make([]CheckStatus, 0, len(all))
	for _, c := range all {
		if c.removed { // since all returned
			continue
		}
		k := CheckStatus{Name: c.key, Groups: slices.Clone(c.groups), Optional: c.optional, Timeout: c.timeout, Ended: c.ended, Took: c.took}
		if c.last != nil {
			k.Text, _ = c.last.out.display(h.hideDetails)
			k.Failing, k.Since = c.last.fails, s.epoch.Add(c.since)
		}
		if c.running {
			k.Running = s.epoch.Add(c.began)
		}
		known = append(known, k)
	}
	return known
}

// answer is the result of a probe, before it is formatted.
type answer struct {
	code    int
	status  string
	state   string   // empty when no lifecycle is followed
	gate    *gate    // for its reason, or nil
	results []result // one per check that was run, sorted by key
}

// ok is the answer of a probe that succeeds.
func ok(state string) answer { return answer{code: http.StatusOK, status: statusOK, state: state} }

func notReady(state string) answer {
	return answer{code: http.StatusServiceUnavailable, status: statusNotReady, state: state}
}

// ready returns the readiness answer with the given checks.
func (h *Handler) ready(ctx context.Context, checks func() []*check) answer {
	before, ready := h.checkGate(ctx)
	if !ready {
		return before
	}
	all := checks()
	if len(all) == 0 {
		return before
	}
	results := h.runs.probe(ctx, all)
	a, ready := h.checkGate(ctx)
	a.results = results
	if !ready {
		return a
	}
	for i := range results {
		if results[i].run.fails && !results[i].check.optional {
			a.code, a.status = http.StatusServiceUnavailable, statusDegraded
			break
		}
	}
	return a
}

// checkGate returns the answer without checks, from the lifecycle and SetReady, and
// whether they allow readiness.
func (h *Handler) checkGate(ctx context.Context) (a answer, ready bool) {
	g := h.gate.Load()
	state, ready := "", true
	if source := g.follows(ctx); source != nil {
		s := source.State()
		state, ready = s.String(), s == fsm.Running
		if s >= fsm.Running && !h.started.Load() {
			h.started.Store(true)
		}
	}
	if !ready || g.notReady {
		a = notReady(state)
		a.gate = g
		return a, false
	}
	return ok(state), true
}
