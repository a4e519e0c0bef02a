package grpchealth_test

import (
	"context"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
	"github.com/greynewell/mist-go/lifecycle"
)

// A gRPC server stops with the service: it accepts no more calls, answers those that
// were accepted, and gives open streams until the drain timeout. It needs no hook; hooks
// run after it has stopped.
func Example_serve() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("the store is closed"); return nil })

		h := health.New("matchspec", "1.4.0")
		h.Follow(ctx)
		srv := grpc.NewServer(grpc.WaitForHandlers(true)) // Stop waits for handlers that it cuts
		healthpb.RegisterHealthServer(srv, grpchealth.New(ctx, h))

		go func() {
			ask(ln.Addr().String(), "")
			lifecycle.Stop(ctx, nil) // as SIGTERM would
		}()
		return lifecycle.ServeFunc(ctx,
			func() error { return srv.Serve(ln) },
			func(ctx context.Context) error {
				stopped := make(chan struct{})
				go func() { defer close(stopped); srv.GracefulStop() }()
				select {
				case <-stopped:
					return nil
				case <-ctx.Done(): // Draining is over: Stop is called
					return context.Cause(ctx)
				}
			},
			func() error { srv.Stop(); return nil })
	}, lifecycle.WithSignals(),
		// Serve returns this error if the stop comes before it is called.
		lifecycle.WithCleanError(func(err error) bool { return errors.Is(err, grpc.ErrServerStopped) }))
	fmt.Println(err)
	// Output:
	// SERVING
	// the store is closed
	// <nil>
}
