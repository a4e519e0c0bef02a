package health

import (
	"context"
	"net/http"

	"github.com/greynewell/mist-go/fsm"
)

// Readiness returns the handler that says whether the process should be sent
// traffic: 200 when the lifecycle that is followed is Running, SetReady was
// not set to false, and every check passes; else 503, which takes the process
// out of rotation until it is 200 again.
//
//   - A lifecycle in any other state, or SetReady(false): "not_ready", and no
//     check is run (HEALTH-3, HEALTH-4).
//   - A check that fails: "degraded", and "checks" says which and why
//     (HEALTH-2).
//
// It answers when every check has ended or run out of its timeout. Both the
// state and SetReady are looked at again then: a probe that is under way when
// the process begins to drain answers 503 (HEALTH-5).
func (h *Handler) Readiness() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if h.allowed(w, r) {
			h.respond(w, r, h.ready(r.Context()))
		}
	}
}

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
