package checks

import (
	"io"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// SilentIsNotWaitedFor has a connection without a request, young and old, whose
// client stays: silent, or with no more to say than what HTTP/2 begins with.
func SilentIsNotWaitedFor(c *Checker) {
	for _, age := range []time.Duration{10 * time.Millisecond, 300 * time.Millisecond, time.Second, time.Hour} {
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
				late := v.at(served) - v.at(cancelled)
				c.expect(late <= 950*time.Millisecond, "%s without a request, %v old at the stop, is waited for: Serve returns %v after the cancel", what, age, late)
			})
		}
	}
}
