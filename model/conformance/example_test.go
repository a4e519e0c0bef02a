package conformance_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// An adapter from a library to an Implementation, and a test, are all that an
// implementer writes.
func Example() {
	implementation := conformance.Implementation{
		Name: "a lifecycle library",
		Run: func(main func(context.Context) error, drain, shutdown time.Duration) error {
			return lifecycle.Run(main, lifecycle.WithDrainTimeout(drain), lifecycle.WithShutdownTimeout(shutdown))
		},
		OnShutdown: lifecycle.OnShutdown,
		DrainGroup: lifecycle.DrainGroup,
		Health: func(tool, version string) conformance.HealthFuncs {
			h := health.New(tool, version)
			add := func(name string, check func() error) { h.AddCheck(name, check) }
			return conformance.HealthFuncs{AddCheck: add, SetReady: h.SetReady, Liveness: h.Liveness(), Readiness: h.Readiness()}
		},
	}
	_ = func(t *testing.T) { conformance.Test(t, implementation) }
}

// The suite starts the test binary again for each examination, so TestMain runs in
// each of these child processes too. Two processes cannot listen on one port, and the
// children do not need the server: only the first process starts it.
func ExampleChild() {
	testMain := func(m *testing.M) {
		if !conformance.Child() {
			srv := &http.Server{Addr: "127.0.0.1:8080"}
			go func() { _ = srv.ListenAndServe() }()
			defer srv.Close()
		}
		m.Run()
	}
	_ = testMain
}
