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

const noLifecycle = "There is no lifecycle to show: the context that the handler was made with does not come from lifecycle.Run."

// Handler returns a handler that shows the lifecycle that ctx carries, a
// context from lifecycle.Run or one with any other [fsm.Source]. With a ctx
// that carries none, nil too, it shows the one in the request's context, where
// lifecycle.Serve and ListenAndServe put theirs; if there is none either, the
// page and the JSON say so, with 404.
//
// It answers GET and HEAD, others with 405 and Allow. The answer is JSON if the
// request's Accept prefers application/json to text/html, else a page.
//
// All that a look costs is paid by the request for it: between requests the
// handler has no goroutine, timer or observer. Safe for concurrent use.
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
		a.fail(http.StatusMethodNotAllowed, "Only GET and HEAD are answered here.")
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

// answer is one answer in the making.
type answer struct {
	w      http.ResponseWriter
	req    *http.Request
	code   int
	status *status  // nil if there is none to show
	failed *failure // nil if there is
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
	if err != nil { // none that is known of
		http.Error(a.w, "statusz: "+err.Error(), http.StatusInternalServerError)
		return
	}
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	a.w.WriteHeader(a.code)
	if a.req.Method != http.MethodHead {
		_, _ = a.w.Write(body.Bytes()) // the reader has gone: nobody to tell
	}
}

func (a *answer) writeJSON(body *bytes.Buffer) error {
	var v any = a.status
	if a.failed != nil {
		v = a.failed
	}
	return json.NewEncoder(body).Encode(v)
}
