//go:build unix

package main

import (
	"context"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestACallIsAnsweredAndStreamsEndBeforeTheStoreIsClosed(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"})
	conn := dial(t, addr[0])
	stream, err := pb.NewTestServiceClient(conn).StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	watch, err := healthpb.NewHealthClient(conn).Watch(t.Context(), &healthpb.HealthCheckRequest{Service: "grpc.testing.TestService"})
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, watch, healthpb.HealthCheckResponse_SERVING)
	answer := call(conn, "apples")
	p.AwaitLog("storing message=apples")

	p.Signal(syscall.SIGTERM)
	wantStatus(t, watch, healthpb.HealthCheckResponse_NOT_SERVING)
	wantEnd(t, func() error { _, err := watch.Recv(); return err })
	wantEnd(t, func() error { _, err := stream.Recv(); return err })
	if err := <-answer; err != nil {
		t.Errorf("the call is not answered: %v", err)
	}
	guidetest.WantExit(t, p, 0)
	guidetest.WantInOrder(t, p, "stored message=apples", "store closed messages=1")
	guidetest.WantQuotedLog(t, p, "../grpc.md", 0)
}

func TestACallThatOutlastsTheDrainTimeoutIsCutAndItsHandlerAwaited(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"}, "-drain-timeout", "100ms")
	answer := call(dial(t, addr[0]), "apples")
	p.AwaitLog("storing message=apples")
	p.Signal(syscall.SIGTERM)
	if err := <-answer; status.Code(err) != codes.Unavailable {
		t.Errorf("the call ends with %v", err)
	}
	guidetest.WantExit(t, p, 1)
	guidetest.WantInOrder(t, p, "storing message=apples", "given up message=apples", "store closed messages=0", "messages failed")
	guidetest.WantQuotedLog(t, p, "../grpc.md", 1)
}

func dial(t *testing.T, addr string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// call makes a unary call; its error comes on the channel.
func call(conn *grpc.ClientConn, message string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := pb.NewTestServiceClient(conn).UnaryCall(context.Background(),
			&pb.SimpleRequest{Payload: &pb.Payload{Body: []byte(message)}})
		done <- err
	}()
	return done
}

func wantStatus(t *testing.T, watch healthpb.Health_WatchClient, want healthpb.HealthCheckResponse_ServingStatus) {
	t.Helper()
	if got, err := watch.Recv(); err != nil || got.GetStatus() != want {
		t.Fatalf("the health is %v, %v; want %v", got.GetStatus(), err, want)
	}
}

// wantEnd receives until the stream ends, which should be with UNAVAILABLE.
func wantEnd(t *testing.T, recv func() error) {
	t.Helper()
	for {
		if err := recv(); err != nil {
			if status.Code(err) != codes.Unavailable {
				t.Errorf("the stream ends with %v", err)
			}
			return
		}
	}
}
