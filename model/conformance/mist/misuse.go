package mist

import (
	"context"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

var noContext context.Context

// closedListener is a listener that was closed.
type closedListener struct{}

// The methods of net.Listener.
func (closedListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (closedListener) Close() error              { return nil }
func (closedListener) Addr() net.Addr            { return &net.TCPAddr{} }

type mainFunc = func(ctx context.Context) error

// misuses returns every argument that Run refuses.
func misuses() []conformance.Misuse {
	with := func(argument string, opt lifecycle.Option) conformance.Misuse {
		return conformance.Misuse{Argument: argument, Run: func(main mainFunc) error {
			return lifecycle.Run(main, opt)
		}}
	}
	within := func(argument string, call func(ctx context.Context) error) conformance.Misuse {
		return conformance.Misuse{Argument: argument, Within: call}
	}
	stop := func(context.Context) error { return nil }
	now := func() error { return nil }
	return []conformance.Misuse{
		{Argument: "main", Run: func(mainFunc) error { return lifecycle.Run(nil) }},
		with("option 1", nil),
		with("WithDrainTimeout", lifecycle.WithDrainTimeout(0)),
		with("WithDrainTimeout", lifecycle.WithDrainTimeout(-time.Second)),
		{Argument: "WithDrainTimeout", Run: func(main mainFunc) error {
			return lifecycle.Run(main, nil, lifecycle.WithDrainTimeout(0))
		}},
		with("WithShutdownTimeout", lifecycle.WithShutdownTimeout(0)),
		with("WithShutdownTimeout", lifecycle.WithShutdownTimeout(-time.Second)),
		with("WithDrainDelay", lifecycle.WithDrainDelay(-time.Nanosecond)),
		with("WithReturnGrace", lifecycle.WithReturnGrace(-time.Nanosecond)),
		with("WithContext", lifecycle.WithContext(noContext)),
		with("WithLogger", lifecycle.WithLogger(nil)),
		with("WithObserver", lifecycle.WithObserver(nil)),
		with("WithSignalSource", lifecycle.WithSignalSource(nil)),
		with("WithSignals", lifecycle.WithSignals(os.Interrupt, nil)),
		with("WithCleanError", lifecycle.WithCleanError(nil)),
		within("option", func(ctx context.Context) error {
			return lifecycle.Serve(ctx, &http.Server{}, closedListener{}, nil)
		}),
		within("option", func(ctx context.Context) error {
			return lifecycle.ListenAndServe(ctx, &http.Server{Addr: "127.0.0.1:0"}, lifecycle.UntilStopped(), nil)
		}),
		within("option", func(ctx context.Context) error {
			return lifecycle.ServeTLS(ctx, &http.Server{}, closedListener{}, "", "", nil)
		}),
		within("option", func(ctx context.Context) error {
			return lifecycle.ListenAndServeTLS(ctx, &http.Server{Addr: "127.0.0.1:0"}, "", "", nil)
		}),
		within("server", func(ctx context.Context) error { return lifecycle.ServeTLS(ctx, nil, closedListener{}, "", "") }),
		within("server", func(ctx context.Context) error { return lifecycle.ListenAndServeTLS(ctx, nil, "", "") }),
		within("listener", func(ctx context.Context) error { return lifecycle.ServeTLS(ctx, &http.Server{}, nil, "", "") }),
		within("serve", func(ctx context.Context) error { return lifecycle.ServeFunc(ctx, nil, stop, now) }),
		within("shutdown", func(ctx context.Context) error { return lifecycle.ServeFunc(ctx, now, nil, now) }),
	}
}
