package lifecycle

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"

	"github.com/greynewell/mist-go/fsm"
)

// Handler returns a handler that counts every request to next as work in
// flight, from before its first byte is handled until next returns: Draining
// lasts until all are answered, or the drain timeout runs out (HTTP-4). A
// handler that panics or hijacks its connection leaves nothing counted
// (HTTP-5).
//
// While Draining, responses to new requests carry "Connection: close"
// (HTTP-3). After Draining, a request is answered with 503 and Retry-After,
// and next is not called. [Serve] and [ListenAndServe] do this by themselves;
// Handler is for servers that are run in another way. A nil next is
// http.DefaultServeMux. With a context that does not come from [Run] it
// returns next itself, and logs an error (HOOK-9).
func Handler(ctx context.Context, next http.Handler) http.Handler {
	if next == nil {
		next = http.DefaultServeMux
	}
	r := from(ctx)
	if r == nil {
		logMisuse(caller(), "Handler", "requests are not counted")
		return next
	}
	return &counter{run: r, next: next}
}

// counter counts requests. It does so without allocating.
type counter struct {
	run  *run
	next http.Handler
}

func (c *counter) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if !c.run.work.begin(oneRequest) {
		c.run.log.answer(slog.LevelWarn, 0, "request after Draining is refused", slog.String("path", req.URL.Path))
		w.Header().Set("Connection", "close")
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the service is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer c.run.work.end(oneRequest)
	if c.run.State() >= fsm.Draining {
		w.Header().Set("Connection", "close")
	}
	c.next.ServeHTTP(w, req)
}

// closing is a handler whose responses carry "Connection: close" if the
// service is Draining when their header is written, also when the request came
// before (HTTP-3). Serve uses it, because net/http does not know before
// Shutdown that the server is about to stop: in the drain delay, and for a
// moment after it.
type closing struct {
	run  *run
	next http.Handler
}

func (c *closing) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	cw := &closingWriter{ResponseWriter: w, run: c.run}
	if _, ok := w.(http.Hijacker); ok {
		c.next.ServeHTTP(&hijackableWriter{cw}, req)
		return
	}
	c.next.ServeHTTP(cw, req)
}

type closingWriter struct {
	http.ResponseWriter
	run     *run
	written bool
}

func (w *closingWriter) before() {
	if !w.written && w.run.State() >= fsm.Draining {
		w.Header().Set("Connection", "close")
	}
	w.written = true
}

// WriteHeader leaves the header of a 101 alone, which says what becomes of the
// connection, and those of the other responses before the response.
func (w *closingWriter) WriteHeader(code int) {
	if code >= 200 {
		w.before()
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *closingWriter) Write(p []byte) (int, error) {
	w.before()
	return w.ResponseWriter.Write(p)
}

// ReadFrom keeps the way open for sendfile.
func (w *closingWriter) ReadFrom(src io.Reader) (int64, error) {
	w.before()
	return io.Copy(w.ResponseWriter, src)
}

// WriteString makes it an io.StringWriter.
func (w *closingWriter) WriteString(s string) (int, error) {
	w.before()
	return io.WriteString(w.ResponseWriter, s)
}

// Flush makes it an http.Flusher.
func (w *closingWriter) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController calls.
func (w *closingWriter) FlushError() error {
	w.before()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// CloseNotify is for frameworks that still ask for it.
func (w *closingWriter) CloseNotify() <-chan bool {
	//lint:ignore SA1019 what net/http still has must not be lost on the way
	if n, ok := w.ResponseWriter.(http.CloseNotifier); ok {
		return n.CloseNotify()
	}
	return make(chan bool)
}

// Unwrap is for http.ResponseController.
func (w *closingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// hijackableWriter is a closingWriter over one that can be hijacked.
type hijackableWriter struct{ *closingWriter }

// Hijack makes it an http.Hijacker.
func (w *hijackableWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h, ok := w.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, errors.ErrUnsupported
	}
	return h.Hijack()
}

// CancelOnStop: to be done (HTTP-9).
func CancelOnStop(ctx context.Context, next http.Handler) http.Handler { return next }
