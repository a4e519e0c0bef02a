package lifecycle_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// HTTP-3: net/http answers HTTP/1.0 that asks for it with keep-alive, after the stop too.
func TestHTTP10IsNotKeptAliveAfterTheStop(t *testing.T) {
	for name, tc := range map[string]struct {
		stop bool
		want string
	}{"before": {false, "0s closes: false"}, "after": {true, "1s closes: true"}} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				err := w.run(func(ctx context.Context) error {
					go func() {
						defer lifecycle.Stop(ctx, nil)
						conn, _ := ln.dial(ctx, "", "")
						defer conn.Close()
						fmt.Fprint(conn, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
						resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
						if err != nil {
							t.Error(err)
							return
						}
						w.note("closes: %t", resp.Close)
					}()
					return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
						if tc.stop {
							lifecycle.Stop(ctx, nil)
							sleep(1)
						}
						rw.Header().Set("Content-Length", "2")
						fmt.Fprint(rw, "ok")
					})}, ln)
				})
				if err != nil {
					t.Errorf("Run returned %v", err)
				}
				w.expect(tc.want)
			})
		})
	}
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
		w.expect("1s on shutdown", "3s 200 OK, close true, 0 bytes")
	})
}

// As under net/http alone, "OPTIONS *" is answered for the handler, unless the server
// says otherwise, and another request for "*" is the handler's.
func TestWhichRequestsForAStarReachTheHandler(t *testing.T) {
	for request, tc := range map[string]struct{ disabled, handled bool }{
		"OPTIONS *":      {false, false},
		"OPTIONS /":      {false, true},
		"GET *":          {false, true},
		"OPTIONS * HTTP": {true, true},
	} {
		inVirtualTime(t, func(w *world) {
			ln := newPipes()
			srv := &http.Server{
				DisableGeneralOptionsHandler: tc.disabled,
				Handler:                      http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusAccepted) }),
			}
			_ = w.run(func(ctx context.Context) error {
				go func() {
					defer lifecycle.Stop(ctx, nil)
					conn, from := ln.talk(ctx)
					defer conn.Close()
					fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\n\r\n", strings.TrimSuffix(request, " HTTP"))
					resp, err := http.ReadResponse(from, nil)
					if err != nil || (resp.StatusCode == http.StatusAccepted) != tc.handled {
						t.Errorf("%s is answered %v, %v; want the handler's answer: %v", request, resp, err, tc.handled)
					}
				}()
				return lifecycle.Serve(ctx, srv, ln)
			})
		})
	}
}
