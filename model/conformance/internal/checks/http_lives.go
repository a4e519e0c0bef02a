package checks

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ClientsLeave checks HTTP-10. It has clients go away while their request is handled, at
// every moment of Serve.
func ClientsLeave(c *Checker) {
	for _, m := range []moment{whileRunning, withDelay, inDelay, whileDraining} {
		c.clientLeaves(c.Impl.Serve, m)
	}
}

// ClientsLeaveUntilStopped checks HTTP-7. It has clients go away from a server that serves
// until the run is stopped.
func ClientsLeaveUntilStopped(c *Checker) {
	for _, m := range []moment{whileRunning, whileDraining} {
		c.clientLeaves(c.serveUntil, m)
	}
}

func (c *Checker) clientLeaves(serve ServeFunc, m moment) {
	handle := func(v *service, w http.ResponseWriter, req *http.Request) {
		v.note("handled")
		//lint:ignore SA1019 frameworks ask for it still
		if n, ok := w.(http.CloseNotifier); ok {
			leaves := n.CloseNotify()
			defer func() {
				select {
				case <-leaves:
				case <-time.After(time.Second):
					c.Errorf("%s, a client leaves, and the channel of CloseNotify gets nothing", m)
				}
			}()
		}
		play.Wait(req.Context().Done(), 3*time.Second)
		v.note("gone")
	}
	c.serving(serve, subject.Settings{Delay: m.delay}, handle, func(v *service) {
		w := v.dial()
		if w == nil {
			return
		}
		if m.stopped {
			v.stop()
			time.Sleep(m.after)
		}
		_, _ = io.WriteString(w, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
		time.Sleep(100 * time.Millisecond)
		_ = w.Close()
		left := v.now()
		time.Sleep(time.Second)
		if v.at("handled") <= left && v.at("gone") >= left { // else another clause says so
			c.expect(promptly(v.at("gone"), left), "%s, a client leaves at %s, and the context of its request ends at %s", m, scenarios.Show(left), scenarios.Show(v.at("gone")))
		}
	})
}

// ManyAreCut checks HTTP-2. It has hundreds of requests be under way when the drain
// timeout runs out.
func ManyAreCut(c *Checker) {
	const n, drain = 300, 2 * time.Second
	c.serving(c.Impl.Serve, subject.Settings{Drain: drain}, lasting, func(v *service) {
		var clients sync.WaitGroup
		var mu sync.Mutex
		whole, last := 0, time.Duration(0)
		for range n {
			w := v.dial()
			if w == nil {
				return
			}
			clients.Go(func() {
				e := w.get(v, "1h")
				mu.Lock()
				defer mu.Unlock()
				if last = max(last, e.at); !e.cut() {
					whole++
				}
			})
		}
		v.end()
		clients.Wait()
		if v.hooksAt() > v.at(cancelled)+drain+time.Second {
			return // for DRAIN-2 to say
		}
		c.expect(whole == 0 && last <= v.hooksAt()+prompt, "of %d requests under way when the drain timeout runs out at %s, %d look whole, and the last is cut at %s; hooks begin at %s", n, scenarios.Show(v.at(cancelled)+drain), whole, scenarios.Show(last), scenarios.Show(v.hooksAt()))
	})
}

// BaseContextOfEach checks HTTP-2: one server on two listeners, whose BaseContext
// distinguishes them.
func BaseContextOfEach(c *Checker) {
	var made atomic.Pointer[pipes]
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		other := newPipes() // in the bubble
		other.port = 1
		srv.BaseContext = func(ln net.Listener) context.Context { // called as often as it may be
			return context.WithValue(context.Background(), valueKey{}, fmt.Sprint("of listener ", ln.Addr()))
		}
		made.Store(other)
		var both sync.WaitGroup
		both.Go(func() { _ = c.Impl.Serve(ctx, srv, ln) })
		time.Sleep(time.Millisecond)
		both.Go(func() { _ = c.Impl.Serve(ctx, srv, other) })
		both.Wait()
		return nil
	}
	says := func(_ *service, w http.ResponseWriter, req *http.Request) {
		_, _ = fmt.Fprint(w, req.Context().Value(valueKey{}))
	}
	c.serving(serve, subject.Settings{}, says, func(v *service) {
		other := made.Load()
		defer other.cut()
		time.Sleep(time.Millisecond) // it is served too
		client, leave := context.WithTimeout(context.Background(), time.Minute)
		defer leave()
		for _, ln := range []*pipes{v.ln, other} {
			conn, err := ln.dial(client, "", "")
			if err != nil {
				return // for HTTP-1 to say
			}
			e, want := newWire(conn).get(v, ""), fmt.Sprint("of listener ", ln.Addr())
			c.expect(!e.ok() || e.body == want, "the context of a request has the value that BaseContext made for its listener: %v, want %q", e, want)
		}
	})
}
