package statusz_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/statusz"
)

// The status page is on a separate server, which answers until the process ends,
// whatever the service itself is doing.
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

// With Accept: application/json the answer is JSON, for programs.
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

// WithHealth also shows the health checks, with the result of their last run.
func ExampleWithHealth() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		checks := health.New("orders", "1.4.0")
		checks.AddCheck("database", func() error { return errors.New("connection refused") })
		checks.Check(ctx) // as a readiness probe does

		request := httptest.NewRequest(http.MethodGet, "/statusz", nil)
		request.Header.Set("Accept", "application/json")
		answer := httptest.NewRecorder()
		statusz.Handler(ctx, statusz.WithHealth(checks)).ServeHTTP(answer, request)

		var status struct {
			Checks []struct{ Name, State, Text string }
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &status); err != nil {
			return err
		}
		for _, check := range status.Checks {
			fmt.Printf("%s: %s: %s\n", check.Name, check.State, check.Text)
		}
		return nil
	})
	// Output: database: failing: connection refused
}
