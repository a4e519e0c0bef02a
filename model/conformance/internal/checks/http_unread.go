package checks

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// wrapped is a listener whose connections are wrapped.
type wrapped struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

// Accept returns the next connection, wrapped.
func (l wrapped) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.wrap(conn), nil
}

// inTransit is a connection whose network takes whatever is written, and has delivered
// none of it yet.
type inTransit struct{ net.Conn }

// Write does not block.
func (*inTransit) Write(p []byte) (int, error) { return len(p), nil }

// UnreadAnswers checks HTTP-6: handlers have returned, and their clients have not read
// the responses when the drain timeout runs out. Over HTTP/1 the server cannot send
// them; over HTTP/2 they are on the way, and the client has a second to read them
// (HTTP-1).
func UnreadAnswers(c *Checker) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 21))
		drain := time.Duration(500+r.IntN(2500)) * time.Millisecond
		takes := drain + time.Second - time.Duration(100+r.IntN(300))*time.Millisecond // the stop is at 1s
		requests, http2 := []int{1, 1, 2, 7, 64}[r.IntN(5)], seed%2 == 0
		serve := c.Impl.Serve
		if http2 {
			serve = func(ctx context.Context, srv *http.Server, ln net.Listener) error {
				return c.serveHTTP2(ctx, srv, wrapped{ln, func(conn net.Conn) net.Conn { return &inTransit{conn} }})
			}
		} else if r.IntN(2) == 0 {
			takes = 0 // long before the stop
		}
		c.serving(serve, subject.Settings{Drain: drain}, lasting, func(v *service) {
			for range requests {
				if !v.askOnly(takes, http2) {
					return
				}
			}
			time.Sleep(time.Second - v.now())
			v.end()
			at := v.at(cancelled) + drain
			c.expect(v.outcome() != nil, "%d handlers have returned %v after their requests (over HTTP/2: %t), whose clients read nothing: the drain timeout runs out at %s, and Run returns nil", requests, takes, http2, scenarios.Show(at))
			c.expect(v.at(returned) == model.Never || v.hooksAt() >= at && v.hooksAt() <= at+100*time.Millisecond+prompt, "the clients of %d requests (over HTTP/2: %t) read nothing: the drain timeout runs out at %s, and hooks begin at %s", requests, http2, scenarios.Show(at), scenarios.Show(v.hooksAt()))
		})
	}
}

// askOnly sends a request over a connection of its own and reads nothing.
func (v *service) askOnly(takes time.Duration, http2 bool) bool {
	w := v.dial()
	if w == nil {
		return false
	}
	if !http2 {
		_, err := io.WriteString(w, "GET /"+takes.String()+" HTTP/1.1\r\nHost: service\r\n\r\n")
		return err == nil
	}
	w2, err := newWire2(w.Conn, v.now)
	if err == nil {
		_, err = w2.ask(takes.String())
	}
	if err != nil {
		v.c.Errorf("over HTTP/2 a request cannot be sent: %v", err)
	}
	return err == nil
}

// ServedRequestsAreCounted checks DRAIN-2: of requests that Serve serves, each is
// counted once, by Serve alone and where Handler counts it too, and so is each unit
// beside them. A server is neither.
func ServedRequestsAreCounted(c *Checker) {
	const hangs = 4 * time.Second
	handle := func(_ *service, _ http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/unread" {
			time.Sleep(hangs) // whatever its context
		}
	}
	ways := map[string]ServeFunc{"Serve": c.Impl.Serve}
	if c.offered[subject.NeedHandler] {
		ways["Serve and Handler"] = func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			srv.Handler = c.Impl.Handler(ctx, srv.Handler)
			return c.Impl.Serve(ctx, srv, ln)
		}
	}
	if c.offered[subject.NeedHandler] && c.offered[subject.NeedServeFunc] {
		ways["Handler, beside a ServeFunc that hangs,"] = func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			hang := func() error { time.Sleep(hangs); return nil }
			go func() {
				_ = c.Impl.ServeFunc(ctx, hang, func(context.Context) error { return hang() }, nil)
			}()
			return c.ServeBare(ctx, srv, ln)
		}
	}
	for _, out := range []struct {
		requests, units int
		unread          bool // one more request is answered, and its client reads nothing: it may count
		drain           time.Duration
	}{
		{7, 0, false, 2 * time.Second},
		{64, 0, false, 250 * time.Millisecond}, // in which connections without a request are still waited for
		{7, 3, false, 2 * time.Second},
		{7, 7, false, 2 * time.Second},
		{1, 1, false, 2 * time.Second},
		{7, 0, true, 2 * time.Second},
	} {
		if out.units > 0 && !c.offered[subject.NeedTrack] {
			continue
		}
		for what, way := range ways {
			serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
				for range out.units {
					c.Impl.Track(ctx)
				}
				return way(ctx, srv, ln)
			}
			c.serving(serve, subject.Settings{Drain: out.drain}, handle, func(v *service) {
				for range out.requests {
					go v.get("")
				}
				time.Sleep(time.Second)
				for range 3 {
					if v.dial() == nil { // which sends nothing
						return
					}
				}
				if out.unread {
					w := v.dial()
					if w == nil {
						return
					}
					_, _ = io.WriteString(w, "GET /unread HTTP/1.1\r\nHost: service\r\n\r\n")
				}
				v.end()
				err := v.outcome()
				counts := func(requests int) bool {
					return err != nil && tells(err.Error(), requests, callSite{}, nil) && (out.units == 0 || tells(err.Error(), out.units, callSite{}, nil))
				}
				c.expect(counts(out.requests) || out.unread && counts(out.requests+1), "%d requests of %s and %d units of Track are out when the drain timeout runs out, and Run returns %v, want an error that counts them", out.requests, what, out.units, err)
			})
		}
	}
}
