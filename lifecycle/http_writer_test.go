package lifecycle_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// HTTP-10: MaxBytesReader ends the connection, which it does through a method
// of net/http's own response writer.
func TestMaxBytesReaderEndsTheConnection(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Second} {
		t.Run(fmt.Sprintf("with a drain delay of %v", delay), func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
					if _, err := io.ReadAll(http.MaxBytesReader(rw, req.Body, 3)); err != nil {
						http.Error(rw, "too large", http.StatusRequestEntityTooLarge)
					}
				})
				err := w.run(func(ctx context.Context) error {
					go func() {
						defer lifecycle.Stop(ctx, nil)
						conn, _ := ln.dial(ctx, "", "")
						defer conn.Close()
						go fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345")
						from := bufio.NewReader(conn)
						resp, err := http.ReadResponse(from, nil)
						if err != nil {
							t.Error(err)
							return
						}
						_, _ = io.ReadAll(resp.Body)
						_, err = from.ReadByte()
						w.note("%d, close %v, then %v", resp.StatusCode, resp.Close, err)
					}()
					return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
				}, lifecycle.WithDrainDelay(delay))
				if err != nil {
					t.Error(err)
				}
				if len(w.notes) != 1 || !strings.HasSuffix(w.notes[0], "413, close true, then EOF") {
					t.Errorf("the client saw %q", w.notes)
				}
			})
		})
	}
}

// HTTP-10, over HTTP/2: its response writer has other methods.
func TestHTTP2HandlerCanPush(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Second} {
		inVirtualTime(t, func(w *world) {
			ln := newPipes()
			client, hangUp := ln.client()
			defer hangUp()
			srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				_, pusher := rw.(http.Pusher)
				_, flusher := rw.(http.Flusher)
				fmt.Fprint(rw, pusher, " ", flusher)
			})}
			overHTTP2(client, srv)
			err := w.run(func(ctx context.Context) error {
				go func() { w.get(client, "/"); lifecycle.Stop(ctx, nil) }()
				return lifecycle.Serve(ctx, srv, ln)
			}, lifecycle.WithDrainDelay(delay))
			if err != nil {
				t.Error(err)
			}
			w.expect("0s /: 200 true true")
		})
	}
}

// HTTP-10: without a drain delay the handler is given the response writer of
// net/http itself.
func TestHandlerGetsTheServersResponseWriter(t *testing.T) {
	kind := func(rw http.ResponseWriter) string { return fmt.Sprintf("%T", rw) }
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		handler := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, kind(rw)) })
		err := w.run(func(ctx context.Context) error {
			go func() { w.get(client, "/"); lifecycle.Stop(ctx, nil) }()
			return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("0s /: 200 *http.response")
	})
}

// HTTP-3, in the drain delay, whatever the handler does, and whenever the
// request began: the header is sent after the stop.
func TestResponsesCloseInTheDrainDelay(t *testing.T) {
	handlers := map[string]http.HandlerFunc{
		"writes nothing":                        func(http.ResponseWriter, *http.Request) { sleep(1) },
		"calls WriteHeader at once":             func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusAccepted); sleep(1) },
		"calls WriteHeader late":                func(rw http.ResponseWriter, _ *http.Request) { sleep(1); rw.WriteHeader(http.StatusAccepted) },
		"writes":                                func(rw http.ResponseWriter, _ *http.Request) { sleep(1); fmt.Fprint(rw, "text") },
		"writes a string":                       func(rw http.ResponseWriter, _ *http.Request) { sleep(1); _, _ = io.WriteString(rw, "text") },
		"calls WriteHeader, and writes later":   func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(202); sleep(1); fmt.Fprint(rw, "text") },
		"copies":                                func(rw http.ResponseWriter, _ *http.Request) { sleep(1); _, _ = io.Copy(rw, strings.NewReader("text")) },
		"flushes":                               func(rw http.ResponseWriter, _ *http.Request) { sleep(1); rw.(http.Flusher).Flush() },
		"answers with early hints, and nothing": func(rw http.ResponseWriter, _ *http.Request) { sleep(1); rw.WriteHeader(http.StatusEarlyHints) },
	}
	for name, handler := range handlers {
		for when, dial := range map[string]float64{"begun before the stop": 0, "begun after it": 1} {
			t.Run(name+", "+when, func(t *testing.T) {
				inVirtualTime(t, func(w *world) {
					ln := newPipes()
					client, hangUp := ln.client()
					defer hangUp()
					err := w.run(func(ctx context.Context) error {
						time.AfterFunc(500*time.Millisecond, func() { lifecycle.Stop(ctx, nil) })
						go func() {
							sleep(dial)
							w.get(client, "/")
						}()
						return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
					}, lifecycle.WithDrainDelay(5*time.Second))
					if err != nil {
						t.Error(err)
					}
					if len(w.notes) != 1 || !strings.HasSuffix(w.notes[0], ", close") {
						t.Errorf("the client saw %q", w.notes)
					}
				})
			})
		}
	}
}

