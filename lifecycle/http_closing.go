package lifecycle

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// closeWriter is the response writer of HTTP/1 requests if there is a drain delay:
// the response carries "Connection: close" if the service is Draining when its
// header is sent (HTTP-3). Without a delay net/http does that, because its
// keep-alives are turned off at the stop; but that also closes idle connections,
// which should stay usable until the delay is over. It is also the response writer of
// HTTP/1.0 requests: net/http answers those that ask for it with "Connection:
// keep-alive" even when its keep-alives are turned off.
//
// net/http sends a header not when WriteHeader is called but with the first byte
// that follows, or when the handler returns. So does closeWriter.
//
// If the client expects "100 Continue", WriteHeader is passed on immediately: after
// it net/http does not send 100, and if the body has not been read, it closes the
// connection by itself.
type closeWriter struct {
	http.ResponseWriter
	run     *run
	expects bool
	status  int         // the argument of WriteHeader, not passed on yet
	header  http.Header // as it was then
	sent    bool
}

// send passes the header on.
func (w *closeWriter) send() {
	if w.sent {
		return
	}
	w.sent = true
	// http.MaxBytesReader closes the connection only with net/http's own response
	// writer, so this has to (HTTP-10).
	close := w.run.State() >= fsm.Draining || w.status == http.StatusRequestEntityTooLarge
	if w.status == 0 {
		if close {
			w.Header().Set("Connection", "close")
		}
		return
	}
	h := w.Header()
	since := maps.Clone(h) // what was set after WriteHeader is for trailers
	clear(h)
	maps.Copy(h, w.header)
	if close {
		h.Set("Connection", "close")
	}
	w.ResponseWriter.WriteHeader(w.status)
	clear(h)
	maps.Copy(h, since)
}

// WriteHeader passes 1xx on immediately: they precede the response, and a 101 needs
// its own Connection header.
func (w *closeWriter) WriteHeader(status int) {
	if status < 200 || status > 999 || w.sent || w.status != 0 {
		if w.status != 0 {
			w.send()
		}
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.status, w.header = status, w.Header().Clone()
	if w.expects {
		w.send()
	}
}

func (w *closeWriter) Write(p []byte) (int, error) {
	w.send()
	return w.ResponseWriter.Write(p)
}

// WriteString makes it an io.StringWriter.
func (w *closeWriter) WriteString(s string) (int, error) {
	w.send()
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom keeps sendfile possible.
func (w *closeWriter) ReadFrom(src io.Reader) (int64, error) {
	w.send()
	return io.Copy(w.ResponseWriter, src)
}

// Flush makes it an http.Flusher.
func (w *closeWriter) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController calls.
func (w *closeWriter) FlushError() error {
	w.send()
	return w.controller().Flush()
}

// Hijack makes it an http.Hijacker.
func (w *closeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.status != 0 && !w.sent {
		w.sent = true
		w.ResponseWriter.WriteHeader(w.status)
	}
	return w.controller().Hijack()
}

// CloseNotify is for frameworks that still ask for it.
func (w *closeWriter) CloseNotify() <-chan bool {
	//lint:ignore SA1019 net/http's writer implements it, so this one must
	if n, ok := w.ResponseWriter.(http.CloseNotifier); ok {
		return n.CloseNotify()
	}
	return make(chan bool)
}

// The other methods of http.ResponseController, for callers that assert them
// directly.

func (w *closeWriter) SetReadDeadline(t time.Time) error  { return w.controller().SetReadDeadline(t) }
func (w *closeWriter) SetWriteDeadline(t time.Time) error { return w.controller().SetWriteDeadline(t) }
func (w *closeWriter) EnableFullDuplex() error            { return w.controller().EnableFullDuplex() }

// Unwrap is for http.ResponseController.
func (w *closeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *closeWriter) controller() *http.ResponseController {
	return http.NewResponseController(w.ResponseWriter)
}
