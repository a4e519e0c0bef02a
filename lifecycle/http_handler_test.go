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
	"os"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// A nil handler is http.DefaultServeMux, which answers 404 where nothing is registered.
func TestHandlerOfNilServesTheDefaultMux(t *testing.T) {
	err := lifecycle.Run(func(ctx context.Context) error {
		for name, of := range map[string]func(context.Context, http.Handler) http.Handler{
			"Handler": lifecycle.Handler, "CancelOnStop": lifecycle.CancelOnStop,
		} {
			rec := httptest.NewRecorder()
			of(ctx, nil).ServeHTTP(rec, httptest.NewRequest("GET", "/nothing", nil))
			if rec.Code != http.StatusNotFound {
				t.Errorf("%s: %d", name, rec.Code)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// HTTP-4: a request counts from before it is handled, and is refused after
// Draining; HTTP-5: a panic leaves nothing counted.
func TestHandlerCountsRequests(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var counted http.Handler
		err := w.run(func(ctx context.Context) error {
			if got := lifecycle.Handler(context.Background(), counted); got != http.DefaultServeMux {
				t.Error("HOOK-9: with a context not from Run, the handler itself must be returned")
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

// HTTP-5: what is done to a ResponseWriter reaches the one below.
func TestResponseWriterPassesCallsOn(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			rc := http.NewResponseController(rw)
			if req.URL.Path == "/upgrade" {
				rw.Header().Set("Connection", "Upgrade")
				rw.Header().Set("Upgrade", "other")
				rw.WriteHeader(http.StatusSwitchingProtocols)
				return
			}
			_ = rc.SetWriteDeadline(time.Now())
			_, _ = io.WriteString(rw, "late")
			if err := rc.Flush(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("Flush after the write deadline: %v", err)
			}
		})
		_ = w.run(func(ctx context.Context) error {
			go func() {
				defer ln.Close()
				conn, _ := ln.dial(ctx, "", "")
				fmt.Fprintf(conn, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
				sleep(1)
				conn.Close()
				lifecycle.Stop(ctx, nil)
				conn, _ = ln.dial(ctx, "", "")
				defer conn.Close()
				fmt.Fprintf(conn, "GET /upgrade HTTP/1.1\r\nHost: x\r\n\r\n")
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil || resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Connection") != "Upgrade" {
					t.Errorf("in the drain delay, an upgrade is answered %+v, %v", resp, err)
				}
			}()
			return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
		}, lifecycle.WithDrainDelay(5*time.Second))
	})
}

func TestResponseWritersKeepTheirMethods(t *testing.T) {
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
				if _, err := io.WriteString(w, ""); err != nil {
					t.Error(err)
				}
				//lint:ignore SA1019 some frameworks ask for it
				if _, ok := w.(http.CloseNotifier); !ok {
					t.Error("the ResponseWriter is no http.CloseNotifier")
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

// HTTP-3: but the answer to an upgrade, which net/http refuses over HTTP/2, needs its
// header.
func TestWhichResponsesCloseWhileDraining(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_ = w.run(func(ctx context.Context) error {
			counted := lifecycle.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			ask := func(proto int, upgrade string) {
				req, rec := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
				req.ProtoMajor = proto
				if upgrade != "" {
					req.Header.Set("Upgrade", upgrade)
				}
				counted.ServeHTTP(rec, req)
				w.note("HTTP/%d, upgrade %q: %q", proto, upgrade, rec.Header().Get("Connection"))
			}
			ask(1, "")
			lifecycle.Stop(ctx, nil)
			ask(1, "")
			ask(1, "websocket")
			ask(2, "")
			return nil
		})
		w.expect(`0s HTTP/1, upgrade "": ""`, `0s HTTP/1, upgrade "": "close"`, `0s HTTP/1, upgrade "websocket": ""`,
			`0s HTTP/2, upgrade "": "close"`)
	})
}

func TestWhatARefusedRequestIsAnswered(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var counted http.Handler
		_ = w.run(func(ctx context.Context) error {
			counted = lifecycle.Handler(ctx, nil)
			return nil
		})
		rec := httptest.NewRecorder()
		counted.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
		if h := rec.Header(); rec.Code != http.StatusServiceUnavailable || h.Get("Retry-After") != "1" || h.Get("Connection") != "close" ||
			rec.Body.String() != "the service is shutting down\n" {
			t.Errorf("HTTP-4: %d %v %s", rec.Code, h, rec.Body)
		}
	})
}
