package broken

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"time"
)

// requestVariants handle the requests that Serve serves in other ways.
func requestVariants() []variant {
	handles := func(name string, f func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler)) variant {
		return variant{name, "HTTP", func(i *impl) { onRequests(i, f) }}
	}
	return []variant{
		handles("takes some milliseconds for each request", func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
			time.Sleep(2 * time.Millisecond)
			defer time.Sleep(2 * time.Millisecond)
			next.ServeHTTP(w, req)
		}),
		handles("runs handlers on goroutines of their own", func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
			_ = contained(func() error { next.ServeHTTP(w, req); return nil }).again()
		}),
		handles("gives requests a deadline while draining", func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
			if ctx.Err() != nil {
				below, cancel := context.WithTimeout(req.Context(), 20*time.Second)
				defer cancel()
				req = req.WithContext(below)
			}
			next.ServeHTTP(w, req)
		}),
		handles("answers without a date", func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
			w.Header()["Date"] = nil
			next.ServeHTTP(w, req)
		}),
		handles("sends every body in chunks", func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
			if req.ProtoMajor == 1 && req.ProtoMinor == 1 {
				w.Header().Set("Transfer-Encoding", "chunked")
			}
			next.ServeHTTP(w, req)
		}),
	}
}

// pieces is a connection that reads and writes no more than a little at a time.
type pieces struct{ net.Conn }

// Read reads a part.
func (c pieces) Read(p []byte) (int, error) { return c.Conn.Read(p[:min(len(p), 1000)]) }

// Write writes part by part.
func (c pieces) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = c.Conn.Write(p[n:min(len(p), n+1000)])
		n += m
	}
	return n, err
}

// withoutReason changes the reason phrase of a response.
func withoutReason(p []byte) []byte {
	for _, phrase := range []string{"200 OK", "201 Created", "202 Accepted", "204 No Content"} {
		if line := []byte("HTTP/1.1 " + phrase + "\r\n"); bytes.HasPrefix(p, line) {
			return append([]byte("HTTP/1.1 "+phrase[:3]+" Very Well\r\n"), p[len(line):]...)
		}
	}
	return p
}

// idleLater is a connection that is closed a little later when it is idle.
type idleLater struct {
	net.Conn
	conns *tracked
}

// Close closes it, or has it closed.
func (c *idleLater) Close() error {
	if state, _ := c.conns.states.Load(c); state != http.StateIdle {
		return c.Conn.Close()
	}
	_ = c.SetReadDeadline(time.Unix(1, 0)) // for the goroutine that reads from it
	time.AfterFunc(40*time.Millisecond, func() { _ = c.Conn.Close() })
	return nil
}

// eager is a ResponseWriter that flushes whatever is written.
type eager struct{ *hijackNoted }

// Write writes and flushes.
func (w eager) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.Flush()
	return n, err
}

// writeNoted is a ResponseWriter that notes that something was written.
type writeNoted struct {
	*hijackNoted
	written bool
}

// WriteHeader notes it.
func (w *writeNoted) WriteHeader(code int) { w.written = true; w.ResponseWriter.WriteHeader(code) }

// Write notes it.
func (w *writeNoted) Write(p []byte) (int, error) { w.written = true; return w.ResponseWriter.Write(p) }

// Flush notes it.
func (w *writeNoted) Flush() { w.written = true; w.hijackNoted.Flush() }
