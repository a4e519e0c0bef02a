package health

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/greynewell/mist-go/fsm"
)

// Liveness returns the handler that says whether the process is alive: 200 to
// every GET and HEAD (HEALTH-1). When it fails, the orchestrator kills the
// process and starts it again; so it runs no check, waits for nothing, takes
// no lock that a check could hold up, and answers in every state of the
// lifecycle, Draining included: a process that is finishing its work must not
// be killed for it.
func (h *Handler) Liveness() http.HandlerFunc {
	return h.endpoint(func(*http.Request) answer { return ok("") })
}

// Readiness returns the handler that says whether the process should be sent
// traffic: 200 when the lifecycle that is followed is Running, SetReady was
// not set to false, and every check passes that is not [Optional]; else 503,
// which takes the process out of rotation until it is 200 again.
//
//   - A lifecycle in any other state, or SetReady(false): "not_ready", and no
//     check is run (HEALTH-3, HEALTH-4).
//   - A check that fails: "degraded", and "checks" says which and why
//     (HEALTH-2).
//
// It answers when every check has ended or run out of its timeout; for optional
// checks alone it waits for 100 ms at most (HEALTH-15). Both the state and
// SetReady are looked at again then: a probe that is under way when the process
// begins to drain answers 503 (HEALTH-5).
func (h *Handler) Readiness() http.HandlerFunc {
	all := func() []*check { return h.runs.all() }
	return h.endpoint(func(r *http.Request) answer { return h.ready(r.Context(), all) })
}

// ReadinessOf returns the handler that is [Handler.Readiness] with the checks of
// these groups and those that are in none (HEALTH-17), so that what needs one
// dependency can be taken out of rotation without what does not. An unknown
// group has no checks of its own; with no group given, only those that are in
// none are run. Runs are shared with the other handlers.
func (h *Handler) ReadinessOf(groups ...string) http.HandlerFunc {
	groups = slices.Clone(groups)
	some := func() []*check { return h.runs.of(groups) }
	return h.endpoint(func(r *http.Request) answer { return h.ready(r.Context(), some) })
}

// Startup returns the handler that says whether start-up is over: 503 until
// the lifecycle that is followed has been Running, or was stopped before it
// came to that, and 200 ever after, whichever lifecycle is followed then
// (HEALTH-15). It runs no check and does not look at SetReady. Without a
// lifecycle it is 200.
//
// While it fails the orchestrator leaves the other probes alone; when it fails
// for too long (failureThreshold × periodSeconds) the process is killed.
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

// endpoint returns the handler that answers GET and HEAD with what answer says,
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

// respond writes the answer (HEALTH-6). A client that has left, or took half
// of it, is no error: the next probe gets a whole answer.
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

// writer has what answers need and does not change, so that one without checks
// allocates nothing but its share of a scratch.
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

// scratch is what one answer after another is made with.
type scratch struct {
	body   []byte
	values []string // for header values that have not been given out yet
}

const (
	maxPooled = 64 << 10 // the largest body whose memory is kept
	madeAhead = 3 * 64   // header values, for 64 answers
)

// set gives the header that value, unless it has it already. Each slice is given
// out once: the response owns it, and may change it in place. Made for 64
// answers together, they cost less than an allocation an answer.
func (s *scratch) set(header http.Header, key, value string) {
	if has := header[key]; len(has) == 1 && has[0] == value {
		return
	}
	if len(s.values) == 0 {
		s.values = make([]string, madeAhead)
	}
	one := s.values[:1:1]
	s.values = s.values[1:]
	one[0] = value
	header[key] = one
}

// quote returns s as a string of JSON, quotes included.
func quote(s string) string {
	b, _ := json.Marshal(s) // which fails for no string
	return string(b)
}