// A header is what it was when WriteHeader was called, and trailers come after.
func TestHeadersAndTrailersInTheDrainDelay(t *testing.T) {
	handler := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Trailer", "Sum, Soon")
		rw.Header().Set("Early", "yes")
		rw.WriteHeader(http.StatusAccepted)
		rw.Header().Set("Early", "changed")
		rw.Header().Set("Late", "yes")
		rw.Header().Set("Soon", "before the body")
		fmt.Fprint(rw, "text")
		rw.Header().Set("Sum", "4")
	})
	seen := func(client *http.Client, url string) string {
		resp, err := client.Get(url)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return fmt.Sprint(resp.StatusCode, " ", resp.Header["Early"], resp.Header["Late"], " ", string(body), " ", resp.Trailer, err)
	}
	bare := httptest.NewServer(handler)
	defer bare.Close()
	want := seen(bare.Client(), bare.URL)
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		_ = w.run(func(ctx context.Context) error {
			go func() {
				defer lifecycle.Stop(ctx, nil)
				if got := seen(client, "http://service"); got != want {
					t.Errorf("the client saw %s, from a bare server %s", got, want)
				}
			}()
			return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
		}, lifecycle.WithDrainDelay(time.Second))
	})
}

// HTTP-10: the server's log has one line, about the Write, with a drain delay too.
func TestAWriteAfterHijackIsLoggedOnce(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Second} {
		inVirtualTime(t, func(w *world) {
			ln := newPipes()
			var lines lines
			srv := &http.Server{ErrorLog: log.New(&lines, "", 0), Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				rw.WriteHeader(http.StatusAccepted)
				conn, _, err := http.NewResponseController(rw).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				if _, err := fmt.Fprint(rw, "late"); !errors.Is(err, http.ErrHijacked) {
					t.Errorf("Write after Hijack returns %v", err)
				}
			})}
			_ = w.run(func(ctx context.Context) error {
				go func() {
					defer lifecycle.Stop(ctx, nil)
					conn, _ := ln.dial(ctx, "", "")
					defer conn.Close()
					fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
					_, _ = io.ReadAll(conn)
				}()
				return lifecycle.Serve(ctx, srv, ln)
			}, lifecycle.WithDrainDelay(delay))
			if len(lines) != 1 || !strings.Contains(lines[0], "Write on hijacked connection") {
				t.Errorf("with a drain delay of %v the server's log has %q", delay, lines)
			}
		})
	}
}

// lines collects what a log writes.
type lines []string

func (l *lines) Write(p []byte) (int, error) {
	*l = append(*l, string(p))
	return len(p), nil
}

// HTTP-1: as http.Server.ServeTLS does, with HTTP/2.
func TestServeTLS(t *testing.T) {
	other := httptest.NewTLSServer(nil) // for its certificate, and a client that trusts it
	defer other.Close()
	cert, key := pemFiles(t, other.TLS.Certificates[0])
	for name, tc := range map[string]struct {
		config    *tls.Config
		cert, key string
	}{
		"the certificate is in files":         {nil, cert, key},
		"the certificate is in the TLSConfig": {&tls.Config{Certificates: other.TLS.Certificates}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			client := other.Client()
			client.Transport.(*http.Transport).ForceAttemptHTTP2 = true
			defer client.CloseIdleConnections()
			srv := &http.Server{TLSConfig: tc.config, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				fmt.Fprint(w, req.Proto)
			})}
			err = lifecycle.Run(func(ctx context.Context) error {
				lifecycle.Go(ctx, func(context.Context) error {
					defer lifecycle.Stop(ctx, nil)
					resp, err := client.Get("https://" + ln.Addr().String())
					if err != nil {
						return err
					}
					defer resp.Body.Close()
					if body, err := io.ReadAll(resp.Body); string(body) != "HTTP/2.0" {
						return fmt.Errorf("%q, %v", body, err)
					}
					client.CloseIdleConnections()
					return nil
				})
				return lifecycle.ServeTLS(ctx, srv, ln, tc.cert, tc.key)
			}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
			if err != nil {
				t.Error(err)
			}
		})
	}
}
