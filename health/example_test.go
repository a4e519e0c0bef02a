package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

// show prints the answer to a GET, with a constant uptime.
func show(h http.Handler) {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(rec.Code, regexp.MustCompile(`"uptime":"[^"]*"`).ReplaceAllString(rec.Body.String(), `"uptime":"5s"`))
}

// noLog discards the log, so that the output is only what the example prints.
func noLog() health.Option { return health.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))) }

func Example() {
	h := health.New("matchspec", "1.4.0")
	h.AddCheck("db", func() error { return nil })

	mux := http.NewServeMux()
	mux.Handle("/healthz", h.Liveness())
	mux.HandleFunc("/readyz", h.Readiness())

	show(h.Liveness())
	show(h.Readiness())
	// Output:
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s"}
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"db":"ok"}}
}

// The tool and its version are in every answer.
func ExampleNew() {
	h := health.New("matchspec", "1.4.0")
	rec := httptest.NewRecorder()
	h.Liveness()(rec, httptest.NewRequest(http.MethodPost, "/healthz", nil)) // not a probe's method
	var body health.Response
	fmt.Println(json.Unmarshal(rec.Body.Bytes(), &body), rec.Code, body.Tool, body.Version)
	// Output: <nil> 405 matchspec 1.4.0
}

// A failing check does not affect liveness.
func ExampleHandler_Liveness() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheck("db", func() error { return errors.New("connection refused") })
	h.SetReady(false)
	show(h.Liveness())
	// Output:
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s"}
}

// A failing check makes the process not ready.
func ExampleHandler_Readiness() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheck("db", func() error { return errors.New("connection refused") })
	show(h.Readiness())
	// Output:
	// 503 {"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"db":"connection refused"}}
}

func ExampleHandler_AddCheck() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheck("db", func() error { return errors.New("connection refused") })
	h.AddCheck("disk", func() error { return nil })
	show(h.Readiness())
	h.AddCheck("db", func() error { return nil }) // replaces it
	show(h.Readiness())
	// Output:
	// 503 {"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"db":"connection refused","disk":"ok"}}
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"db":"ok","disk":"ok"}}
}

func ExampleHandler_AddCheckContext() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheckContext("cache",
		func(ctx context.Context) error { return errors.New("cold") },
		health.Timeout(time.Second), // instead of the handler's 3 s
		health.CacheFor(5*time.Second),
		health.Optional(), // listed, but the process stays ready
	)
	show(h.Readiness())
	// Output:
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"cache":"cold"}}
}

func ExampleHandler_RemoveCheck() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheck("import", func() error { return errors.New("not finished") })
	h.RemoveCheck("import")
	show(h.Readiness())
	// Output:
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s"}
}

func ExampleHandler_SetReady() {
	h := health.New("matchspec", "1.4.0")
	h.SetReady(false)
	show(h.Readiness())
	h.SetReady(true)
	show(h.Readiness())
	// Output:
	// 503 {"status":"not_ready","tool":"matchspec","version":"1.4.0","uptime":"5s"}
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s"}
}

// In a service, pass main's context from lifecycle.Run. Here a machine is driven
// directly.
func ExampleHandler_Follow() {
	machine := fsm.New()
	ctx := fsm.NewContext(context.Background(), machine)

	h := health.New("matchspec", "1.4.0")
	h.Follow(ctx)
	show(h.Readiness())
	machine.Fire(fsm.Started)
	show(h.Readiness())
	machine.Fire(fsm.StopRequested)
	show(h.Readiness())
	// Output:
	// 503 {"status":"not_ready","state":"starting","tool":"matchspec","version":"1.4.0","uptime":"5s"}
	// 200 {"status":"ok","state":"running","tool":"matchspec","version":"1.4.0","uptime":"5s"}
	// 503 {"status":"not_ready","state":"draining","tool":"matchspec","version":"1.4.0","uptime":"5s"}
}

func ExampleHandler_Startup() {
	machine := fsm.New()
	h := health.New("matchspec", "1.4.0")
	h.Follow(fsm.NewContext(context.Background(), machine))
	show(h.Startup())
	machine.Fire(fsm.Started)
	machine.Fire(fsm.StopRequested)
	show(h.Startup())
	// Output:
	// 503 {"status":"not_ready","state":"starting","tool":"matchspec","version":"1.4.0","uptime":"5s"}
	// 200 {"status":"ok","state":"draining","tool":"matchspec","version":"1.4.0","uptime":"5s"}
}

