package grpchealth_test

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // the client's side of the protocol
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/greynewell/mist-go/health/grpchealth"
	"github.com/greynewell/mist-go/lifecycle"
)

// dial connects to a real server on loopback, with the client's own health
// checking: it is Ready only while the server says SERVING.
func dial(t *testing.T, ln net.Listener) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(ln.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{
			"loadBalancingConfig": [{"round_robin": {}}],
			"healthCheckConfig": {"serviceName": "match.v1.Matcher"}
		}`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	conn.Connect()
	return conn
}

func waitFor(t *testing.T, conn *grpc.ClientConn, ready bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for state := conn.GetState(); (state == connectivity.Ready) != ready; state = conn.GetState() {
		if !conn.WaitForStateChange(ctx, state) {
			t.Fatalf("want a connection that is ready: %v; it is %v", ready, state)
		}
	}
}

// A service as it is meant to be written: the client sends it nothing before
// it is started nor after it is stopped, and those who watch do not keep
// GracefulStop, which has no timeout of its own.
func TestClientWatchesAServiceFromStartToEnd(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer()
	served := make(chan error, 1)
	err = lifecycle.Run(func(ctx context.Context) error {
		h := newHandler()
		h.Follow(ctx)
		healthpb.RegisterHealthServer(srv, grpchealth.New(ctx, h,
			grpchealth.WithServices("match.v1.Matcher"), grpchealth.WithInterval(time.Millisecond)))
		lifecycle.OnShutdown(ctx, func() error { srv.GracefulStop(); return nil })
		go func() { served <- srv.Serve(ln) }()

		conn, bystander := dial(t, ln), dial(t, ln)
		waitFor(t, conn, false)
		lifecycle.MarkStarted(ctx)
		waitFor(t, conn, true)
		waitFor(t, bystander, true)
		h.SetReady(false)
		waitFor(t, conn, false)
		h.SetReady(true)
		waitFor(t, conn, true)
		lifecycle.Stop(ctx, nil)
		waitFor(t, conn, false)
		return nil
	}, lifecycle.WithSignals(), lifecycle.WithManualStart())
	if err != nil {
		t.Errorf("want a clean end, got %v", err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
