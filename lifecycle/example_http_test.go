package lifecycle_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/greynewell/mist-go/lifecycle"
)

// A server that needs no hook: it stops with the service, and answers what it
// has begun to answer.
func ExampleServe() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = lifecycle.Run(func(ctx context.Context) error {
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			lifecycle.Stop(ctx, nil) // as a SIGTERM in the middle of a request would
			fmt.Fprint(w, "answered, ", req.Context().Err())
		})}
		lifecycle.Go(ctx, func(context.Context) error {
			resp, err := http.Get("http://" + ln.Addr().String())
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			fmt.Println(string(body), resp.Close)
			return err
		})
		return lifecycle.Serve(ctx, srv, ln)
	})
	fmt.Println(err)
	// Output:
	// answered, <nil> true
	// <nil>
}

// TLS, and HTTP/2 with it, is the listener's business.
func ExampleServe_tls() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	other := httptest.NewTLSServer(nil) // for its certificate, and a client that trusts it
	defer other.Close()
	cfg := &tls.Config{Certificates: other.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}}
	client := other.Client()
	client.Transport.(*http.Transport).ForceAttemptHTTP2 = true

	err = lifecycle.Run(func(ctx context.Context) error {
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			fmt.Fprint(w, req.Proto, ", TLS: ", req.TLS != nil)
		})}
		lifecycle.Go(ctx, func(context.Context) error {
			defer lifecycle.Stop(ctx, nil)
			resp, err := client.Get("https://" + ln.Addr().String())
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			fmt.Println(string(body))
			return err
		})
		return lifecycle.Serve(ctx, srv, tls.NewListener(ln, cfg))
	})
	fmt.Println(err)
	// Output:
	// HTTP/2.0, TLS: true
	// <nil>
}

// A handler that goes on for as long as its client does waits for main's context
// too, because the request's stays live while Draining.
func ExampleServe_events() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = lifecycle.Run(func(ctx context.Context) error {
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			fmt.Fprint(w, "data: hello\n\n")
			lifecycle.Stop(ctx, nil) // as a SIGTERM in the middle of the stream would
			select {
			case <-req.Context().Done(): // the client went away
			case <-ctx.Done(): // the service should stop
				fmt.Fprint(w, "data: goodbye\n\n")
			}
		})}
		lifecycle.Go(ctx, func(context.Context) error {
			resp, err := http.Get("http://" + ln.Addr().String())
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			fmt.Print(strings.ReplaceAll(string(body), "\n\n", "\n"))
			return err
		})
		return lifecycle.Serve(ctx, srv, ln)
	})
	fmt.Println(err)
	// Output:
	// data: hello
	// data: goodbye
	// <nil>
}

// A port that cannot be had is an error at once.
func ExampleListenAndServe() {
	err := lifecycle.Run(func(ctx context.Context) error {
		return lifecycle.ListenAndServe(ctx, &http.Server{Addr: "127.0.0.1:no-port"})
	})
	var op *net.OpError
	fmt.Println(errors.As(err, &op), op.Op)
	// Output: true listen
}

// A server that is run in another way has its requests counted.
func ExampleHandler() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("every request is answered"); return nil })
		handler := lifecycle.Handler(ctx, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}))
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
		fmt.Println(rec.Code)
		return nil
	})
	// Output:
	// 204
	// every request is answered
}
