package checks

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
)

// pipes is a net.Listener whose connections are in memory, so that a real
// http.Server can live in virtual time.
type pipes struct {
	began   time.Time
	port    int // of its address
	waiting chan net.Conn
	gone    chan struct{} // closed when the listener is

	mu     sync.Mutex
	closed time.Duration // when it was closed
	all    []net.Conn    // both ends of every connection
}

func newPipes() *pipes {
	return &pipes{began: time.Now(), waiting: make(chan net.Conn), gone: make(chan struct{}), closed: model.Never}
}

// Accept returns the server's end of the next connection.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.waiting:
		return conn, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

// Close refuses every further connection.
func (p *pipes) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed == model.Never {
		p.closed = time.Since(p.began)
		close(p.gone)
	}
	return nil
}

// Addr is an address, which differs by the port.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{Port: p.port} }

func (p *pipes) closedAt() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// dial returns the client's end of a new connection.
func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.mu.Lock()
	p.all = append(p.all, ours, theirs)
	p.mu.Unlock()
	select {
	case p.waiting <- theirs:
		return ours, nil
	case <-p.gone:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// cut closes whatever is still open.
func (p *pipes) cut() {
	_ = p.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.all {
		_ = conn.Close()
	}
}
