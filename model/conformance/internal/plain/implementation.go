package plain

import (
	"context"
	"errors"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
)

// Implementation presents this package to the suite.
func Implementation() conformance.Implementation {
	return conformance.Implementation{
		Name: "plain",
		Run: func(main func(ctx context.Context) error, drain, shutdown time.Duration) error {
			var opts []Option
			if drain > 0 {
				opts = append(opts, WithDrainTimeout(drain))
			}
			if shutdown > 0 {
				opts = append(opts, WithShutdownTimeout(shutdown))
			}
			return Run(main, opts...)
		},
		OnShutdown: OnShutdown,
		DrainGroup: DrainGroup,
		Is:         is,
		Health: func(tool, version string) conformance.HealthFuncs {
			h := New(tool, version)
			return conformance.HealthFuncs{
				AddCheck:  h.AddCheck,
				SetReady:  h.SetReady,
				Liveness:  h.Liveness(),
				Readiness: h.Readiness(),
			}
		},
	}
}

// is tells the kinds of error apart. There is no Forced: a second SIGINT is
// not offered.
func is(err error, kind model.Kind) bool {
	switch kind {
	case model.DrainTimeout:
		return errors.Is(err, ErrDrainTimeout)
	case model.ShutdownTimeout:
		return errors.Is(err, ErrShutdownTimeout)
	case model.MainRunning:
		return errors.Is(err, ErrMainRunning)
	case model.Goexit:
		return errors.Is(err, ErrGoexit)
	case model.Panic:
		var p *PanicError
		return errors.As(err, &p)
	}
	return false
}
