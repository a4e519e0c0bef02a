package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are in memory, so that a server can
// live in virtual time.
type pipes struct {
	conns chan net.Conn
	gone  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), gone: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.gone) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.gone:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// client returns a client of the listener, and what closes its connections.
func (p *pipes) client() (*http.Client, func()) {
	transport := &http.Transport{DialContext: p.dial, DisableCompression: true}
	return &http.Client{Transport: transport}, transport.CloseIdleConnections
}

// get notes what becomes of one request.
func (w *world) get(client *http.Client, path string) {
	resp, err := client.Get("http://service" + path)
	if err != nil {
		w.note("%s: failed", path)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	closes := ""
	if resp.Close {
		closes = ", close"
	}
	cut := ""
	if err != nil {
		cut = ", cut"
	}
	w.note("%s: %d %s%s%s", path, resp.StatusCode, strings.TrimSpace(string(body)), closes, cut)
}

// slow answers after the seconds in its path, and says whether its context was
// live until then and where it comes from.
func slow(w http.ResponseWriter, req *http.Request) {
	var seconds float64
	_, _ = fmt.Sscanf(req.URL.Path, "/%f", &seconds)
	select {
	case <-time.After(time.Duration(seconds * float64(time.Second))):
		fmt.Fprintf(w, "done, %v", req.Context().Value(worldKey{}))
	case <-req.Context().Done():
	}
}

// expectUnordered is expect for what happens at one instant in any order.
func (w *world) expectUnordered(want ...string) {
	w.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range want {
		found := false
		for _, note := range w.notes {
			found = found || note == line
		}
		if !found {
			w.Errorf("missing %q in:\n\t%s", line, strings.Join(w.notes, "\n\t"))
		}
	}
	if len(w.notes) != len(want) {
		w.Errorf("want %d lines, have:\n\t%s", len(want), strings.Join(w.notes, "\n\t"))
	}
}

// incomparableConn is a connection that is no key of a map, as a listener may return.
type incomparableConn struct {
	net.Conn
	_ func()
}

type incomparablePipes struct{ *pipes }

func (p incomparablePipes) Accept() (net.Conn, error) {
	conn, err := p.pipes.Accept()
	return incomparableConn{Conn: conn}, err
}
