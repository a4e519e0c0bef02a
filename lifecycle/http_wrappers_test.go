package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/lifecycle"
)

// The ways in which a hijacker may wrap a connection.
type (
	wrapperWithMethod struct{ hidden net.Conn }
	wrapperWithValue  struct {
		net.Conn
		_ func() // so that it cannot be a key of a map
	}
	wrapperOfNothing struct{ net.Conn }
)

func (c *wrapperWithMethod) NetConn() net.Conn                  { return c.hidden }
func (c *wrapperWithMethod) Read(p []byte) (int, error)         { return c.hidden.Read(p) }
func (c *wrapperWithMethod) Write(p []byte) (int, error)        { return c.hidden.Write(p) }
func (c *wrapperWithMethod) Close() error                       { return c.hidden.Close() }
func (c *wrapperWithMethod) LocalAddr() net.Addr                { return c.hidden.LocalAddr() }
func (c *wrapperWithMethod) RemoteAddr() net.Addr               { return c.hidden.RemoteAddr() }
func (c *wrapperWithMethod) SetDeadline(t time.Time) error      { return c.hidden.SetDeadline(t) }
func (c *wrapperWithMethod) SetReadDeadline(t time.Time) error  { return c.hidden.SetReadDeadline(t) }
func (c *wrapperWithMethod) SetWriteDeadline(t time.Time) error { return c.hidden.SetWriteDeadline(t) }

// HTTP-1: HTTP/2 that is idle on a hijacked connection is found through what wraps the
// connection, and holds up nothing. A connection that is not found is a request until
// its handler returns.
func TestWrappersOfHijackedConnections(t *testing.T) {
	for name, tc := range map[string]struct {
		wrap  func(net.Conn) net.Conn
		found bool
	}{
		"itself":                     {func(c net.Conn) net.Conn { return c }, true},
		"a field":                    {func(c net.Conn) net.Conn { return &h2cConn{c} }, true},
		"a method":                   {func(c net.Conn) net.Conn { return &wrapperWithMethod{c} }, true},
		"a value that is no key":     {func(c net.Conn) net.Conn { return wrapperWithValue{Conn: c} }, true},
		"one in another":             {func(c net.Conn) net.Conn { return &h2cConn{&wrapperWithMethod{wrapperWithValue{Conn: c}}} }, true},
		"another connection's":       {func(net.Conn) net.Conn { c, _ := net.Pipe(); return &h2cConn{c} }, false},
		"nothing":                    {func(net.Conn) net.Conn { return &wrapperOfNothing{} }, false},
		"a method that has no value": {func(net.Conn) net.Conn { return &wrapperWithMethod{} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
					srv := req.Context().Value(http.ServerContextKey).(*http.Server)
					conn, from := upgrade(t, rw)
					defer conn.Close()
					own := tc.wrap(conn)
					srv.ConnState(own, http.StateActive)
					srv.ConnState(own, http.StateIdle)
					_, _ = from.ReadString('\n')
				})
				err := w.run(func(ctx context.Context) error {
					go func() {
						conn, from := ln.dialUpgraded(t, ctx)
						defer conn.Close()
						_, _ = io.Copy(io.Discard, from)
					}()
					time.AfterFunc(5*time.Second, func() { lifecycle.Stop(ctx, nil) })
					return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
				})
				if found := time.Since(w.began) == 5*time.Second; found != tc.found || errors.Is(err, lifecycle.ErrDrainTimeout) == tc.found {
					t.Errorf("Run returned %v after %v; want the connection to be found: %v", err, time.Since(w.began), tc.found)
				}
			})
		})
	}
}

// A server's ConnState may be called with any connection.
func TestStatesOfUnknownConnectionsAreIgnored(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		handler := http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
			srv := req.Context().Value(http.ServerContextKey).(*http.Server)
			one, other := net.Pipe()
			defer one.Close()
			defer other.Close()
			for _, state := range []http.ConnState{http.StateNew, http.StateActive, http.StateIdle, http.StateHijacked, http.StateClosed} {
				srv.ConnState(one, state)
			}
		})
		err := w.run(func(ctx context.Context) error {
			go func() { w.get(client, "/"); lifecycle.Stop(ctx, nil) }()
			return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
		})
		if took := time.Since(w.began); err != nil || took != 0 {
			t.Errorf("Run returned %v after %v", err, took)
		}
	})
}

// closePanics is a connection that panics when it is closed for the first time.
type closePanics struct {
	net.Conn
	once sync.Once
}

func (c *closePanics) Close() error {
	c.once.Do(func() { panic("boom") })
	return c.Conn.Close()
}

