package lifecycle_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
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
		w.expectUnordered("500ms on shutdown", "1.3s /1: 200 done, <nil>", "2.4s /2: 200 done, <nil>", "2.4s Serve: <nil>")
	})
}

// HTTP-1: a client that does not disconnect is not waited for long.
func TestIdleHTTP2ConnectionGetsGOAWAY(t *testing.T) {
	for idle, want := range map[float64]string{0.3: "1.3s Serve: <nil>", 4.5: "5.5s Serve: <nil>", 5: "5.1s Serve: <nil>", 60: "1m0.1s Serve: <nil>"} {
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
		w.expect("0s on shutdown")
	})
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
		w.expect("700ms on shutdown", "2.5s /2: 200 done, <nil>, close")
	})
}

// HTTP-6: a connection of HTTP/2 that was used before the stop is not new any more.
func TestUsedHTTP2ConnectionIsNotWaitedForAsANewOne(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		srv := &http.Server{Handler: http.HandlerFunc(slow), Protocols: new(http.Protocols)}
		srv.Protocols.SetHTTP1(true)
		srv.Protocols.SetUnencryptedHTTP2(true)
		only := new(http.Protocols)
		only.SetUnencryptedHTTP2(true)
		client.Transport.(*http.Transport).Protocols = only
		srv.RegisterOnShutdown(func() { w.note("on shutdown") })
		err := w.run(func(ctx context.Context) error {
			go func() {
				silent, _ := ln.dial(ctx, "", "") // holds Shutdown up until 500ms
				go func() { _, _ = io.ReadAll(silent); _ = silent.Close() }()
				sleep(0.3)
				w.get(client, "/0")
				lifecycle.Stop(ctx, nil)
				sleep(0.1)
				w.get(client, "/0")
			}()
			return lifecycle.Serve(ctx, srv, ln)
		})
		if err != nil {
			t.Error(err)
		}
		w.expectUnordered("300ms /0: 200 done, <nil>", "400ms /0: 200 done, <nil>", "500ms on shutdown")
	})
}

// DRAIN-2: over HTTP/2 a response may not have been read when its handler has returned.
func TestHTTP2ResponseThatMayNotHaveBeenReadIsListed(t *testing.T) {
	for drain, want := range map[time.Duration]int{1500 * time.Millisecond: 1, 3 * time.Second: 0} {
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
				time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
				go w.get(client, "/2")
				return lifecycle.Serve(ctx, srv, ln)
			}, lifecycle.WithDrainTimeout(drain))
			var timeout *lifecycle.DrainTimeoutError
			if n := 0; errors.As(err, &timeout) {
				n = timeout.Requests
				if n != want {
					t.Errorf("with %v, %d requests are listed, want %d", drain, n, want)
				}
			} else if err != nil || want != 0 {
				t.Errorf("with %v Run returned %v, want %d requests in it", drain, err, want)
			}
		})
	}
}
