package conformance_test

import (
	"context"
	"testing"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// This is the whole of what an outside implementer writes: how the library's
// functions fit behind an Implementation, and a test.
func Example() {
	implementation := conformance.Implementation{
		Name: "a lifecycle library",
		Run: func(main func(context.Context) error, drain, shutdown time.Duration) error {
			var opts []lifecycle.Option
			if drain != 0 {
				opts = append(opts, lifecycle.WithDrainTimeout(drain))
			}
			if shutdown != 0 {
				opts = append(opts, lifecycle.WithShutdownTimeout(shutdown))
			}
			return lifecycle.Run(main, opts...)
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
