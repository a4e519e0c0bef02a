package health

import "net/http"

// Liveness returns the handler that says whether the process is alive: 200 to
// every GET and HEAD (HEALTH-1). When it fails, the orchestrator kills the
// process and starts it again; so it runs no check, waits for nothing, takes
// no lock that a check could hold up, and answers in every state of the
// lifecycle, Draining included: a process that is finishing its work must not
// be killed for it.
func (h *Handler) Liveness() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if h.allowed(w, r) {
			h.respond(w, r, ok(""))
		}
	}
}
