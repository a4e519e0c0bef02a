package lifecycle_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// ask sends a request over a connection and returns its result.
func ask(conn net.Conn, from *bufio.Reader, path string) string {
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody", path)
	resp, err := http.ReadResponse(from, nil)
	if err != nil {
		return err.Error()
	}
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode, " ", string(body), " ", err)
}

// HTTP-6: net/http closes an idle connection whose next request has just been
// read. Shutdown calls no handler for that, and nor does Serve. The connection
// holds the instant between the two open.
func TestNoHandlerIsCalledOnAConnectionClosedByTheStop(t *testing.T) {
	for name, path := range map[string]string{"the second request": "/first", "the first request, after 6 s": ""} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				var ctx context.Context
				stopAt := make(chan struct{})
				srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
					w.note("%s begins", req.URL.Path)
					_, _ = io.Copy(rw, req.Body)
				})}
				noted := func(conn net.Conn) net.Conn { return &stopOnRead{Conn: conn, stop: stopAt} }
				err := w.run(func(c context.Context) error {
					ctx = c
					go func() {
						conn, _ := ln.dial(ctx, "", "")
						defer conn.Close()
						from := bufio.NewReader(conn)
						if path != "" {
							w.note("%s", ask(conn, from, path))
						}
						sleep(6)
						silent, _ := ln.dial(ctx, "", "") // keeps Shutdown from being called
						defer silent.Close()
						go func() { <-stopAt; lifecycle.Stop(ctx, nil) }()
						w.note("%s", ask(conn, from, "/late"))
						sleep(0.1)
					}()
					return lifecycle.Serve(ctx, srv, wrappingListener{ln, noted})
				})
				if err != nil {
					t.Error(err)
				}
				synctest.Wait()
				want := []string{"6s unexpected EOF"}
				if path != "" {
					want = []string{"0s /first begins", "0s 200 body <nil>", "6s unexpected EOF"}
				}
				w.expectUnordered(want...)
			})
		})
	}
}

// wrappingListener is a listener whose connections are wrapped.
type wrappingListener struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (l wrappingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		conn = l.wrap(conn)
	}
	return conn, err
}

// stopOnRead is a connection that has the service stop once the header of a
// request that comes after 5 s has been read, and gives that to the server when
// the connection has been closed.
type stopOnRead struct {
	net.Conn
	stop   chan struct{}
	closed atomic.Bool
}

func (c *stopOnRead) Read(p []byte) (int, error) {
	began := time.Now()
	n, err := c.Conn.Read(p)
	if err == nil && time.Since(began) > 5*time.Second {
		close(c.stop)
		for range 100 { // the stop closes it
			if time.Sleep(time.Millisecond); c.closed.Load() {
				break
			}
		}
	}
	return n, err
}

func (c *stopOnRead) Close() error { c.closed.Store(true); return c.Conn.Close() }

// slowCloseConn is a connection whose Close takes its time.
type slowCloseConn struct {
	net.Conn
	closes *atomic.Int32
	after  time.Duration
}

func (c slowCloseConn) Close() error {
	c.closes.Add(1)
	time.Sleep(c.after)
	return c.Conn.Close()
}

// HTTP-2: every connection is cut before the first hook, whatever Close of
// another does.
func TestSlowCloseDoesNotDelayCuttingOthers(t *testing.T) {
	for _, all := range []bool{false, true} {
		inVirtualTime(t, func(w *world) {
			ln := newPipes()
			client, hangUp := ln.client()
			defer hangUp()
			var n, closes atomic.Int32
			wrap := func(conn net.Conn) net.Conn {
				if n.Add(1) == 1 || all {
					return &slowCloseConn{conn, &closes, 3 * time.Second}
				}
				return conn
			}
			var hooks atomic.Bool
			err := w.run(func(ctx context.Context) error {
				lifecycle.OnShutdown(ctx, func() error { hooks.Store(true); sleep(4); return nil })
				for range 8 {
					go func() { w.get(client, "/") }()
				}
				time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
				return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
					for range 1000 {
						if _, err := io.WriteString(rw, "x"); err != nil || http.NewResponseController(rw).Flush() != nil {
							return
						}
						if hooks.Load() {
							t.Error("a handler writes while hooks run")
							return
						}
						sleep(0.01)
					}
				})}, wrappingListener{ln, wrap})
			}, lifecycle.WithDrainTimeout(time.Second))
			if !errors.Is(err, lifecycle.ErrDrainTimeout) {
				t.Errorf("Run returned %v", err)
			}
			sleep(10)
		})
	}
}

// The stop closes a silent connection once; net/http closes it too when it can read
// no more.
func TestSilentConnectionIsClosedOnce(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		var closes atomic.Int32
		wrap := func(conn net.Conn) net.Conn { return &slowCloseConn{conn, &closes, 3 * time.Second} }
		err := w.run(func(ctx context.Context) error {
			go func() {
				conn, _ := ln.dial(ctx, "", "")
				defer conn.Close()
				go func() {
					sleep(0.5)
					w.note("%s", func() string { c, f := ln.talk(ctx); defer c.Close(); return ask(c, f, "/2") }())
				}()
				sleep(1)
				lifecycle.Stop(ctx, nil)
				_, _ = io.ReadAll(conn)
			}()
			return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(slow)}, wrappingListener{ln, wrap})
		}, lifecycle.WithDrainTimeout(time.Minute))
		if err != nil {
			t.Error(err)
		}
		if n := closes.Load(); n > 3 { // one of the two is for the request's connection
			t.Errorf("Close was called %d times for two connections", n)
		}
		if took := time.Since(w.began); took > 10*time.Second {
			t.Errorf("Run returned after %v", took)
		}
		sleep(10)
	})
}

// talk dials and returns what reads from the connection.
func (p *pipes) talk(ctx context.Context) (net.Conn, *bufio.Reader) {
	conn, err := p.dial(ctx, "", "")
	if err != nil {
		panic(err)
	}
	return conn, bufio.NewReader(conn)
}

// HTTP-2: what is written to a connection that is cut fails soon, though Close of the
// connection takes its time.
func TestWritesToAConnectionThatIsSlowToCloseFail(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		var closes atomic.Int32
		wrap := func(conn net.Conn) net.Conn { return &slowCloseConn{conn, &closes, 3 * time.Second} }
		handler := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(rw, "which is not read")
			w.note("%v", http.NewResponseController(rw).Flush())
		})
		_ = w.run(func(ctx context.Context) error {
			go func() {
				conn, _ := ln.dial(ctx, "", "")
				fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				sleep(30)
				_ = conn.Close()
			}()
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{Handler: handler}, wrappingListener{ln, wrap})
		}, lifecycle.WithDrainTimeout(time.Second))
		sleep(60)
		w.expect("2.01s write pipe: i/o timeout")
	})
}
