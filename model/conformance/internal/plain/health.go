package plain

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Handler answers the probes of an orchestrator.
type Handler struct {
	tool, version string
	since         time.Time

	mu       sync.Mutex // never held while a check runs (HEALTH-14)
	notReady bool
	checks   []check
}

type check struct {
	name string
	fn   func() error
}

// New returns a handler that is ready.
func New(tool, version string) *Handler {
	return &Handler{tool: tool, version: version, since: time.Now()}
}

// SetReady says whether the service wants traffic (HEALTH-3).
func (h *Handler) SetReady(ready bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notReady = !ready
}

// AddCheck adds a check, or replaces the one of that name (HEALTH-13).
func (h *Handler) AddCheck(name string, fn func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.checks {
		if h.checks[i].name == name {
			h.checks[i].fn = fn
			return
		}
	}
	h.checks = append(h.checks, check{name, fn})
}

// look returns what a probe begins with: whether the service wants traffic,
// and a copy of the checks, because a check may add another.
func (h *Handler) look() (ready bool, checks []check) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.notReady, append(checks, h.checks...)
}

// Liveness answers 200 for as long as the process can answer (HEALTH-1).
func (h *Handler) Liveness() http.HandlerFunc {
	return h.endpoint(func() (string, map[string]string) { return "ok", nil })
}

// Readiness answers 200 when the service wants traffic and every check passes
// (HEALTH-2, HEALTH-3).
func (h *Handler) Readiness() http.HandlerFunc {
	return h.endpoint(func() (status string, texts map[string]string) {
		ready, checks := h.look()
		if !ready {
			return "not_ready", nil
		}
		status, texts = "ok", make(map[string]string)
		for _, c := range checks {
			text, passed := c.run()
			if texts[c.name] = text; !passed {
				status = "degraded"
			}
		}
		// SetReady may have been called meanwhile.
		if ready, _ = h.look(); !ready {
			return "not_ready", nil
		}
		return status, texts
	})
}

// run runs a check, and whatever the error's own Error does (HEALTH-8).
func (c check) run() (text string, passed bool) {
	passed = true
	o := call(func() error {
		if err := c.fn(); err != nil {
			text, passed = err.Error(), false
			return nil
		}
		text = "ok"
		return nil
	})
	if <-o.done; o.err != nil {
		return o.err.Error(), false
	}
	return text, passed
}

// endpoint makes a handler of what it is to say. Any status but "ok" is a 503.
func (h *Handler) endpoint(say func() (status string, checks map[string]string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		code, status, checks := http.StatusMethodNotAllowed, "method_not_allowed", map[string]string(nil)
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			code = http.StatusOK
			if status, checks = say(); status != "ok" {
				code = http.StatusServiceUnavailable
			}
		} else {
			w.Header().Set("Allow", "GET, HEAD")
		}
		// Strings cannot fail to be encoded, and a map's keys come out sorted
		// (HEALTH-12).
		body, _ := json.Marshal(struct {
			Status  string            `json:"status"`
			Tool    string            `json:"tool"`
			Version string            `json:"version"`
			Uptime  string            `json:"uptime"`
			Checks  map[string]string `json:"checks,omitempty"`
		}{status, h.tool, h.version, time.Since(h.since).Truncate(time.Second).String(), checks})
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(code)
		w.Write(body) // of which net/http sends the length alone to HEAD
	}
}
