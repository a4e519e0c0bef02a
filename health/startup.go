package health

import (
	"net/http"

	"github.com/greynewell/mist-go/fsm"
)

// Startup returns the handler that says whether start-up is over: 503 until
// the lifecycle that is followed has been Running, or was stopped before it
// came to that, and 200 ever after (HEALTH-15). It runs no check and does not
// look at SetReady. Without a lifecycle it is 200.
//
// While it fails the orchestrator leaves the other probes alone; when it fails
// for too long (failureThreshold × periodSeconds) the process is killed.
func (h *Handler) Startup() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !h.allowed(w, r) {
			return
		}
		source := h.source(r.Context())
		if source == nil {
			h.respond(w, r, ok(""))
			return
		}
		state := source.State()
		if state < fsm.Running {
			h.respond(w, r, notReady(state.String()))
			return
		}
		h.respond(w, r, ok(state.String()))
	}
}
