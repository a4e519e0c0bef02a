package lifecycle_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
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

// overHTTP2 has client and server speak HTTP/2 in the clear.
func overHTTP2(client *http.Client, srv *http.Server) {
	only := new(http.Protocols)
	only.SetUnencryptedHTTP2(true)
	client.Transport.(*http.Transport).Protocols = only
	srv.Protocols = only
}

// HTTP-6: net/http reports a connection of HTTP/2 as idle before its first
// request.
func TestNewHTTP2ConnectionIsAnswered(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		srv := &http.Server{Handler: http.HandlerFunc(slow)}
		srv.RegisterOnShutdown(func() { w.note("on shutdown") })
		overHTTP2(client, srv)
		err := w.run(func(ctx context.Context) error {
			go func() {
				conn, err := ln.dial(ctx, "", "")
				if err != nil {
					t.Error(err)
					return
				}
				client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) { return conn, nil }
				sleep(0.1)
				lifecycle.Stop(ctx, nil)
				sleep(0.2)
				go w.get(client, "/1")
				sleep(0.1) // the client has no GOAWAY yet
				w.get(client, "/2")
			}()
			err := lifecycle.Serve(ctx, srv, ln)
			w.note("Serve: %v", err) // when the client has gone
			return err
		})
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.expectUnordered("500ms on shutdown", "1.3s /1: 200 done, <nil>", "2.4s /2: 200 done, <nil>", "2.4s Serve: <nil>")
	})
}

// HTTP-1: a client that does not disconnect is not waited for long.
func TestIdleHTTP2ConnectionGetsGOAWAY(t *testing.T) {
	for idle, want := range map[float64]string{0.3: "1.3s Serve: <nil>", 60: "1m0.1s Serve: <nil>"} {
		testIdleHTTP2(t, idle, want)
	}
}

func testIdleHTTP2(t *testing.T, idle float64, want string) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		srv := &http.Server{Handler: http.HandlerFunc(slow)}
		overHTTP2(client, srv)
		dial := client.Transport.(*http.Transport).DialContext
		client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			return &lingeringConn{conn}, err
		}
		err := w.run(func(ctx context.Context) error {
			go func() { w.get(client, "/0"); sleep(idle); lifecycle.Stop(ctx, nil) }()
			err := lifecycle.Serve(ctx, srv, ln)
			w.note("Serve: %v", err)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.expect("0s /0: 200 done, <nil>", want)
	})
}

// lingeringConn is a connection of a client that does not close it.
type lingeringConn struct{ net.Conn }

func (s *lingeringConn) Close() error { return nil }

// HTTP-1: whatever context Serve is given.
func TestServerEndsWithItsRun(t *testing.T) {
	for name, derive := range map[string]func(context.Context) context.Context{
		"context.WithoutCancel": context.WithoutCancel,
		"WorkContext":           lifecycle.WorkContext,
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
					err := lifecycle.Serve(derive(ctx), &http.Server{}, newPipes())
					w.note("Serve: %v", err)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				w.expect("1s Serve: <nil>")
			})
		})
	}
}

func TestServerStopsWithItsContext(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			own, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			w.note("Serve: %v", lifecycle.Serve(own, &http.Server{}, newPipes()))
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("1s Serve: <nil>")
	})
}

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
		synctest.Wait()
		w.expect("0s /0: 200 done, <nil>", "1.5s the silent connection is closed", "2s /2: 200 done, <nil>, close")
	})
}

// HTTP-2: with a shutdown timeout that is no longer than the time for which
// servers are waited for, hooks run all the same.
func TestStuckHandlerLeavesTimeForHooks(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		release := make(chan struct{})
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			go func() {
				time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
				w.get(client, "/")
			}()
			return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })}, ln)
		}, lifecycle.WithDrainTimeout(time.Second), lifecycle.WithShutdownTimeout(100*time.Millisecond))
		if !errors.Is(err, lifecycle.ErrDrainTimeout) || errors.Is(err, lifecycle.ErrShutdownTimeout) {
			t.Error(err)
		}
		close(release)
		synctest.Wait()
		w.expectUnordered("2s /: failed", "2.01s hook")
	})
}