func ExampleHandler_Check() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheck("db", func() error { return errors.New("connection refused") })
	response, ready := h.Check(context.Background())
	fmt.Println(ready, response.Status, response.Checks["db"])
	// Output:
	// false degraded connection refused
}

// Only the part of the service that needs the dependency becomes not ready.
func ExampleHandler_ReadinessOf() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheckContext("search", func(context.Context) error { return errors.New("connection refused") }, health.Group("query"))
	h.AddCheckContext("store", func(context.Context) error { return nil }, health.Group("query", "ingest"))
	h.AddCheck("disk", func() error { return nil })
	show(h.ReadinessOf("query"))
	show(h.ReadinessOf("ingest"))
	// Output:
	// 503 {"status":"degraded","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"disk":"ok","search":"connection refused","store":"ok"}}
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s","checks":{"disk":"ok","store":"ok"}}
}

func ExampleHandler_CheckOf() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheckContext("search", func(context.Context) error { return errors.New("connection refused") }, health.Group("query"))
	for _, group := range []string{"query", "ingest"} {
		response, ready := h.CheckOf(context.Background(), group)
		fmt.Println(group, ready, response.Checks)
	}
	// Output:
	// query false map[search:connection refused]
	// ingest true map[]
}

func ExampleHandler_SetNotReady() {
	h := health.New("matchspec", "1.4.0")
	h.SetNotReady("rebuilding the index")
	show(h.Readiness())
	h.SetReady(true)
	show(h.Readiness())
	// Output:
	// 503 {"status":"not_ready","reason":"rebuilding the index","tool":"matchspec","version":"1.4.0","uptime":"5s"}
	// 200 {"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"5s"}
}

func ExampleHandler_Checks() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheck("db", func() error { return errors.New("connection refused") })
	h.AddCheckContext("cache", func(context.Context) error { return errors.New("cold") }, health.Optional(), health.FailAfter(3))
	h.Check(context.Background())
	for _, c := range h.Checks() {
		fmt.Printf("%s: %s; failing %v, optional %v\n", c.Name, c.Text, c.Failing, c.Optional)
	}
	// Output:
	// cache: cold; failing false, optional true
	// db: connection refused; failing true, optional false
}

// A bridge to another protocol pushes the answer when it may have changed.
func ExampleHandler_Changed() {
	h := health.New("matchspec", "1.4.0")
	go h.SetNotReady("maintenance")
	for {
		set, state := h.Changed(context.Background())
		if _, ready := h.Check(context.Background()); !ready {
			fmt.Println("not ready")
			return
		}
		select {
		case <-set:
		case <-state:
		}
	}
	// Output: not ready
}

// An observer can raise an alert without being polled.
func ExampleWithObserver() {
	heard := make(chan health.Change, 1)
	h := health.New("matchspec", "1.4.0", noLog(), health.WithObserver(func(c health.Change) { heard <- c }))
	result := errors.New("connection refused")
	h.AddCheck("db", func() error { return result })
	h.Check(context.Background())
	fmt.Println((<-heard).Err)
	result = nil
	h.Check(context.Background())
	fmt.Println((<-heard).Err)
	// Output:
	// connection refused
	// <nil>
}

// Clients can decode the answer and find the failed check.
func ExampleResponse() {
	h := health.New("matchspec", "1.4.0", noLog())
	h.AddCheck("db", func() error { return errors.New("connection refused") })
	h.AddCheck("disk", func() error { return nil })
	probe := httptest.NewRecorder()
	h.Readiness()(probe, httptest.NewRequest(http.MethodGet, "/readyz", nil))

	var body health.Response
	if err := json.NewDecoder(probe.Body).Decode(&body); err != nil {
		fmt.Println(err)
	}
	for name, result := range body.Checks {
		if result != "ok" {
			fmt.Println(body.Tool, "is", body.Status, "because of", name+":", result)
		}
	}
	// Output: matchspec is degraded because of db: connection refused
}
