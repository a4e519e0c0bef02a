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

// closing is the response writer of HTTP/1 requests in a service with a drain
// delay: the response carries "Connection: close" if the service is Draining
// when its header is sent (HTTP-3). Without a delay net/http does that, because
// its keep-alives are turned off at the stop; but that closes idle connections
// as well, which are to be of use until the delay is over.
//
// net/http sends a header not when WriteHeader is called but with the first
// byte that follows, or when the handler returns. So does this.
//
// If the client expects "100 Continue", WriteHeader is passed on at once: from
// then on net/http does not send that, and, if the body was not read before,
// closes the connection by itself.
type closing struct {
	http.ResponseWriter
	run     *run
	expects bool
	status  int         // given to WriteHeader, which was not passed on yet
	header  http.Header // as it was then
	sent    bool
}

// send passes the header on.
func (w *closing) send() {
	if w.sent {
		return
	}
	w.sent = true
	// What http.MaxBytesReader does for the response writer that it knows, it
	// does not for this one (HTTP-10).
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

// WriteHeader passes 1xx on at once: they come before the response, and the
// header of a 101 says what becomes of the connection.
func (w *closing) WriteHeader(status int) {
	if status < 200 || status > 999 || w.sent || w.status != 0 {
		if status >= 200 {
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

func (w *closing) Write(p []byte) (int, error) {
	w.send()
	return w.ResponseWriter.Write(p)
}

// WriteString makes it an io.StringWriter.
func (w *closing) WriteString(s string) (int, error) {
	w.send()
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom keeps sendfile possible.
func (w *closing) ReadFrom(src io.Reader) (int64, error) {
	w.send()
	return io.Copy(w.ResponseWriter, src)
}

// Flush makes it an http.Flusher.
func (w *closing) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController calls.
func (w *closing) FlushError() error {
	w.send()
	return w.controller().Flush()
}

// Hijack makes it an http.Hijacker.
func (w *closing) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.status != 0 && !w.sent {
		w.sent = true
		w.ResponseWriter.WriteHeader(w.status)
	}
	return w.controller().Hijack()
}

// CloseNotify is for frameworks that still ask for it.
func (w *closing) CloseNotify() <-chan bool {
	//lint:ignore SA1019 what net/http offers must not be lost
	if n, ok := w.ResponseWriter.(http.CloseNotifier); ok {
		return n.CloseNotify()
	}
	return make(chan bool)
}

// The rest of what http.ResponseController knows, for those that look for it
// without one.

func (w *closing) SetReadDeadline(t time.Time) error  { return w.controller().SetReadDeadline(t) }
func (w *closing) SetWriteDeadline(t time.Time) error { return w.controller().SetWriteDeadline(t) }
func (w *closing) EnableFullDuplex() error            { return w.controller().EnableFullDuplex() }

// Unwrap is for http.ResponseController.
func (w *closing) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *closing) controller() *http.ResponseController {
	return http.NewResponseController(w.ResponseWriter)
}
