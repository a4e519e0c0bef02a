package health_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/health"
)

// Any function without arguments that returns an error is a check, and so is a
// method such as (*sql.DB).Ping.
func ExampleCheckFunc() {
	var connected atomic.Bool
	var check health.CheckFunc = func() error {
		if !connected.Load() {
			return errors.New("no broker")
		}
		return nil
	}
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheck("broker", check)
	show(h.Readiness())
	connected.Store(true)
	show(h.Readiness())
	// Output:
	// 503 {"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"broker":"no broker"}}
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"broker":"ok"}}
}

// A check that exceeds its timeout has failed. A check that observes its context also
// ends then.
func ExampleTimeout() {
	h := health.New("matchspec", "1.4.0", noLog())
	release := make(chan struct{})
	h.AddCheckContext("search", func(context.Context) error {
		<-release
		return nil
	}, health.Timeout(10*time.Millisecond))
	show(h.Readiness())
	close(release)
	// Output:
	// 503 {"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"search":"timed out after 10ms"}}
}

// An expensive check is not run for every probe.
func ExampleCacheFor() {
	h := health.New("matchspec", "1.4.0")
	h.AddCheckContext("licence", func(context.Context) error {
		fmt.Println("ask the licence server")
		return nil
	}, health.CacheFor(time.Minute))
	for range 3 {
		response, ready := h.Check(context.Background())
		fmt.Println(ready, response.Checks["licence"])
	}
	// Output:
	// ask the licence server
	// true ok
	// true ok
	// true ok
}

// A check of something that the process doesn't need is listed, but does not affect
// readiness.
func ExampleOptional() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheckContext("search", func(context.Context) error { return errors.New("no route to host") }, health.Optional())
	show(h.Readiness())
	// Output:
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"search":"no route to host"}}
}

// A short failure is listed, but does not affect readiness.
func ExampleFailAfter() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheckContext("db", func(context.Context) error { return errors.New("connection reset") }, health.FailAfter(3))
	for range 3 {
		response, ready := h.Check(context.Background())
		fmt.Println(ready, response.Checks["db"])
	}
	// Output:
	// true connection reset
	// true connection reset
	// false connection reset
}

// If it is probed at least every 30 s, only the first probe waits for this check.
func ExampleRefreshAhead() {
	h := health.New("matchspec", "1.4.0")
	h.AddCheckContext("licence", func(context.Context) error { return nil },
		health.CacheFor(time.Minute), health.RefreshAhead())
	show(h.Readiness())
	// Output:
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"licence":"ok"}}
}

func ExampleGroup() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheckContext("search", func(context.Context) error { return errors.New("connection refused") }, health.Group("query"))
	show(h.ReadinessOf("ingest"))
	show(h.Readiness()) // every check
	// Output:
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s"}
	// 503 {"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"search":"connection refused"}}
}

func ExampleWithCheckTimeout() {
	h := health.New("matchspec", "1.4.0", noLog(), health.WithCheckTimeout(20*time.Millisecond))
	release := make(chan struct{})
	h.AddCheck("db", func() error { <-release; return nil })
	show(h.Readiness())
	close(release)
	// Output:
	// 503 {"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"db":"timed out after 20ms"}}
}

func ExampleHandler_Gate() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheck("db", func() error { return errors.New("connection refused") })
	_, open := h.Gate(context.Background())
	_, ready := h.Check(context.Background())
	fmt.Println(open, ready)
	// Output:
	// true false
}

func ExampleHandler_CheckEach() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheckContext("db", func(context.Context) error { return errors.New("refused") }, health.FailAfter(2))
	h.AddCheckContext("cache", func(context.Context) error { return errors.New("cold") }, health.Optional())
	r, failing, ready := h.CheckEach(context.Background())
	fmt.Println(r.Checks, failing, ready)
	// Output:
	// map[cache:cold db:refused] map[cache:true] true
}

func ExampleWithoutDetails() {
	h := health.New("matchspec", "1.4.0", noLog(), health.WithoutDetails())
	h.AddCheck("db", func() error { return errors.New("dial tcp 10.0.0.7:5432: connection refused") })
	show(h.Readiness())
	// Output:
	// 503 {"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"db":"failed"}}
}

func ExampleWithLogger() {
	log := slog.New(slog.NewTextHandler(exampleWriter{}, nil))
	h := health.New("matchspec", "1.4.0", health.WithLogger(log), health.WithCheckTimeout(-1))
	_ = h
	// Output:
	// level=ERROR msg="health: New: WithCheckTimeout(-1ns) is not positive; the timeout stays 3s"
}

// exampleWriter prints the parts of a record that do not vary.
type exampleWriter struct{}

func (exampleWriter) Write(b []byte) (int, error) {
	fmt.Println(regexp.MustCompile(`level=.*"`).FindString(string(b)))
	return len(b), nil
}
