package health

import (
	"net/http"
	"strconv"
	"sync"
)

// writer puts answers on the wire. It prepares what does not change, so that
// an answer without checks allocates nothing.
type writer struct {
	// identity is the part of every body between the state and the uptime.
	identity string

	// Header values that responses share. None has room to append to, and
	// net/http changes none in place.
	json, noStore, allow []string
	lengths              [][]string // Content-Length by the length of the body

	buffers sync.Pool // of *[]byte
}

// maxPooled is the largest buffer kept for the next answer.
const maxPooled = 64 << 10

func (w *writer) init(tool, version string) {
	b := append([]byte(`","tool":`), appendString(nil, tool)...)
	b = append(append(b, `,"version":`...), appendString(nil, version)...)
	w.identity = string(append(b, `,"uptime":"`...))
	w.json = []string{"application/json"}
	w.noStore = []string{"no-store"}
	w.allow = []string{"GET, HEAD"}
	// Room for the longest body without checks: status, state and uptime.
	w.lengths = make([][]string, 96)
	for i := range w.lengths {
		w.lengths[i] = []string{strconv.Itoa(len(w.identity) + i)}
	}
	w.buffers.New = func() any { return new([]byte) }
}

func (w *writer) length(n int) []string {
	if i := n - len(w.identity); i < len(w.lengths) {
		return w.lengths[i]
	}
	return []string{strconv.Itoa(n)}
}

// respond writes the answer (HEALTH-6). That the client has left, or took half
// of it, is nobody's error: the next probe gets a whole one.
func (h *Handler) respond(rw http.ResponseWriter, r *http.Request, a answer) {
	w := &h.write
	buffer := w.buffers.Get().(*[]byte)
	body := h.appendBody((*buffer)[:0], a, w.identity)
	header := rw.Header()
	header["Content-Type"] = w.json
	header["Cache-Control"] = w.noStore
	header["Content-Length"] = w.length(len(body))
	rw.WriteHeader(a.code)
	if r.Method != http.MethodHead {
		_, _ = rw.Write(body)
	}
	if cap(body) <= maxPooled {
		*buffer = body
		w.buffers.Put(buffer)
	}
}

// allowed reports whether a probe may be asked this way, and answers if not.
func (h *Handler) allowed(rw http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == "" {
		return true
	}
	rw.Header()["Allow"] = h.write.allow
	h.respond(rw, r, answer{code: http.StatusMethodNotAllowed, status: statusNoMethod})
	return false
}
