package lifecycle_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestSilentConnectionDoesNotBlockAServer(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		var conn net.Conn
		err := w.run(func(ctx context.Context) error {
			go func() {
				conn, _ = ln.dial(ctx, "", "")
				sleep(0.1)
				lifecycle.Stop(ctx, nil)
			}()
			defer func() { w.note("served") }()
			return lifecycle.Serve(ctx, &http.Server{}, ln)
		})
		if err != nil {
			t.Error(err)
		}
		_ = conn.Close()
		w.expect("500ms served")
	})
}

func TestConnectionAcceptedBeforeTheStopIsAnswered(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		err := w.run(func(ctx context.Context) error {
			registered := make(chan struct{})
			srv := &http.Server{Handler: http.HandlerFunc(slow)}
			srv.RegisterOnShutdown(func() { w.note("on shutdown"); close(registered) })
			go func() {
				conn, err := ln.dial(ctx, "", "")
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				sleep(0.1)
				lifecycle.Stop(ctx, nil)
				sleep(0.2)
				fmt.Fprintf(conn, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					w.note("no answer: %v", err)
					return
				}
				body, _ := io.ReadAll(resp.Body)
				w.note("%d %s, close %v", resp.StatusCode, body, resp.Close)
			}()
			err := lifecycle.Serve(ctx, srv, ln)
			<-registered
			return err
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("300ms on shutdown", "1.3s 200 done, <nil>, close true")
	})
}

// The server's own functions are called with the connection as it was accepted.
func TestConnectionsThatAreNotComparableAreServed(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		accepted := func(conn net.Conn) {
			if _, ok := conn.(incomparableConn); !ok {
				t.Errorf("a function of the server is called with a %T", conn)
			}
		}
		srv := &http.Server{
			Handler:     http.HandlerFunc(slow),
			ConnState:   func(conn net.Conn, _ http.ConnState) { accepted(conn) },
			ConnContext: func(ctx context.Context, conn net.Conn) context.Context { accepted(conn); return ctx },
		}
		err := w.run(func(ctx context.Context) error {
			go w.get(client, "/2")
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, srv, incomparablePipes{ln})
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("2s /2: 200 done, <nil>, close")
	})
}

// HTTP-6: each connection is waited for until it is 500 ms old, and no longer.
func TestEachSilentConnectionIsClosedAtItsTime(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		const connections = 8
		ln := newPipes()
		var reading sync.WaitGroup
		srv := &http.Server{}
		srv.RegisterOnShutdown(func() { w.note("on shutdown") })
		var want []string
		err := w.run(func(ctx context.Context) error {
			go func() {
				for i := range connections {
					conn, _ := ln.dial(ctx, "", "")
					reading.Go(func() {
						_, err := conn.Read(make([]byte, 1))
						w.note("%d: %v", i, err)
						_ = conn.Close()
					})
					want = append(want, fmt.Sprintf("%v %d: EOF", time.Duration(i)*50*time.Millisecond+500*time.Millisecond, i))
					sleep(0.05)
				}
				lifecycle.Stop(ctx, nil)
			}()
			err := lifecycle.Serve(ctx, srv, ln)
			w.note("Serve: %v", err)
			return err
		})
		reading.Wait()
		synctest.Wait()
		if err != nil {
			t.Error(err)
		}
		w.expectUnordered(append(want, "850ms on shutdown", "850ms Serve: <nil>")...)
	})
}

// Shutdown is called when no request is expected any more: not while a handler is about
// to be called for one that has been read, which ConnState may keep.
func TestARequestThatWasReadIsWaitedForBeforeShutdown(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		active := 0
		srv := &http.Server{
			Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
				_, _ = io.Copy(rw, req.Body)
				w.note("handler")
				sleep(1)
			}),
			ConnState: func(_ net.Conn, state http.ConnState) {
				if state == http.StateActive {
					if active++; active == 2 {
						sleep(0.3)
					}
				}
			},
		}
		srv.RegisterOnShutdown(func() { w.note("on shutdown") })
		err := w.run(func(ctx context.Context) error {
			go func() {
				conn, from := ln.talk(ctx)
				defer conn.Close()
				w.note("%s", ask(conn, from, "/"))
				time.AfterFunc(100*time.Millisecond, func() { lifecycle.Stop(ctx, nil) })
				w.note("%s", ask(conn, from, "/"))
			}()
			return lifecycle.Serve(ctx, srv, ln)
		})
		if err != nil {
			t.Error(err)
		}
		w.expectUnordered("0s handler", "1s 200 body <nil>", "1.3s handler", "1.3s on shutdown", "2.3s 200 body <nil>")
	})
}
