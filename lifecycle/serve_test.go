package lifecycle_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
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

func TestAServerStopsWhenTheLastRequestIsAnswered(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			go w.get(client, "/0") // leaves an idle connection
			go func() { sleep(1); go w.get(client, "/6"); w.get(client, "/8") }()
			time.AfterFunc(2*time.Second, func() { lifecycle.Stop(ctx, nil) })
			time.AfterFunc(3*time.Second, func() { w.get(client, "/late") })
			err := lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(slow)}, ln)
			w.note("Serve: %v", err) // HTTP-1: at the very instant of the last answer
			return err
		}, lifecycle.WithContext(context.WithValue(context.Background(), worldKey{}, "values")))
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		// HTTP-2: live contexts past the grace; HTTP-3: close.
		w.expectUnordered("0s /0: 200 done, values", "3s /late: failed",
			"7s /6: 200 done, values, close", "9s /8: 200 done, values, close", "9s Serve: <nil>", "9s hook")
		w.expectNoLog("main has not returned")
	})
}

// expectUnordered is expect for what happens at one instant in any order.
func (w *world) expectUnordered(want ...string) {
	w.Helper()
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

func TestRequestsAreCutWhenTheDrainTimeoutRunsOut(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		release := make(chan struct{})
		mux := http.NewServeMux()
		mux.HandleFunc("/polite", func(rw http.ResponseWriter, req *http.Request) {
			<-req.Context().Done()
			w.note("its context: %v", context.Cause(req.Context()))
			panic(http.ErrAbortHandler)
		})
		mux.HandleFunc("/stubborn", func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(rw, "half")
			rw.(http.Flusher).Flush()
			<-release
		})
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			go w.get(client, "/polite")
			go w.get(client, "/stubborn")
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			err := lifecycle.Serve(ctx, &http.Server{Handler: mux}, ln)
			w.note("Serve: %v", err)
			return err
		})
		var timeout *lifecycle.DrainTimeoutError
		if !errors.As(err, &timeout) || timeout.Requests != 2 || timeout.Tracked != 0 || len(timeout.Groups) != 0 {
			t.Errorf("HTTP-2: %v", err)
		}
		close(release)
		synctest.Wait()
		// The handler that heeds its context is waited for, the other one is not.
		w.expectUnordered("16s its context: lifecycle: drain timeout", "16s /polite: failed", "16s /stubborn: 200 half, cut",
			"16.1s Serve: <nil>", "16.1s hook")
	})
}

func TestTheDrainDelayKeepsServingAndSaysClose(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		err := w.run(func(ctx context.Context) error {
			go func() {
				sleep(0.5)
				go w.get(client, "/1") // begun before the stop, answered after it
				sleep(0.5)
				lifecycle.Stop(ctx, nil)
				sleep(0.25)
				w.get(client, "/0")
			}()
			return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(slow)}, ln)
		}, lifecycle.WithDrainDelay(2*time.Second))
		if err != nil {
			t.Error(err)
		}
		w.expect("1.25s /0: 200 done, <nil>, close", "1.5s /1: 200 done, <nil>, close") // HTTP-3
	})
}

func TestASilentConnectionDoesNotKeepAServer(t *testing.T) {
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

func TestAConnectionThatWasAcceptedBeforeTheStopHasItsRequestAnswered(t *testing.T) {
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

// odd is a connection that is no key of a map, as a listener may return.
type odd struct {
	net.Conn
	_ func()
}

type oddPipes struct{ *pipes }

func (p oddPipes) Accept() (net.Conn, error) {
	conn, err := p.pipes.Accept()
	return odd{Conn: conn}, err
}

func TestConnectionsThatCannotBeToldApartAreAnsweredToo(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		err := w.run(func(ctx context.Context) error {
			go w.get(client, "/2")
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(slow)}, oddPipes{ln})
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("2s /2: 200 done, <nil>, close")
	})
}

func TestServersThatCannotServeSaySo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, tc := range map[string]struct {
		serve func(ctx context.Context) error
		want  string
	}{
		"HTTP-1: a port that is taken": {func(ctx context.Context) error {
			return lifecycle.ListenAndServe(ctx, &http.Server{Addr: taken.Addr().String()})
		}, taken.Addr().String()},
		"HTTP-1: a server closed by somebody else": {func(ctx context.Context) error {
			srv := &http.Server{}
			_ = srv.Close()
			return lifecycle.Serve(ctx, srv, newPipes())
		}, http.ErrServerClosed.Error()},
		"a nil server":              {func(ctx context.Context) error { return lifecycle.Serve(ctx, nil, newPipes()) }, "the server is nil"},
		"a nil server to listen":    {func(ctx context.Context) error { return lifecycle.ListenAndServe(ctx, nil) }, "the server is nil"},
		"a nil listener":            {func(ctx context.Context) error { return lifecycle.Serve(ctx, &http.Server{}, nil) }, "the listener is nil"},
		"HOOK-9: a foreign context": {func(context.Context) error { return lifecycle.Serve(context.Background(), &http.Server{}, newPipes()) }, "does not come from Run"},
		"a server that was served before": {func(ctx context.Context) error {
			srv, ln := &http.Server{}, newPipes()
			_ = ln.Close()
			_ = lifecycle.Serve(ctx, srv, ln)
			return lifecycle.Serve(ctx, srv, newPipes())
		}, "served already"},
	} {
		t.Run(name, func(t *testing.T) {
			defaultLog(t)
			err := lifecycle.Run(tc.serve, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Run returned %v", err)
			}
		})
	}
}

