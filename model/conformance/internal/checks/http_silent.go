package checks

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// SilentIsNotWaitedFor checks HTTP-6: a connection without a request, young and old, whose
// client stays: silent, or with no more to say than what HTTP/2 begins with.
func SilentIsNotWaitedFor(c *Checker) {
	for _, age := range []time.Duration{10 * time.Millisecond, 300 * time.Millisecond, 450 * time.Millisecond, time.Second, time.Hour} {
		for what, dial := range map[string]func(v *service) io.ReadCloser{
			"a silent connection": func(v *service) io.ReadCloser {
				if w := v.dial(); w != nil {
					_ = w.SetDeadline(time.Time{})
					return w.Conn
				}
				return nil
			},
			"a connection of HTTP/2": func(v *service) io.ReadCloser {
				if w := v.dial2(); w != nil {
					_ = w.SetDeadline(time.Time{})
					return w.Conn
				}
				return nil
			},
		} {
			c.serving(c.serveHTTP2, subject.Settings{}, lasting, func(v *service) {
				conn := dial(v)
				if conn == nil {
					return
				}
				gone := make(chan struct{})
				go func() { defer close(gone); _, _ = io.Copy(io.Discard, conn) }()
				time.Sleep(age)
				v.end()
				_ = conn.Close()
				<-gone
				late, want := v.at(served)-v.at(cancelled), max(0, 500*time.Millisecond-age)
				c.expect(late <= want+400*time.Millisecond, "%s without a request, %v old at the stop, is waited for: Serve returns %v after the cancel, want %v", what, age, late, want)
			})
		}
	}
}

// HalfARequest checks HTTP-6. It has the stop come between the halves of a first request,
// the second of which comes when the connection is almost as old as it may become without
// a request.
func HalfARequest(c *Checker) {
	for _, half := range []string{"G", "GET /0s HTTP/1.1\r\nHo", "GET /0s HTTP/1.1\r\nHost: service\r\n"} {
		c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) {
			w := v.dial()
			if w == nil {
				return
			}
			_, _ = io.WriteString(w, half)
			time.Sleep(50 * time.Millisecond)
			v.stop()
			time.Sleep(400 * time.Millisecond)
			_, _ = io.WriteString(w, strings.TrimPrefix("GET /0s HTTP/1.1\r\nHost: service\r\n\r\n", half))
			e := v.exchanged(http.ReadResponse(w.r, nil))
			c.expect(e.ok(), "a request whose first %d bytes come before the stop, and the others 400ms after it: %v", len(half), e)
		})
	}
}
