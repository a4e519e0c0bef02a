package lifecycle_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// upgrade hijacks a connection, after it has made sure that the client waits.
func upgrade(t *testing.T, rw http.ResponseWriter) (net.Conn, *bufio.ReadWriter) {
	conn, buf, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		t.Error(err)
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
	return conn, buf
}

// dialUpgraded returns a connection that was upgraded.
func (p *pipes) dialUpgraded(t *testing.T, ctx context.Context) (net.Conn, *bufio.Reader) {
	conn, err := p.dial(ctx, "", "")
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
	from := bufio.NewReader(conn)
	if resp, err := http.ReadResponse(from, nil); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("the upgrade is answered %v, %v", resp, err)
	}
	return conn, from
}

func TestHijackedConnectionIsCutWithItsHandler(t *testing.T) {
	for name, tc := range map[string]struct {
		handle func(w *world, req *http.Request, from *bufio.ReadWriter)
		want   []string
	}{
		"HTTP-2: that heeds its context": {func(w *world, req *http.Request, _ *bufio.ReadWriter) {
			<-req.Context().Done()
			sleep(0.05)
			w.note("handler: %v", context.Cause(req.Context()))
		}, []string{"3s client: EOF", "3.05s handler: lifecycle: drain timeout", "3.05s hook"}},
		"HTTP-2: that reads": {func(w *world, req *http.Request, from *bufio.ReadWriter) {
			_, err := from.ReadString('\n')
			w.note("handler: %v", err)
		}, []string{"3s client: EOF", "3s handler: io: read/write on closed pipe", "3s hook"}},
		"HTTP-2: that does neither": {func(w *world, req *http.Request, _ *bufio.ReadWriter) {
			sleep(5)
		}, []string{"3s client: EOF", "3.1s hook"}},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
					conn, from := upgrade(t, rw)
					defer conn.Close()
					tc.handle(w, req, from)
				})
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
					go func() {
						conn, from := ln.dialUpgraded(t, ctx)
						defer conn.Close()
						time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
						_, err := from.ReadString('\n')
						w.note("client: %v", err)
					}()
					return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
				}, lifecycle.WithDrainTimeout(2*time.Second))
				var timeout *lifecycle.DrainTimeoutError
				if !errors.As(err, &timeout) || timeout.Requests != 1 {
					t.Errorf("Run returned %v, want one request that was cut", err)
				}
				sleep(5)
				w.expectUnordered(tc.want...)
			})
		})
	}
}

// HTTP-2: a hijacked connection is not tracked after its handler has returned.
func TestHijackedConnectionIsTrackedUntilItsHandlerReturns(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		left := make(chan net.Conn, 1)
		handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			conn, _ := upgrade(t, rw)
			sleep(2)
			left <- conn
		})
		err := w.run(func(ctx context.Context) error {
			go func() {
				conn, from := ln.dialUpgraded(t, ctx)
				defer conn.Close()
				lifecycle.Stop(ctx, nil)
				line, err := from.ReadString('\n')
				w.note("client: %q, %v", line, err)
			}()
			err := lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
			w.note("Serve: %v", err)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		conn := <-left
		sleep(1)
		_, _ = io.WriteString(conn, "still here\n")
		_ = conn.Close()
		w.expect("2s Serve: <nil>", `3s client: "still here\n", <nil>`)
	})
}

// h2cConn is what package h2c makes of a connection that it has hijacked.
type h2cConn struct{ net.Conn }

// HTTP/2 on a hijacked connection is known by its states, which package h2c
// reports to the server. Its one handler runs for as long as the connection
// is open.
func TestIdleHTTP2OnHijackedConnectionIsNotARequest(t *testing.T) {
	for name, tc := range map[string]struct {
		busy float64 // seconds from the stop, at 3 s
		want string
	}{
		"idle for long":           {-2, "3s Serve: <nil>"},
		"idle for a moment":       {-0.5, "3.5s Serve: <nil>"},
		"with a stream under way": {4, "8s Serve: <nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
					srv := req.Context().Value(http.ServerContextKey).(*http.Server)
					conn, from := upgrade(t, rw)
					defer conn.Close()
					own := &h2cConn{conn}
					srv.ConnState(own, http.StateActive)
					sleep(3 + tc.busy)
					srv.ConnState(own, http.StateIdle)
					_, _ = from.ReadString('\n')
				})
				err := w.run(func(ctx context.Context) error {
					go func() {
						conn, from := ln.dialUpgraded(t, ctx)
						defer conn.Close()
						time.AfterFunc(3*time.Second, func() { lifecycle.Stop(ctx, nil) })
						_, _ = from.ReadString('\n')
					}()
					err := lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
					w.note("Serve: %v", err)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				w.expect(tc.want)
			})
		})
	}
}