func TestPanicInCloseOfAConnectionIsLogged(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		wrap := func(conn net.Conn) net.Conn { return &closePanics{Conn: conn} }
		_ = w.run(func(ctx context.Context) error {
			go func() {
				conn, _ := ln.dial(ctx, "", "")
				sleep(1)
				_ = conn.Close()
			}()
			time.AfterFunc(100*time.Millisecond, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{ErrorLog: log.New(io.Discard, "", 0)}, wrappingListener{ln, wrap})
		})
		w.expectLog("ERROR", "closing a connection failed", "boom", "http_wrappers_test.go")
	})
}

// HTTP-2: a listener that goes on after its Close cannot bring in a connection.
func TestConnectionAcceptedAfterTheCutIsClosed(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		_ = w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error {
				sleep(1)
				conn, err := ln.dial(context.Background(), "", "")
				if err != nil {
					return err
				}
				_, err = conn.Read(make([]byte, 1))
				w.note("%v", err)
				return conn.Close()
			})
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{}, stuckListener{ln})
		}, lifecycle.WithDrainTimeout(2*time.Second))
		_ = ln.Close()
		w.expect("4s EOF")
	})
}

// HTTP-5: http.ResponseController finds the server's own response writer.
func TestTheResponseWriterCanBeUnwrapped(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		handler := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(rw, "%T", rw.(interface{ Unwrap() http.ResponseWriter }).Unwrap())
		})
		_ = w.run(func(ctx context.Context) error {
			go func() { w.get(client, "/"); lifecycle.Stop(ctx, nil) }()
			return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
		}, lifecycle.WithDrainDelay(time.Second))
		w.expect("0s /: 200 *http.response")
	})
}

// As under net/http alone, a function that returns no context is an error.
func TestFunctionsOfAServerThatReturnNoContext(t *testing.T) {
	for name, srv := range map[string]*http.Server{
		"BaseContext returned a nil context": {BaseContext: func(net.Listener) context.Context { return nil }},
		"ConnContext returned nil":           {ConnContext: func(context.Context, net.Conn) context.Context { return nil }},
	} {
		inVirtualTime(t, func(w *world) {
			ln := newPipes()
			err := w.run(func(ctx context.Context) error {
				go func() {
					if conn, err := ln.dial(ctx, "", ""); err == nil {
						_, err = conn.Read(make([]byte, 1))
						w.note("%v", err)
						_ = conn.Close()
					}
				}()
				return lifecycle.Serve(ctx, srv, ln)
			})
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("Run returned %v, want %q", err, name)
			}
			synctest.Wait()
			if len(w.notes) > 0 {
				w.expect("0s EOF")
			}
		})
	}
}

// HTTP-1, on a real network.
func TestListenAndServe(t *testing.T) {
	other := httptest.NewTLSServer(nil) // for its certificate, and a client that trusts it
	defer other.Close()
	cert, key := pemFiles(t, other.TLS.Certificates[0])
	other.Client().Transport.(*http.Transport).TLSClientConfig.ServerName = "example.com" // which the certificate is for
	for scheme, serve := range map[string]func(ctx context.Context, srv *http.Server) error{
		"http": func(ctx context.Context, srv *http.Server) error { return lifecycle.ListenAndServe(ctx, srv) },
		"https": func(ctx context.Context, srv *http.Server) error {
			return lifecycle.ListenAndServeTLS(ctx, srv, cert, key)
		},
	} {
		t.Run(scheme, func(t *testing.T) {
			client := other.Client()
			defer client.CloseIdleConnections()
			addr := make(chan string, 1)
			err := lifecycle.Run(func(ctx context.Context) error {
				srv := &http.Server{
					Addr:    loopback.Addr(),
					Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, "served") }),
					BaseContext: func(ln net.Listener) context.Context {
						if _, ok := ln.(*net.TCPListener); !ok && scheme == "http" {
							t.Errorf("BaseContext was given a %T, want the listener itself", ln)
						}
						addr <- ln.Addr().String()
						return ctx
					},
				}
				lifecycle.Go(ctx, func(context.Context) error {
					defer lifecycle.Stop(ctx, nil)
					resp, err := client.Get(scheme + "://" + <-addr)
					if err != nil {
						return err
					}
					defer resp.Body.Close()
					if body, err := io.ReadAll(resp.Body); string(body) != "served" {
						return fmt.Errorf("%q, %v", body, err)
					}
					client.CloseIdleConnections()
					return nil
				})
				return serve(ctx, srv)
			}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
			if err != nil {
				t.Error(err)
			}
		})
	}
}
