package lifecycle_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
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
		synctest.Wait()
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
		synctest.Wait()
		w.expect("2s /2: 200 done, <nil>, close")
	})
}
