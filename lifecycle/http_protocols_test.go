package lifecycle_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// HTTP-6: a connection served by a function of TLSNextProto is waited for, as by
// Shutdown, and cut at the drain timeout, which is in Run's result.
func TestTLSNextProtoConnectionsAreTracked(t *testing.T) {
	other := httptest.NewTLSServer(nil) // for its certificate
	defer other.Close()
	for name, tc := range map[string]struct {
		seconds float64
		want    string
		err     error
	}{
		"that answers":  {2, `3s "answer\n" <nil>`, nil},
		"that does not": {20, `4s "" EOF`, lifecycle.ErrDrainTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				srv := &http.Server{
					TLSConfig: &tls.Config{Certificates: other.TLS.Certificates, NextProtos: []string{"echo"}},
					TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){"echo": func(_ *http.Server, conn *tls.Conn, _ http.Handler) {
						line, err := bufio.NewReader(conn).ReadString('\n')
						if sleep(tc.seconds); err == nil {
							_, _ = io.WriteString(conn, strings.Replace(line, "hello", "answer", 1))
						}
					}},
				}
				err := w.run(func(ctx context.Context) error {
					go func() {
						pipe, _ := ln.dial(ctx, "", "")
						defer pipe.Close()
						conn := tls.Client(pipe, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"echo"}})
						sleep(1)
						_, _ = io.WriteString(conn, "hello\n")
						lifecycle.Stop(ctx, nil)
						line, err := bufio.NewReader(conn).ReadString('\n')
						if errors.Is(err, io.ErrUnexpectedEOF) {
							err = io.EOF
						}
						w.note("%q %v", line, err)
					}()
					return lifecycle.ServeTLS(ctx, srv, ln, "", "")
				}, lifecycle.WithDrainTimeout(3*time.Second))
				if !errors.Is(err, tc.err) {
					t.Errorf("Run returned %v", err)
				}
				w.expect(tc.want)
				sleep(30)
			})
		})
	}
}

// As without this package, a connection with a protocol that has no function is closed.
func TestTLSNextProtoWithoutAFunctionIsClosed(t *testing.T) {
	other := httptest.NewTLSServer(nil) // for its certificate
	defer other.Close()
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		var complaints bytes.Buffer
		srv := &http.Server{
			ErrorLog:     log.New(&complaints, "", 0),
			TLSConfig:    &tls.Config{Certificates: other.TLS.Certificates, NextProtos: []string{"none"}},
			TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){"none": nil},
		}
		err := w.run(func(ctx context.Context) error {
			go func() {
				defer lifecycle.Stop(ctx, nil)
				pipe, _ := ln.dial(ctx, "", "")
				defer pipe.Close()
				conn := tls.Client(pipe, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"none"}})
				answer, err := io.ReadAll(conn)
				w.note("%s %q %v", conn.ConnectionState().NegotiatedProtocol, answer, err)
			}()
			return lifecycle.ServeTLS(ctx, srv, ln, "", "")
		})
		if err != nil || complaints.Len() > 0 {
			t.Errorf("Run returned %v, and net/http logged %q", err, &complaints)
		}
		w.expect(`0s none "" <nil>`)
	})
}

// HTTP-9: other requests are as without CancelOnStop.
func TestCancelOnStopIsTransparentToMiddleware(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	part, _ := parts.CreateFormFile("file", "name")
	_, _ = part.Write(make([]byte, 1<<20))
	_ = parts.Close()
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		err := w.run(func(ctx context.Context) error {
			mux := http.NewServeMux()
			mux.HandleFunc("POST /up/{x}/{rest...}", func(_ http.ResponseWriter, req *http.Request) {
				if err := req.ParseMultipartForm(1 << 10); err != nil {
					t.Error(err)
				}
			})
			inner := lifecycle.CancelOnStop(ctx, mux)
			outer := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
				inner.ServeHTTP(rw, req)
				w.note("%s %s %s %d", req.Pattern, req.PathValue("x"), req.PathValue("rest"), len(req.MultipartForm.File["file"]))
			})
			go func() {
				defer lifecycle.Stop(ctx, nil)
				resp, err := client.Post("http://service/up/1/2/3", parts.FormDataContentType(), &form)
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
			}()
			return lifecycle.Serve(ctx, &http.Server{Handler: outer}, ln)
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("0s POST /up/{x}/{rest...} 1 2/3 1")
	})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

// The Handler of one server may be given to another, which is independent.
func TestServerWithTheHandlerOfAnotherIsServed(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		first := &http.Server{Handler: http.HandlerFunc(slow)}
		_ = w.run(func(ctx context.Context) error {
			lifecycle.Stop(ctx, nil)
			return lifecycle.Serve(ctx, first, newPipes())
		})
		for _, handler := range []http.Handler{first.Handler, http.StripPrefix("/x", first.Handler)} {
			ln := newPipes()
			client, hangUp := ln.client()
			began := time.Now()
			err := w.run(func(ctx context.Context) error {
				path := "/2"
				if handler != first.Handler {
					path = "/x/2"
				}
				go w.get(client, path)
				time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
				return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
			})
			hangUp()
			if took := time.Since(began); err != nil || took != 2*time.Second {
				t.Errorf("Run returned %v after %v", err, took)
			}
		}
		w.expect("2s /2: 200 done, <nil>, close", "4s /x/2: 200 done, <nil>, close")
	})
}

// A request that Serve counts is not counted by Handler too.
func TestHandlerInsideServeDoesNotCountTwice(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		err := w.run(func(ctx context.Context) error {
			go w.get(client, "/")
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			lasting := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sleep(5) })
			return lifecycle.Serve(ctx, &http.Server{Handler: lifecycle.Handler(ctx, lasting)}, ln)
		}, lifecycle.WithDrainTimeout(time.Second))
		var timeout *lifecycle.DrainTimeoutError
		if !errors.As(err, &timeout) || timeout.Requests != 1 {
			t.Errorf("Run returned %v, want one request", err)
		}
		sleep(5)
	})
}

// HTTP-10: net/http sends no "100 Continue" after the response's own header, with
// a drain delay or without.
func TestNoContinueFollowsTheHeader(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Second} {
		inVirtualTime(t, func(w *world) {
			ln := newPipes()
			err := w.run(func(ctx context.Context) error {
				go func() {
					defer lifecycle.Stop(ctx, nil)
					conn, from := ln.talk(ctx)
					defer conn.Close()
					fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
					go func(conn net.Conn) { sleep(0.1); _, _ = io.WriteString(conn, "body") }(conn)
					line, err := from.ReadString('\n')
					w.note("%s %v", strings.TrimSpace(line), err)
				}()
				return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
					rw.WriteHeader(http.StatusAccepted)
					_, _ = io.ReadAll(req.Body)
				})}, ln)
			}, lifecycle.WithDrainDelay(delay))
			if err != nil {
				t.Error(err)
			}
			w.expectUnordered("100ms HTTP/1.1 202 Accepted <nil>")
		})
	}
}
