package statusz_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/statusz"
)

// A service shows its lifecycle on a server of its own, which answers until
// the process ends, whatever the service itself is doing.
func Example() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdownContext(ctx, func(context.Context) error { return nil }, lifecycle.HookName("database"))

		mux := http.NewServeMux()
		mux.Handle("/statusz", statusz.Handler(ctx))
		debug := httptest.NewServer(mux) // in a real one: go http.ListenAndServe("localhost:6060", mux)
		defer debug.Close()

		page, err := http.Get(debug.URL + "/statusz")
		if err != nil {
			return err
		}
		defer page.Body.Close()
		_, _ = io.Copy(io.Discard, page.Body)
		fmt.Println(page.StatusCode, page.Header.Get("Content-Type"))
		return nil
	})
	// Output: 200 text/html; charset=utf-8
}

// Asked for it, the handler answers with JSON, for programs.
func ExampleHandler() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		request := httptest.NewRequest(http.MethodGet, "/statusz", nil)
		request.Header.Set("Accept", "application/json")
		answer := httptest.NewRecorder()
		statusz.Handler(ctx).ServeHTTP(answer, request)
		fmt.Println(answer.Code, answer.Body.String()[:18])
		return nil
	})
	// Output: 200 {"state":"running"
}
