package health

import (
	"context"
	"net/http"

	"github.com/greynewell/mist-go/fsm"
)

// Check is the readiness answer for code and for other protocols: what the
// body of [Handler.Readiness] would say, and whether it would be 200. The
// lifecycle is the one given to Follow, else the one that ctx carries. When
// ctx is done, the checks that have not answered by then are failed ones, in
// this answer only (HEALTH-11). A nil ctx is context.Background.
func (h *Handler) Check(ctx context.Context) (Response, bool) {
	if ctx == nil {
		ctx = context.Background()
	}
	a := h.ready(ctx)
	return h.response(a), a.code == http.StatusOK
}

// answer is what a probe found, before it is put into words.
type answer struct {
	code    int
	status  string
	state   string   // empty when no lifecycle is followed
	tickets []ticket // one for each check that was run, in the order of the keys
}

// ok is the answer of a probe that has nothing to say against the process.
func ok(state string) answer { return answer{code: http.StatusOK, status: statusOK, state: state} }

func notReady(state string) answer {
	return answer{code: http.StatusServiceUnavailable, status: statusNotReady, state: state}
}

func (h *Handler) ready(ctx context.Context) answer {
	before, ready := h.gate(ctx)
	if !ready {
		return before
	}
	checks := *h.checks.Load()
	if len(checks) == 0 {
		return before
	}
	tickets := h.runs.ask(ctx, checks)
	a, ready := h.gate(ctx)
	a.tickets = tickets
	if !ready {
		return a
	}
	for i := range tickets {
		if tickets[i].out != nil && !tickets[i].check.optional {
			a.code, a.status = http.StatusServiceUnavailable, statusDegraded
			break
		}
	}
	return a
}

// gate is the answer as far as the lifecycle and SetReady go, and whether they
// let it be one that is ready.
func (h *Handler) gate(ctx context.Context) (a answer, ready bool) {
	state := ""
	if source := h.source(ctx); source != nil {
		s := source.State()
		state, ready = s.String(), s == fsm.Running
	} else {
		ready = true
	}
	if !ready || h.notReady.Load() {
		return notReady(state), false
	}
	return ok(state), true
}
