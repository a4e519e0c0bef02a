package health

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/greynewell/mist-go/fsm"
)

// Liveness returns the handler for liveness probes: 200 for every GET and HEAD
// (HEALTH-1). When liveness fails, the orchestrator kills and restarts the process. So
// the handler runs no check, waits for nothing, takes no lock that a check could hold,
// and answers in every state of the lifecycle, including Draining: a process that is
// finishing its work must not be killed.
func (h *Handler) Liveness() http.HandlerFunc {
	return h.endpoint(func(*http.Request) answer { return ok("") })
}

// Readiness returns the handler for readiness probes. It answers 200 if the lifecycle
// is Running, SetReady(false) was not called, and every check that is not [Optional]
// passes; otherwise 503, so that the process gets no new traffic until it is 200 again.
//
//   - If the lifecycle is in any other state, or after SetReady(false), the status is
//     "not_ready" and no check is run (HEALTH-3, HEALTH-4).
//   - If a check fails, the status is "degraded", and "checks" shows which and why
//     (HEALTH-2).
//
// It answers once every check has ended or timed out; if only optional checks are left,
// it waits at most 100 ms for them (HEALTH-15). Then it reads the state and SetReady
// again: a probe that is in progress when draining begins answers 503 (HEALTH-5).
func (h *Handler) Readiness() http.HandlerFunc {
	all := func() []*check { return h.runs.all() }
	return h.endpoint(func(r *http.Request) answer { return h.ready(r.Context(), all) })
}

// ReadinessOf is like [Handler.Readiness], but runs only the checks in these groups and
// those without a group (HEALTH-17). So the part of a service that needs a dependency
// can be not ready while the rest is. An unknown group adds no checks; without
// arguments only checks without a group are run. Runs are shared with the other
// handlers.
func (h *Handler) ReadinessOf(groups ...string) http.HandlerFunc {
	groups = slices.Clone(groups)
	some := func() []*check { return h.runs.of(groups) }
	return h.endpoint(func(r *http.Request) answer { return h.ready(r.Context(), some) })
}

// Startup returns the handler for startup probes: 503 until the lifecycle has reached
// Running, or has been stopped before that, and 200 from then on, even if another
// lifecycle is followed later (HEALTH-15). It runs no checks and ignores SetReady.
// Without a lifecycle it is 200.
//
// While startup fails, the orchestrator sends no other probes; if it fails for too long
// (failureThreshold × periodSeconds), the process is killed.
func (h *Handler) Startup() http.HandlerFunc {
	return h.endpoint(func(r *http.Request) answer {
		source := h.gate.Load().follows(r.Context())
		if source == nil {
			return ok("")
		}
		state := source.State()
		if state >= fsm.Running {
			h.started.Store(true)
		} else if !h.started.Load() {
			return notReady(state.String())
		}
		return ok(state.String())
	})
}

// endpoint returns the handler that answers GET and HEAD with the result of answerTo,
// and other methods with 405 (HEALTH-6).
func (h *Handler) endpoint(answerTo func(*http.Request) answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, "":
			h.respond(w, r, answerTo(r))
		default:
			w.Header().Set("Allow", "GET, HEAD")
			h.respond(w, r, answer{code: http.StatusMethodNotAllowed, status: statusNoMethod})
		}
	}
}

// respond writes the answer (HEALTH-6). A write error is ignored: the client has
// disconnected.
func (h *Handler) respond(w http.ResponseWriter, r *http.Request, a answer) {
	s := h.write.scratch.Get().(*scratch)
	body := h.appendBody(s.body[:0], a)
	header := w.Header()
	s.set(header, "Content-Type", "application/json")
	s.set(header, "Cache-Control", "no-store")
	s.set(header, "Content-Length", h.write.length(len(body)))
	w.WriteHeader(a.code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
	if cap(body) <= maxPooled {
		s.body = body
		h.write.scratch.Put(s)
	}
}

// writer holds the constant parts of answers, so that an answer without checks
// allocates only its share of a scratch.
type writer struct {
	identity string    // the part of every body between the state and the uptime
	lengths  []string  // Content-Length by the length of the body, less identity
	scratch  sync.Pool // of *scratch
}

func (w *writer) init(tool, version string) {
	w.identity = `"tool":` + quote(tool) + `,"version":` + quote(version) + `,"uptime":"`
	// Room for the longest body without checks: status, state and uptime.
	w.lengths = make([]string, 96)
	for i := range w.lengths {
		w.lengths[i] = strconv.Itoa(len(w.identity) + i)
	}
	w.scratch.New = func() any { return new(scratch) }
}

func (w *writer) length(n int) string {
	if i := n - len(w.identity); i < len(w.lengths) {
		return w.lengths[i]
	}
	return strconv.Itoa(n)
}

// scratch is memory that is reused by answers.
type scratch struct {
	body   []byte
	values []string // for header values, not used yet
}

const (
	maxPooled   = 64 << 10 // the largest body whose memory is kept
	headerBatch = 3 * 64   // header values, for 64 answers
)

// set sets the header. Each slice is used once: the response owns it and may modify it.
// Allocating them for 64 answers at a time is cheaper than one allocation per answer.
func (s *scratch) set(header http.Header, key, value string) {
	if len(s.values) == 0 {
		s.values = make([]string, headerBatch)
	}
	one := s.values[:1:1]
	s.values = s.values[1:]
	one[0] = value
	header[key] = one
}

// quote returns s as a JSON string, including the quotes.
func quote(s string) string {
	b, _ := json.Marshal(s) // never fails for a string
	return string(b)
}
