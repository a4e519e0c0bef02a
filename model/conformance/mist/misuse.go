package mist

import (
	"context"
	"os"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

var noContext context.Context

type mainFunc = func(ctx context.Context) error

// misuses returns every argument that Run refuses.
func misuses() []conformance.Misuse {
	with := func(argument string, opt lifecycle.Option) conformance.Misuse {
		return conformance.Misuse{Argument: argument, Run: func(main mainFunc) error {
			return lifecycle.Run(main, opt)
		}}
	}
	return []conformance.Misuse{
		{Argument: "main", Run: func(mainFunc) error { return lifecycle.Run(nil) }},
		with("option 1", nil),
		with("WithDrainTimeout", lifecycle.WithDrainTimeout(0)),
		with("WithDrainTimeout", lifecycle.WithDrainTimeout(-time.Second)),
		with("WithShutdownTimeout", lifecycle.WithShutdownTimeout(0)),
		with("WithShutdownTimeout", lifecycle.WithShutdownTimeout(-time.Second)),
		with("WithDrainDelay", lifecycle.WithDrainDelay(-time.Nanosecond)),
		with("WithReturnGrace", lifecycle.WithReturnGrace(-time.Nanosecond)),
		with("WithContext", lifecycle.WithContext(noContext)),
		with("WithLogger", lifecycle.WithLogger(nil)),
		with("WithObserver", lifecycle.WithObserver(nil)),
		with("WithSignalSource", lifecycle.WithSignalSource(nil)),
		with("WithSignals", lifecycle.WithSignals(os.Interrupt, nil)),
	}
}
