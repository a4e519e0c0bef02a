package checks

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// overtaken is a server's end of a connection on which a request still arrives when it
// is being closed, and an answer to that comes too late.
type overtaken struct {
	net.Conn
	closing atomic.Bool
	arrives atomic.Pointer[func()]
}

// Close closes it after that.
func (o *overtaken) Close() error {
	if f := o.arrives.Load(); !o.closing.Swap(true) && f != nil {
		(*f)()
	}
	return o.Conn.Close()
}

// Write fails when it is being closed.
func (o *overtaken) Write(p []byte) (int, error) {
	if o.closing.Load() {
		return 0, net.ErrClosed
	}
	return o.Conn.Write(p)
}

// AskedAsItCloses checks HTTP-6: on connections that the server closes, because they
// are idle or have sent nothing for too long, a request is read at that moment. Its
// handler is not called, or it is answered, or Run says that it is not.
func AskedAsItCloses(c *Checker) {
	for _, each := range []int{1, 7} {
		for _, used := range []bool{false, true} {
			var made atomic.Pointer[chan *overtaken]
			serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
				accepted := make(chan *overtaken, 1)
				made.Store(&accepted)
				return c.Impl.Serve(ctx, srv, wrapped{ln, func(conn net.Conn) net.Conn {
					o := &overtaken{Conn: conn}
					accepted <- o
					return o
				}})
			}
			var called, lost atomic.Int64
			handle := func(v *service, w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/wait" { // and returns before anything is closed
					play.Wait(v.ctx.Done(), play.Patience)
				}
				if req.URL.Path == "/late" {
					called.Add(1)
					lost.Add(1) // until it is answered
				}
				_, _ = io.WriteString(w, "done")
			}
			c.serving(serve, subject.Settings{}, handle, func(v *service) {
				var clients sync.WaitGroup
				accepted := *made.Load()
				for _, age := range []time.Duration{7 * time.Second, time.Second, 400 * time.Millisecond, time.Millisecond} {
					for range each {
						v.askAsItCloses(used, accepted, &clients, &lost)
					}
					time.Sleep(age * 3 / 4)
				}
				for range each - 1 {
					w := v.dial()
					if w == nil {
						return
					}
					<-accepted
					clients.Go(func() { w.get(v, "wait") })
				}
				time.Sleep(time.Millisecond)
				v.end()
				clients.Wait()
				c.expect(lost.Load() <= 0 || v.outcome() != nil, "of %d requests that are read while their connections are closed (used before: %t), and handled, %d are not answered, and Run returns nil", called.Load(), used, lost.Load())
			})
		}
	}
}

// askAsItCloses makes a connection that has had an answer, or none, and has its next
// request arrive when the server closes it.
func (v *service) askAsItCloses(used bool, accepted <-chan *overtaken, clients *sync.WaitGroup, lost *atomic.Int64) {
	w := v.dial()
	if w == nil {
		return
	}
	server := <-accepted
	if used && w.get(v, "first").closes {
		return
	}
	arrives := func() {
		_ = w.SetWriteDeadline(time.Now().Add(time.Millisecond)) // when nothing is read any more
		_, _ = io.WriteString(w, "GET /late HTTP/1.1\r\nHost: service\r\n\r\n")
	}
	server.arrives.Store(&arrives)
	clients.Go(func() {
		if v.exchanged(http.ReadResponse(w.r, nil)).ok() {
			lost.Add(-1)
		}
	})
}

// AskedAsItStops checks HTTP-2: the stop comes when a request has been read, and its
// handler is not called yet, because the server's ConnState takes its time.
func AskedAsItStops(c *Checker) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 23))
		takes := time.Duration(1+r.IntN(450)) * time.Millisecond
		var stop atomic.Pointer[func()]
		serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			srv.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateActive {
					if f := stop.Swap(nil); f != nil {
						time.AfterFunc(takes/2, *f)
						time.Sleep(takes)
					}
				}
			}
			return c.Impl.Serve(ctx, srv, ln)
		}
		c.serving(serve, subject.Settings{}, lasting, func(v *service) {
			w := v.dial()
			if w == nil || r.IntN(3) > 0 && w.get(v, "0s").closes {
				return
			}
			time.Sleep([]time.Duration{0, 300 * time.Millisecond, time.Second}[r.IntN(3)])
			stop.Store(&v.stop)
			e := w.get(v, "100ms")
			c.expect(e.ok() || e.err == io.EOF && v.at(cancelled) > v.now(), "the stop comes when a request has been read, %v before its handler is called: %v, want an answer", takes/2, e)
		})
	}
}
