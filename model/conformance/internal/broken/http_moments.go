package broken

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// momentCases are wrong about what happens at the moment of the stop, or of the drain
// timeout.
func momentCases() []Case {
	return []Case{
		wrong("a request that was read just before the stop is lost", "HTTP-2", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if inner := srv.ConnState; inner != nil {
					srv.ConnState = func(conn net.Conn, state http.ConnState) {
						before := ctx.Err()
						if inner(conn, state); state == http.StateActive && before == nil && ctx.Err() != nil {
							_ = conn.Close()
						}
					}
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a response that is not read is cut before the drain timeout", "HTTP-6", func(i *impl) {
			drains := notes[time.Duration](i)
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil {
					return run(nil, s)
				}
				return run(func(ctx context.Context) error {
					*drains(ctx) = s.Drain
					return main(ctx)
				}, s)
			})
			var running atomic.Int64
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				running.Add(1)
				defer running.Add(-1)
				next.ServeHTTP(w, req)
			})
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				conns, drain := trackConns(srv), *drains(ctx)
				over := make(chan struct{})
				defer close(over)
				defer context.AfterFunc(ctx, func() {
					select {
					case <-over:
					case <-time.After(drain - time.Millisecond):
						if drain > 0 && running.Load() == 0 {
							conns.each(func(conn net.Conn, _ http.ConnState) { _ = conn.Close() })
						}
					}
				})()
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a request that is read as its connection is closed is handled", "HTTP-6", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				next := handlerOf(srv)
				return serve(ctx, srv, listener{ln, func(conn net.Conn) net.Conn {
					return &overtaken{Conn: conn, handle: func(req *http.Request) { next.ServeHTTP(httptest.NewRecorder(), req) }}
				}})
			})
		}),
		wrong("a connection without a request is waited for half a second after the stop", "HTTP-6", silentFor(500*time.Millisecond)),
		wrong("of the requests that are out those beyond 16 are not counted", "DRAIN-2", func(i *impl) {
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					var timeout *lifecycle.DrainTimeoutError
					if errors.As(err, &timeout) && timeout.Requests > 16 {
						own := *timeout
						own.Requests = 16
						all[n] = &own
					}
				}
				return all
			})
		}),
		wrong("that the parent is cancelled is seen a millisecond later", "HTTP-8 RUN-7", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if s.Parent == nil || s.Parent.Err() != nil || isPlay(s) {
					return run(main, s) // a scenario shows that the context is cancelled later (RUN-2)
				}
				if _, expires := s.Parent.Deadline(); expires {
					return run(main, s) // as above
				}
				late, cancel := context.WithCancelCause(context.WithoutCancel(s.Parent))
				given := s.Parent
				defer context.AfterFunc(given, func() {
					time.AfterFunc(time.Millisecond, func() { cancel(context.Cause(given)) })
				})()
				s.Parent = late
				return run(main, s)
			})
		}),
	}
}

// overtaken is a connection on which a request that is read when it is being closed is
// handled, though it cannot be answered.
type overtaken struct {
	net.Conn
	closing atomic.Bool
	handle  func(req *http.Request)
}

// Close closes it.
func (o *overtaken) Close() error {
	o.closing.Store(true)
	return o.Conn.Close()
}

// Read reads, and handles what comes too late.
func (o *overtaken) Read(p []byte) (int, error) {
	n, err := o.Conn.Read(p)
	if n > 0 && o.closing.Load() {
		if req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(p[:n]))); err == nil {
			o.handle(req)
		}
	}
	return n, err
}