// HTTP-4: a request counts from before it is handled, and is refused after
// Draining; HTTP-5: a panic leaves nothing counted.
func TestHandlerCountsRequests(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var counted http.Handler
		err := w.run(func(ctx context.Context) error {
			if got := lifecycle.Handler(context.Background(), counted); got != http.DefaultServeMux {
				t.Error("HOOK-9: a foreign context must give the handler back")
			}
			lifecycle.OnShutdown(ctx, func() error {
				rec := httptest.NewRecorder()
				counted.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
				w.note("in Hooks: %d %s", rec.Code, rec.Header().Get("Retry-After"))
				return nil
			})
			counted = lifecycle.Handler(ctx, http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
				sleep(1)
				if req.URL.Path == "/panic" {
					panic(http.ErrAbortHandler)
				}
			}))
			request := func(path string) {
				defer func() {
					if v := recover(); v != nil {
						w.note("%s: panicked", path) // HTTP-5: the panic passes, the count does not stay
					}
				}()
				rec := httptest.NewRecorder()
				counted.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
				w.note("%s: %d %s", path, rec.Code, rec.Header().Get("Connection"))
			}
			go request("/panic")
			time.AfterFunc(500*time.Millisecond, func() { request("/draining") })
			sleep(0.25)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("1s /panic: panicked", "1.5s /draining: 200 close", "1.5s in Hooks: 503 1")
	})
}

func TestResponseWritersKeepTheirPowers(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond} {
		t.Run(fmt.Sprintf("HTTP-5: with a drain delay of %v", delay), func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			mux.HandleFunc("/hijack", func(w http.ResponseWriter, _ *http.Request) {
				conn, buf, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_, _ = buf.WriteString("raw\n")
				_ = buf.Flush()
			})
			mux.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
				w.(http.Flusher).Flush()
				if _, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader("streamed")); err != nil {
					t.Error(err)
				}
				rc := http.NewResponseController(w)
				if err := errors.Join(rc.SetWriteDeadline(time.Now().Add(time.Minute)), rc.Flush()); err != nil {
					t.Error(err)
				}
			})
			err = lifecycle.Run(func(ctx context.Context) error {
				lifecycle.Go(ctx, func(ctx context.Context) error {
					defer lifecycle.Stop(ctx, nil)
					conn, err := net.Dial("tcp", ln.Addr().String())
					if err != nil {
						return err
					}
					defer conn.Close()
					fmt.Fprintf(conn, "GET /hijack HTTP/1.1\r\nHost: x\r\n\r\n")
					if line, err := bufio.NewReader(conn).ReadString('\n'); line != "raw\n" {
						t.Errorf("hijacked: %q, %v", line, err)
					}
					resp, err := http.Get("http://" + ln.Addr().String() + "/stream")
					if err != nil {
						return err
					}
					defer resp.Body.Close()
					if body, _ := io.ReadAll(resp.Body); string(body) != "streamed" {
						t.Errorf("streamed: %q", body)
					}
					return nil
				})
				return lifecycle.Serve(ctx, &http.Server{Handler: mux}, ln)
			}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet), lifecycle.WithDrainDelay(delay))
			if err != nil {
				t.Error(err)
			}
			http.DefaultClient.CloseIdleConnections()
		})
	}
}

func TestTheUsersOwnFunctionsOfAServerAreCalled(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		srv := &http.Server{
			Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
				src, ok := fsm.FromContext(req.Context())
				fmt.Fprint(rw, req.Context().Value(worldKey{}), " ", ok && src.State() == fsm.Running)
			}),
			BaseContext: func(net.Listener) context.Context {
				ctx, cancel := context.WithCancel(context.WithValue(context.Background(), worldKey{}, "base"))
				cancel()
				return ctx
			},
			ConnState: func(_ net.Conn, s http.ConnState) { w.note("connection %v", s) },
		}
		err := w.run(func(ctx context.Context) error {
			go func() { w.get(client, "/"); sleep(1); lifecycle.Stop(ctx, nil) }()
			return lifecycle.Serve(ctx, srv, ln)
		})
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.expectUnordered("0s connection new", "0s connection active", "0s /: 200 base true", "0s connection idle", "1s connection closed")
	})
}
