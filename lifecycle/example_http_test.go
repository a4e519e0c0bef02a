package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"

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
