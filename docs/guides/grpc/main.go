// Command grpc is a gRPC service that stops well: calls that were accepted are
// answered, streams end at the stop, and the store is closed after all of them.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	pb "google.golang.org/grpc/interop/grpc_testing" // stands for your own
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	addr := flag.String("addr", ":9090", "address to serve on")
	drain := flag.Duration("drain-timeout", 15*time.Second, "how long calls under way are waited for")
	flag.Parse()

	err := lifecycle.Run(func(ctx context.Context) error { return run(ctx, *addr) },
		lifecycle.WithDrainTimeout(*drain),
		// What Serve returns when the stop comes before it has begun.
		lifecycle.WithCleanError(func(err error) bool { return errors.Is(err, grpc.ErrServerStopped) }))
	if err != nil {
		slog.Error("messages failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string) error {
	db := &store{}
	lifecycle.OnShutdown(ctx, db.Close) // runs when the server has stopped

	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	h := health.New("messages", "1.4.2")
	h.Follow(ctx)

	gs := grpc.NewServer(grpc.WaitForHandlers(true)) // Stop waits for the handlers that it cuts
	healthpb.RegisterHealthServer(gs, grpchealth.New(ctx, h, grpchealth.WithServices("grpc.testing.TestService")))
	pb.RegisterTestServiceServer(gs, &server{db: db, stopping: ctx.Done()})

	return lifecycle.ServeFunc(ctx,
		func() error { return gs.Serve(ln) },
		func(context.Context) error { gs.GracefulStop(); return nil }, // at the stop
		func() error { gs.Stop(); return nil })                        // if the drain timeout runs out
}

type server struct {
	pb.UnimplementedTestServiceServer
	db       *store
	stopping <-chan struct{} // closed at the stop
}

// UnaryCall needs nothing: GracefulStop waits for it, and ctx, which is the
// call's own, stays live until the call is answered.
func (s *server) UnaryCall(ctx context.Context, req *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	if err := s.db.Put(ctx, req.GetPayload().GetBody()); err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	return &pb.SimpleResponse{Payload: req.GetPayload()}, nil
}

// StreamingOutputCall sends for as long as the client listens. It looks at
// stopping too; else it would hold GracefulStop until the drain timeout.
func (s *server) StreamingOutputCall(_ *pb.StreamingOutputCallRequest, stream pb.TestService_StreamingOutputCallServer) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-s.stopping:
			return status.Error(codes.Unavailable, "server is stopping") // the client tries another one
		}
		if err := stream.Send(&pb.StreamingOutputCallResponse{}); err != nil {
			return err
		}
	}
}

// store stands for your database.
type store struct {
	puts   atomic.Int64
	closed atomic.Bool
}

// Put takes a second, as a slow database might.
func (s *store) Put(ctx context.Context, message []byte) error {
	slog.Info("storing", "message", string(message))
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		slog.Info("given up", "message", string(message))
		return context.Cause(ctx)
	}
	if s.closed.Load() {
		return errors.New("store is closed")
	}
	s.puts.Add(1)
	slog.Info("stored", "message", string(message))
	return nil
}

func (s *store) Close() error {
	s.closed.Store(true)
	slog.Info("store closed", "messages", s.puts.Load())
	return nil
}
