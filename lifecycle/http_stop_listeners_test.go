package lifecycle_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// slots is a listener that takes a slot before it accepts, which its Close does
// not give back.
type slots struct {
	*pipes
	free   chan struct{}
	closed atomic.Int32
}

func (s *slots) Accept() (net.Conn, error) {
	s.free <- struct{}{}
	conn, err := s.pipes.Accept()
	if err != nil {
		<-s.free
		return nil, err
	}
	return &slot{Conn: conn, free: s.free}, nil
}

func (s *slots) Close() error {
	s.closed.Add(1)
	return s.pipes.Close()
}

type slot struct {
	net.Conn
	once sync.Once
	free chan struct{}
}

func (s *slot) Close() error {
	s.once.Do(func() { <-s.free })
	return s.Conn.Close()
}

func TestLimitListenerAtItsLimitDoesNotBlockTheStop(t *testing.T) {
	for name, tc := range map[string]struct {
		use  func(ctx context.Context, w *world, ln *slots, srv *http.Server)
		want string
	}{
		"by an idle connection": {func(_ context.Context, w *world, ln *slots, _ *http.Server) {
			client, _ := ln.client()
			w.get(client, "/0")
		}, "3s Serve: <nil>"},
		"by an idle connection of HTTP/2": {func(_ context.Context, w *world, ln *slots, srv *http.Server) {
			client, _ := ln.client()
			client.Transport.(*http.Transport).Protocols = srv.Protocols
			w.get(client, "/0")
		}, "4.5s Serve: <nil>"},
		"by a silent one": {func(ctx context.Context, w *world, ln *slots, _ *http.Server) {
			sleep(1.9)
			_, _ = ln.dial(ctx, "", "")
		}, "3.4s Serve: <nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := &slots{pipes: newPipes(), free: make(chan struct{}, 1)}
				srv := &http.Server{Handler: http.HandlerFunc(slow), Protocols: new(http.Protocols)}
				srv.Protocols.SetHTTP1(true)
				srv.Protocols.SetUnencryptedHTTP2(true)
				if strings.Contains(name, "HTTP/2") {
					srv.Protocols.SetHTTP1(false)
				}
				err := w.run(func(ctx context.Context) error {
					go func() {
						sleep(1)
						tc.use(ctx, w, ln, srv)
					}()
					time.AfterFunc(3*time.Second, func() { lifecycle.Stop(ctx, nil) })
					err := lifecycle.Serve(ctx, srv, ln)
					w.note("Serve: %v", err)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if n := ln.closed.Load(); n != 1 {
					t.Errorf("HTTP-10: the listener was closed %d times", n)
				}
				synctest.Wait()
				if got := w.notes[len(w.notes)-1]; got != tc.want {
					t.Errorf("%s, want %s", got, tc.want)
				}
			})
		})
	}
}

// waiting is a listener whose Close waits for its connections.
type waiting struct {
	*pipes
	conns sync.WaitGroup
}

func (l *waiting) Accept() (net.Conn, error) {
	conn, err := l.pipes.Accept()
	if err != nil {
		return nil, err
	}
	l.conns.Add(1)
	return &awaited{Conn: conn, closed: l.conns.Done}, nil
}

func (l *waiting) Close() error {
	_ = l.pipes.Close()
	l.conns.Wait()
	return nil
}

type awaited struct {
	net.Conn
	once   sync.Once
	closed func()
}

func (c *awaited) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}

func TestListenerThatWaitsForItsConnectionsDoesNotBlockTheStop(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := &waiting{pipes: newPipes()}
		client, _ := ln.client()
		err := w.run(func(ctx context.Context) error {
			go func() {
				w.get(client, "/0")
				go w.get(client, "/2")
				sleep(1)
				silent, _ := ln.dial(ctx, "", "")
				lifecycle.Stop(ctx, nil)
				_, _ = io.ReadAll(silent)
				w.note("the silent connection is closed")
				_ = silent.Close()
			}()
			return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(slow)}, ln)
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("0s /0: 200 done, <nil>", "1.5s the silent connection is closed", "2s /2: 200 done, <nil>, close")
	})
}
