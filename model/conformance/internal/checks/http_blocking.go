package checks

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// blockingConn is a connection whose Close waits, as that of TLS does for a client
// that does not read.
type blockingConn struct {
	net.Conn
	until <-chan struct{}
}

// Close waits before it closes.
func (b *blockingConn) Close() error {
	<-b.until
	return b.Conn.Close()
}

// waitingListener is a listener whose Close waits for its connections to be closed.
type waitingListener struct {
	net.Listener
	open sync.WaitGroup
}

// Accept counts the connection.
func (l *waitingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &countedConn{Conn: conn, closed: sync.OnceFunc(l.open.Done)}, nil
}

// Close refuses further connections at once.
func (l *waitingListener) Close() error {
	err := l.Listener.Close()
	l.open.Wait()
	return err
}

type countedConn struct {
	net.Conn
	closed func()
}

// Close counts once.
func (c *countedConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// requestInRealTime has a run serve in real time, because what blocks may hold a mutex of
// the server, and virtual time would stop. A client connects by pipes and sends a
// request; then f is called with its connection, a function that requests the stop, and a
// channel that is closed when the first hook begins.
func (c *Checker) requestInRealTime(drain time.Duration, ln net.Listener, pipes *pipes, srv *http.Server, f func(conn net.Conn, stop func(), hook <-chan struct{})) {
	parent, stop := context.WithCancel(context.Background())
	hook := make(chan struct{})
	over := c.runs(func(ctx context.Context) error {
		c.hook(ctx, sync.OnceFunc(func() { close(hook) }))
		return c.Impl.Serve(ctx, srv, ln)
	}, subject.Settings{Drain: drain, Parent: parent, Signals: make(chan os.Signal)})
	client, leave := context.WithTimeout(context.Background(), process.Soon)
	defer leave()
	if conn, err := pipes.dial(client, "", ""); err == nil { // else HTTP-1 says so
		_ = conn.SetDeadline(time.Now().Add(process.Soon))
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
		f(conn, stop, hook)
	}
	pipes.cut()
	stop()
	play.Wait(over, process.Soon)
}

// CloseThatBlocks checks HTTP-2: the listener closes though the Close of an idle
// connection blocks.
func CloseThatBlocks(c *Checker) {
	ln, release := newPipes(), make(chan struct{})
	blocking := wrapped{ln, func(conn net.Conn) net.Conn { return &blockingConn{conn, release} }}
	idle := make(chan struct{})
	isIdle := sync.OnceFunc(func() { close(idle) })
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") }),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateIdle {
				isIdle()
			}
		},
	}
	c.requestInRealTime(0, blocking, ln, srv, func(conn net.Conn, stop func(), _ <-chan struct{}) {
		defer close(release)
		if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
		}
		play.Wait(idle, process.Soon) // that ConnState is called is for HTTP-10 to say
		stop()
		play.Wait(ln.gone, process.Soon)
		c.expect(ln.closedAt() < model.Never, "the Close of an idle connection blocks, and the listener does not close at the stop")
	})
}

// ListenerThatWaits checks HTTP-2: requests are cut when the drain timeout runs out
// though the listener's Close waits for their connections.
func ListenerThatWaits(c *Checker) {
	ln, release := newPipes(), make(chan struct{})
	srv := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })}
	c.requestInRealTime(100*time.Millisecond, &waitingListener{Listener: ln}, ln, srv, func(conn net.Conn, stop func(), hook <-chan struct{}) {
		defer close(release)
		stop()
		select {
		case <-hook:
		case <-time.After(process.Soon):
			return // for DRAIN-2 to say
		}
		_ = conn.SetDeadline(time.Now().Add(process.Soon))
		_, err := io.ReadAll(conn)
		c.expect(err == nil, "a listener's Close waits for its connections, and a request under way is not cut when the drain timeout runs out: its client reads %v, want EOF", err)
	})
}

// tardyListener is a listener that takes its time to return a connection.
type tardyListener struct {
	net.Listener
	mu    sync.Mutex
	until <-chan struct{} // nil: Accept returns at once
}

// Accept waits for until before it returns a connection.
func (l *tardyListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	l.mu.Lock()
	until := l.until
	l.mu.Unlock()
	if err == nil && until != nil {
		<-until
	}
	return conn, err
}

// AcceptedAfterTheCut checks HTTP-2. It has the listener return a connection, which was
// made before the stop, when the drain timeout has run out, and requests were cut: it is
// closed.
func AcceptedAfterTheCut(c *Checker) {
	var made atomic.Pointer[tardyListener]
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		tardy := &tardyListener{Listener: ln}
		made.Store(tardy)
		return c.Impl.Serve(ctx, srv, tardy)
	}
	handle := func(v *service, _ http.ResponseWriter, req *http.Request) {
		play.Wait(req.Context().Done(), play.Patience)
	}
	c.serving(serve, subject.Settings{Drain: 2 * time.Second}, handle, func(v *service) {
		v.begin("")
		late := make(chan struct{})
		tardy := made.Load()
		if tardy == nil {
			return // for HTTP-1 to say
		}
		tardy.mu.Lock()
		tardy.until = late
		tardy.mu.Unlock()
		w := v.dial()
		if w == nil {
			close(late)
			return
		}
		v.end()
		close(late)
		accepted := v.now()
		_ = w.SetDeadline(time.Now().Add(time.Minute))
		_, err := io.ReadAll(w.r) // it may get an error response
		c.expect(err == nil && v.now() <= accepted+time.Second, "a listener returns a connection at %s, after the drain timeout, and the connection stays open until %s, want closed within 1s: %v", scenarios.Show(accepted), scenarios.Show(v.now()), err)
	})
}
