package lifecycle_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// The server needs no hook: it stops with the service, after in-flight requests
// have been answered.
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

// TLS, and HTTP/2 with it, with a certificate from the server's TLSConfig.
func ExampleServeTLS() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	other := httptest.NewTLSServer(nil) // for its certificate, and a client that trusts it
	defer other.Close()
	client := other.Client()
	client.Transport.(*http.Transport).ForceAttemptHTTP2 = true

	err = lifecycle.Run(func(ctx context.Context) error {
		srv := &http.Server{
			TLSConfig: &tls.Config{Certificates: other.TLS.Certificates},
			Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				fmt.Fprint(w, req.Proto, ", TLS: ", req.TLS != nil)
			}),
		}
		lifecycle.Go(ctx, func(context.Context) error {
			defer lifecycle.Stop(ctx, nil)
			resp, err := client.Get("https://" + ln.Addr().String())
			if err != nil {
				return err
			}
			defer client.CloseIdleConnections()
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			fmt.Println(string(body))
			return err
		})
		return lifecycle.ServeTLS(ctx, srv, ln, "", "")
	})
	fmt.Println(err)
	// Output:
	// HTTP/2.0, TLS: true
	// <nil>
}

// One server on several listeners: each call of Serve returns when the server
// has stopped.
func ExampleServe_listeners() {
	var lns []net.Listener
	for range 2 { // such as one for the network and a Unix socket
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		lns = append(lns, ln)
	}
	err := lifecycle.Run(func(ctx context.Context) error {
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "answered") })}
		for _, ln := range lns {
			lifecycle.Go(ctx, func(ctx context.Context) error { return lifecycle.Serve(ctx, srv, ln) })
		}
		defer lifecycle.Stop(ctx, nil)
		for _, ln := range lns {
			resp, err := http.Get("http://" + ln.Addr().String())
			if err != nil {
				return err
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			fmt.Println(string(body))
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// answered
	// answered
	// <nil>
}

// Server-sent events end at the stop; without CancelOnStop they would hold it up
// until the drain timeout.
func ExampleCancelOnStop() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = lifecycle.Run(func(ctx context.Context) error {
		mux := http.NewServeMux()
		mux.Handle("/events", lifecycle.CancelOnStop(ctx, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			fmt.Fprint(w, "data: hello\n\n")
			lifecycle.Stop(ctx, nil) // as a SIGTERM in the middle of the stream would
			<-req.Context().Done()   // the client has disconnected, or the service is stopping
			fmt.Fprint(w, "data: goodbye\n\n")
		})))
		lifecycle.Go(ctx, func(context.Context) error {
			resp, err := http.Get("http://" + ln.Addr().String() + "/events")
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			fmt.Print(strings.ReplaceAll(string(body), "\n\n", "\n"))
			return err
		})
		return lifecycle.Serve(ctx, &http.Server{Handler: mux}, ln)
	})
	fmt.Println(err)
	// Output:
	// data: hello
	// data: goodbye
	// <nil>
}

// Metrics, probes and a status page on a separate port, which answers until the
// last hook has run.
func ExampleUntilStopped() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = lifecycle.Run(func(ctx context.Context) error {
		metrics := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			src, _ := fsm.FromContext(req.Context())
			fmt.Fprint(w, "state: ", src.State())
		})}
		go func() { _ = lifecycle.Serve(ctx, metrics, ln, lifecycle.UntilStopped()) }() // its failure requests a stop
		lifecycle.OnShutdown(ctx, func() error {
			resp, err := http.Get("http://" + ln.Addr().String())
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			fmt.Println(string(body))
			return err
		})
		return nil
	})
	fmt.Println(err)
	// Output:
	// state: hooks
	// <nil>
}

// A listen failure is returned immediately.
func ExampleListenAndServe() {
	err := lifecycle.Run(func(ctx context.Context) error {
		return lifecycle.ListenAndServe(ctx, &http.Server{Addr: "127.0.0.1:no-port"})
	})
	var op *net.OpError
	fmt.Println(errors.As(err, &op), op.Op)
	// Output: true listen
}

func ExampleListenAndServeTLS() {
	err := lifecycle.Run(func(ctx context.Context) error {
		srv := &http.Server{Addr: "127.0.0.1:0"}
		return lifecycle.ListenAndServeTLS(ctx, srv, "no-such-certificate.pem", "no-such-key.pem")
	})
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// Output: true
}

// Handler counts the requests of a server that is not run by Serve.
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
