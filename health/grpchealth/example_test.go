package grpchealth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
	"github.com/greynewell/mist-go/lifecycle"
)

// The health of a gRPC service follows its lifecycle. The client asks as a load balancer
// would.
func Example() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = lifecycle.Run(func(ctx context.Context) error {
		h := health.New("matchspec", "1.4.0")
		h.Follow(ctx)

		srv := grpc.NewServer()
		healthpb.RegisterHealthServer(srv, grpchealth.New(ctx, h,
			grpchealth.WithServices("match.v1.Matcher"),
			grpchealth.WithInterval(500*time.Millisecond)))
		lifecycle.Go(ctx, func(context.Context) error {
			ask(ln.Addr().String(), "match.v1.Matcher")
			lifecycle.Stop(ctx, nil)
			ask(ln.Addr().String(), "match.v1.Matcher")
			ask(ln.Addr().String(), "match.v1.Other")
			return nil
		})
		return lifecycle.ServeFunc(ctx, func() error { return srv.Serve(ln) },
			func(context.Context) error { srv.GracefulStop(); return nil },
			func() error { srv.Stop(); return nil })
	}, lifecycle.WithSignals(), lifecycle.WithDrainDelay(time.Second)) // balancers ask for a while
	fmt.Println(err)
	// Output:
	// SERVING
	// NOT_SERVING
	// rpc error: code = NotFound desc = unknown service "match.v1.Other"
	// <nil>
}

// One server answers for several services, each with the checks that it needs.
func ExampleWithService() {
	h := health.New("matchspec", "1.4.0", health.WithLogger(slog.New(slog.DiscardHandler)))
	h.AddCheckContext("search", func(context.Context) error { return errors.New("connection refused") }, health.Group("query"))
	srv := grpchealth.New(context.Background(), h,
		grpchealth.WithService("match.v1.Query", "query"),
		grpchealth.WithService("match.v1.Ingest", "ingest"))
	for _, service := range []string{"match.v1.Query", "match.v1.Ingest"} {
		r, err := srv.Check(context.Background(), &healthpb.HealthCheckRequest{Service: service})
		fmt.Println(service, r.GetStatus(), err)
	}
	// Output:
	// match.v1.Query NOT_SERVING <nil>
	// match.v1.Ingest SERVING <nil>
}

func ask(address, service string) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	r, err := healthpb.NewHealthClient(conn).Check(context.Background(), &healthpb.HealthCheckRequest{Service: service})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.GetStatus())
}
