package broken

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// wordingVariants say what the contract asks for in words of their own, and take the time
// that it gives them.
func wordingVariants() []variant {
	return []variant{
		{"explains after every stop what further interrupts do", "LOG", hinted("further interrupts end the phase")},
		{"explains after every stop what ^C does", "LOG", hinted("^C ends the phase")},
		{"explains after every stop what kill -INT does", "LOG", hinted("kill -INT ends the phase")},
		{"writes a place as file.go at line 12", "DRAIN", func(i *impl) {
			place := regexp.MustCompile(`(?:[^ ,;()]*/)?([a-z_]+\.go):([0-9]+)`)
			rewriteTexts(i, func(text string) string { return place.ReplaceAllString(text, "$1 at line $2") })
		}},
		{"counts what it waits for in words", "LOG", func(i *impl) {
			words := map[string]string{"1": "one", "2": "two", "3": "three", "5": "five", "7": "seven", "13": "thirteen"}
			number := regexp.MustCompile(`\b[0-9]+\b`)
			onAttr(i, "waits_for", func(a slog.Attr) slog.Attr {
				return slog.String(a.Key, number.ReplaceAllStringFunc(a.Value.String(), func(digits string) string {
					if word := words[digits]; word != "" {
						return word
					}
					return digits
				}))
			})
		}},
		{"warns at the level of errors", "DRAIN LOG", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if level == "WARN" {
					level = "ERROR"
				}
				log(level, line)
			})
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if r.Level == slog.LevelWarn {
					r.Level = slog.LevelError
				}
				write(r)
			})
		}},
		{"returns to those who serve until the stop after some turns of the scheduler", "HTTP", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				err := serve(ctx, srv, ln)
				for range 1000 {
					runtime.Gosched()
				}
				return err
			})
		}},
		{"calls closeNow 50 ms after the end of draining", "HTTP", func(i *impl) {
			onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if closeNow := s.closeNow; closeNow != nil {
					s.closeNow = func() error { time.Sleep(50 * time.Millisecond); return closeNow() }
				}
				return serveFunc(s)
			})
		}},
		// net/http does not see then that they are over TLS, and speaks no HTTP/2. So it is
		// done only in a run with a short drain timeout, as those have that cut some.
		{"cuts connections over TLS by their Close alone", "HTTP", func(i *impl) {
			type limits struct{ drain time.Duration }
			of := notes[limits](i)
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil {
					return run(nil, s)
				}
				return run(func(ctx context.Context) error {
					of(ctx).drain = s.Drain
					return main(ctx)
				}, s)
			})
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if drain := of(ctx).drain; drain > 0 && drain < 10*time.Second {
					ln = cutByClose{ln, i.WorkContext(ctx)}
				}
				return serve(ctx, srv, ln)
			})
		}},
	}
}

// hinted has the record of each stop, and of no other transition, say what an interrupt
// does.
func hinted(text string) func(i *impl) {
	return func(i *impl) {
		onRecord(i, func(r slog.Record, write func(slog.Record)) {
			stop := false
			r = changedAttrs(r, func(a slog.Attr) slog.Attr {
				stop = stop || a.Key == "to" && a.Value.String() == "draining"
				if a.Key == "hint" && strings.Contains(a.Value.String(), "interrupt") {
					return slog.Attr{}
				}
				return a
			})
			if stop {
				r.AddAttrs(slog.String("note", text))
			}
			write(r)
		})
	}
}

// cutByClose is a listener whose connections over TLS take no deadline after draining.
type cutByClose struct {
	net.Listener
	draining context.Context
}

// Accept accepts one.
func (l cutByClose) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if over, ok := conn.(*tls.Conn); ok {
		return &withoutDeadlines{over, l.draining}, err
	}
	return conn, err
}

type withoutDeadlines struct {
	net.Conn
	draining context.Context
}

// SetDeadline is net.Conn's.
func (c *withoutDeadlines) SetDeadline(t time.Time) error {
	if c.draining.Err() != nil {
		return nil
	}
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline is net.Conn's.
func (c *withoutDeadlines) SetReadDeadline(t time.Time) error {
	if c.draining.Err() != nil {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}
