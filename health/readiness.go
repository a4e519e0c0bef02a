package health

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// Check is the readiness answer for code and for other protocols: what the
// body of [Handler.Readiness] would say, and whether it would be 200. The
// lifecycle is the one given to Follow, else the one that ctx carries. When
// ctx is done, the checks that have not answered by then are failed ones, in
// this answer only (HEALTH-11). A nil ctx is context.Background.
func (h *Handler) Check(ctx context.Context) (Response, bool) {
	return h.check(ctx, func() []*check { return h.runs.all() })
}

// CheckEach is [Handler.Check], and also returns the names of the checks that fail
// in this answer. These include optional ones and ones still running, but not
// those that [FailAfter] tolerates.
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

// CheckOf is [Handler.Check] with the checks that [Handler.ReadinessOf] runs.
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

// Gate is [Handler.Check] without the checks: what it would say if all of them
// passed. It runs none and waits for nothing. Use it after [Handler.Changed] says
// that the answer may have changed.
func (h *Handler) Gate(ctx context.Context) (Response, bool) {
	a, open := h.look(ctx)
	return h.response(a), open
}

// CheckStatus is what is known of one check; see [Handler.Checks].
type CheckStatus struct {
	// Name is the check's, as the answers show it.
	Name string
	// Groups, Optional and Timeout are what it was added with.
	Groups   []string
	Optional bool
	Timeout  time.Duration
	// Text is what readiness shows of the last run that is known: "ok" or why it
	// failed. It is empty as long as there is none.
	Text string
	// Failing says whether that makes the check fail: by FailAfter it may pass
	// though its text is not "ok". It does not look at Optional.
	Failing bool
	// Since is when it began to fail, or to pass; zero without a run.
	Since time.Time
	// Ended says whether a run has ended: the first may still hang though its
	// timeout has decided what it came to.
	Ended bool
	// Took is how long the last run took that has ended.
	Took time.Duration
	// Running is when the run began that is under way; zero without one.
	Running time.Time
}

// Checks returns what is known of each check, in the order in which answers
// show them, and runs none: for status pages and the like.
func (h *Handler) Checks() []CheckStatus {
	all := h.runs.all()
	s := &h.runs
	s.mu.Lock()
	defer s.mu.Unlock()
	known := make([]CheckStatus, 0, len(all))
	for _, c := range all {
		if c.removed { // since
			continue
		}
		k := CheckStatus{Name: c.key, Groups: slices.Clone(c.groups), Optional: c.optional, Timeout: c.timeout, Ended: c.ended, Took: c.took}
		if c.last != nil {
			k.Text, _ = c.last.out.shown(h.hideDetails)
			k.Failing, k.Since = c.last.fails, s.epoch.Add(c.since)
		}
		if c.running {
			k.Running = s.epoch.Add(c.began)
		}
		known = append(known, k)
	}
	return known
}

// answer is what a probe found, before it is put into words.
type answer struct {
	code    int
	status  string
	state   string   // empty when no lifecycle is followed
	gate    *gate    // whose reason is shown, or nil
	results []result // one for each check that was run, in the order of the keys
}

// ok is the answer of a probe that has nothing to say against the process.
func ok(state string) answer { return answer{code: http.StatusOK, status: statusOK, state: state} }

func notReady(state string) answer {
	return answer{code: http.StatusServiceUnavailable, status: statusNotReady, state: state}
}

// ready is the readiness answer with those checks.
func (h *Handler) ready(ctx context.Context, checks func() []*check) answer {
	before, ready := h.look(ctx)
	if !ready {
		return before
	}
	all := checks()
	if len(all) == 0 {
		return before
	}
	results := h.runs.ask(ctx, all)
	a, ready := h.look(ctx)
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

// look is the answer as far as the lifecycle and SetReady go, and whether they
// let it be one that is ready.
func (h *Handler) look(ctx context.Context) (a answer, ready bool) {
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
