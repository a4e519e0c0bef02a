package statusz

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

const noLifecycle = "There is no lifecycle to show: the context passed to statusz.Handler does not come from lifecycle.Run."

// Handler returns a handler that shows the lifecycle in ctx, which should come from
// lifecycle.Run or carry another [fsm.Source]. If ctx is nil or carries none, the
// handler shows the lifecycle in the request's context, where lifecycle.Serve and
// its variants put theirs; if there is none either, it answers 404 with a text that
// says so.
//
// It answers GET and HEAD; other methods get 405 with Allow. The answer is JSON if
// the request's Accept header prefers application/json to text/html, else a page.
//
// Only requests have a cost: between them the handler has no goroutine, timer or
// observer. It is safe for concurrent use.
func Handler(ctx context.Context, opts ...Option) http.Handler {
	h := &handler{}
	h.source, _ = fsm.FromContext(ctx)
	h.set(opts)
	return h
}

type handler struct {
	source fsm.Source      // may be nil
	health *health.Handler // may be nil
}

func (h *handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	src := h.source
	if src == nil {
		src, _ = fsm.FromContext(req.Context())
	}
	a := answer{w: w, req: req, code: http.StatusOK}
	switch {
	case req.Method != http.MethodGet && req.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		a.fail(http.StatusMethodNotAllowed, "Method not allowed: use GET or HEAD.")
	case src == nil:
		a.fail(http.StatusNotFound, noLifecycle)
	default:
		a.status = statusOf(src)
		if h.health != nil {
			a.status.addChecks(h.health)
		}
	}
	a.send()
}

// answer is the answer to one request; either status or failed is set.
type answer struct {
	w      http.ResponseWriter
	req    *http.Request
	code   int
	status *status
	failed *failure
}

// failure is the JSON of an answer that is not 200.
type failure struct {
	Error string `json:"error"`
}

func (a *answer) fail(code int, text string) {
	a.code, a.failed = code, &failure{text}
}

func (a *answer) send() {
	var body bytes.Buffer
	var err error
	header := a.w.Header()
	if prefersJSON(a.req.Header) {
		header.Set("Content-Type", "application/json")
		err = a.writeJSON(&body)
	} else {
		header.Set("Content-Type", "text/html; charset=utf-8")
		err = writePage(&body, header, a)
	}
	if err != nil { // not expected
		http.Error(a.w, "statusz: "+err.Error(), http.StatusInternalServerError)
		return
	}
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	a.w.WriteHeader(a.code)
	if a.req.Method != http.MethodHead {
		_, _ = a.w.Write(body.Bytes()) // fails only if the client has disconnected
	}
}

func (a *answer) writeJSON(body *bytes.Buffer) error {
	var v any = a.status
	if a.failed != nil {
		v = a.failed
	}
	return json.NewEncoder(body).Encode(v)
}