func TestWhatIsRegisteredWithAnIdleServerIsCalled(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		srv := &http.Server{}
		srv.RegisterOnShutdown(func() { w.note("on shutdown") })
		err := w.run(func(ctx context.Context) error {
			lifecycle.Stop(ctx, nil)
			return lifecycle.Serve(ctx, srv, newPipes())
		})
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.expect("0s on shutdown")
	})
}

// net/http reads 4 KiB of the body of "OPTIONS *", and closes the connection if there
// is more. So it is in a server that has a drain delay.
func TestAnOptionsRequestThatIsTooLongEndsTheConnection(t *testing.T) {
	for n, want := range map[int]bool{0: false, 4 << 10: false, 4<<10 + 1: true} {
		inVirtualTime(t, func(w *world) {
			ln := newPipes()
			err := w.run(func(ctx context.Context) error {
				go func() {
					defer lifecycle.Stop(ctx, nil)
					conn, _ := ln.dial(ctx, "", "")
					defer conn.Close()
					go fmt.Fprintf(conn, "OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", n, strings.Repeat("x", n))
					resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
					if err != nil || resp.StatusCode != http.StatusOK || resp.ContentLength != 0 || resp.Close != want {
						t.Errorf("%d bytes: %v, %v; want the connection to close: %v", n, resp, err, want)
					}
				}()
				return lifecycle.Serve(ctx, &http.Server{}, ln)
			}, lifecycle.WithDrainDelay(time.Second))
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// A connection is kept from one request to the next.
func TestAConnectionIsUsedAgainUntilTheStop(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) { _, _ = io.Copy(rw, req.Body) })}
		err := w.run(func(ctx context.Context) error {
			go func() {
				conn, _ := ln.dial(ctx, "", "")
				defer conn.Close()
				from := bufio.NewReader(conn)
				for range 3 {
					w.note("%s", ask(conn, from, "/"))
					sleep(6)
				}
				lifecycle.Stop(ctx, nil)
			}()
			return lifecycle.Serve(ctx, srv, ln)
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("0s 200 body <nil>", "6s 200 body <nil>", "12s 200 body <nil>")
	})
}

// HTTP-2: "OPTIONS *" is a request like any other, and does not hold what is
// registered with the server.
func TestSlowOptionsRequestIsCounted(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		srv := &http.Server{}
		srv.RegisterOnShutdown(func() { w.note("on shutdown") })
		err := w.run(func(ctx context.Context) error {
			go func() {
				conn, _ := ln.dial(ctx, "", "")
				defer conn.Close()
				fmt.Fprintf(conn, "OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx")
				sleep(1)
				lifecycle.Stop(ctx, nil)
				sleep(2)
				fmt.Fprint(conn, "x")
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Error(err)
					return
				}
				w.note("%s, close %v, %d bytes", resp.Status, resp.Close, resp.ContentLength)
			}()
			return lifecycle.Serve(ctx, srv, ln)
		})
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.expect("1s on shutdown", "3s 200 OK, close true, 0 bytes")
	})
}

// What is registered with a server runs once, though its owner stops it as well.
func TestFunctionsRegisteredWithAServerRunOnce(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		srv := &http.Server{Handler: http.HandlerFunc(slow)}
		srv.RegisterOnShutdown(func() { w.note("on shutdown") })
		err := w.run(func(ctx context.Context) error {
			lifecycle.Go(ctx, func(ctx context.Context) error {
				sleep(0.5)
				conn, _ := ln.dial(ctx, "", "") // silent: Serve waits before it calls Shutdown
				go func() { _, _ = io.ReadAll(conn); _ = conn.Close() }()
				go w.get(client, "/2")
				sleep(0.1)
				lifecycle.Stop(ctx, nil)
				sleep(0.1)
				_ = srv.Shutdown(context.Background())
				return nil
			})
			return lifecycle.Serve(ctx, srv, ln)
		})
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.expect("700ms on shutdown", "2.5s /2: 200 done, <nil>, close")
	})
}
