package broken

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/greynewell/mist-go/lifecycle"
)

// rareConnCases are wrong about connections and listeners of rare kinds.
func rareConnCases() []Case {
	return []Case{
		wrong("OPTIONS * has no Connection: close in the drain delay", "HTTP-3", func(i *impl) {
			onWireAnswers(i, func(ctx context.Context, _ net.Conn, request, p []byte) []byte {
				if bytes.HasPrefix(request, []byte("OPTIONS * ")) && ctx.Err() == nil {
					return bytes.Replace(p, []byte("Connection: close\r\n"), nil, 1)
				}
				return p
			})
		}),
		wrong("OPTIONS * with a long body is not answered", "HTTP-10", func(i *impl) {
			onWireAnswers(i, func(_ context.Context, conn net.Conn, request, p []byte) []byte {
				if bytes.HasPrefix(request, []byte("OPTIONS * ")) && bytes.Contains(request, []byte("Content-Length: 5000\r\n")) {
					_ = conn.Close()
				}
				return p
			})
		}),
		wrong("a connection that is accepted after the drain timeout stays open", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, lateOpen{ln, i.WorkContext(ctx)})
			})
		}),
		wrong("the listener closes when the idle connections have", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if srv.Protocols != nil {
					return serve(ctx, srv, ln) // it may speak HTTP/2
				}
				return serve(ctx, srv, closedLast{ln, trackConns(srv)})
			})
		}).mayBreak("HTTP-6"),
		wrong("after the stop, connections are closed when the listener has", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				noted := &closeNoted{Listener: ln, gone: make(chan struct{})}
				return serve(ctx, srv, listener{noted, func(conn net.Conn) net.Conn { return &closedAfter{conn, ctx, noted.gone} }})
			})
		}),
		wrong("connections without a request count as requests that are out", "DRAIN-2", func(i *impl) {
			var accepted atomic.Int64
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				accepted.Store(0)
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
					accepted.Add(1)
					return conn
				}})
			})
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					var timeout *lifecycle.DrainTimeoutError
					if errors.As(err, &timeout) && timeout.Requests > 0 {
						own := *timeout
						own.Requests = max(own.Requests, int(accepted.Load()))
						all[n] = &own
					}
				}
				return all
			})
		}),
	}
}

// onWireAnswers has f edit what is sent in answer to a request, of which it is given the
// first packet.
func onWireAnswers(i *impl, f func(ctx context.Context, conn net.Conn, request, p []byte) []byte) {
	onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
		return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
			a := &asked{edited: edited{Conn: conn}}
			a.edit = func(p []byte) []byte {
				if request := a.request.Load(); request != nil {
					return f(ctx, conn, *request, p)
				}
				return p
			}
			return a
		}})
	})
}

// asked is a connection that notes what is asked over it.
type asked struct {
	edited
	request atomic.Pointer[[]byte]
}

// Read notes what it reads.
func (a *asked) Read(p []byte) (int, error) {
	n, err := a.Conn.Read(p)
	if bytes.Contains(p[:n], []byte(" HTTP/1.")) {
		request := bytes.Clone(p[:n])
		a.request.Store(&request)
	}
	return n, err
}

// lateOpen is a listener that leaves open what it accepts when draining is over.
type lateOpen struct {
	net.Listener
	draining context.Context
}

// Accept keeps it.
func (l lateOpen) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil && l.draining.Err() != nil {
		return nil, net.ErrClosed
	}
	return conn, err
}

// closedLast is a listener that is closed after idle connections.
type closedLast struct {
	net.Listener
	conns *tracked
}

// Close closes them first.
func (l closedLast) Close() error {
	l.conns.each(func(conn net.Conn, state http.ConnState) {
		if state == http.StateIdle {
			_ = conn.Close()
		}
	})
	return l.Listener.Close()
}

// closeNoted is a listener that notes that its Close has returned.
type closeNoted struct {
	net.Listener
	once sync.Once
	gone chan struct{}
}

// Close notes it.
func (l *closeNoted) Close() error {
	defer l.once.Do(func() { close(l.gone) })
	return l.Listener.Close()
}

// closedAfter is a connection that, once main's context has ended, is closed when its
// listener is.
type closedAfter struct {
	net.Conn
	main context.Context
	gone <-chan struct{}
}

// Close closes it then.
func (c *closedAfter) Close() error {
	if c.main.Err() == nil {
		return c.Conn.Close()
	}
	go func() {
		<-c.gone
		_ = c.Conn.Close()
	}()
	return nil
}
