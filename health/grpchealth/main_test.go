package grpchealth_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/test/bufconn"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	serving    = healthpb.HealthCheckResponse_SERVING
	notServing = healthpb.HealthCheckResponse_NOT_SERVING
	unknown    = healthpb.HealthCheckResponse_SERVICE_UNKNOWN
)

// service is a lifecycle that the test drives, a handler that follows it, and
// a gRPC server and client in memory.
type service struct {
	t       *testing.T
	machine *fsm.Machine
	cancel  context.CancelFunc // as Run cancels the context of main
	health  *health.Handler
	server  *grpchealth.Server
	grpc    *grpc.Server
	client  healthpb.HealthClient
}

func newService(t *testing.T, opts ...grpchealth.Option) *service {
	t.Helper()
	s := &service{t: t, machine: fsm.New(), health: newHandler()}
	ctx, cancel := context.WithCancel(fsm.NewContext(context.Background(), s.machine))
	t.Cleanup(cancel)
	s.cancel = cancel
	s.health.Follow(ctx)
	s.server = grpchealth.New(ctx, s.health, opts...)
	s.grpc, s.client = serve(t, s.server)
	return s
}

// serve makes a real server and a real client that are connected in memory,
// which virtual time can see through.
func serve(t *testing.T, server healthpb.HealthServer) (*grpc.Server, healthpb.HealthClient) {
	t.Helper()
	ln := bufconn.Listen(1 << 16)
	srv := grpc.NewServer()
	healthpb.RegisterHealthServer(srv, server)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	conn, err := grpc.NewClient("passthrough:///memory",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return ln.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		srv.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return srv, healthpb.NewHealthClient(conn)
}

func newHandler() *health.Handler {
	return health.New("matchspec", "1.4.0", health.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
}

func (s *service) fire(events ...fsm.Event) {
	s.t.Helper()
	for _, e := range events {
		if _, err := s.machine.Fire(e); err != nil {
			s.t.Fatal(err)
		}
	}
}

// expect asks for the status of the server as a whole.
func (s *service) expect(want healthpb.HealthCheckResponse_ServingStatus) {
	s.t.Helper()
	r, err := s.client.Check(s.t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil || r.GetStatus() != want {
		s.t.Errorf("Check: want %v, got %v, %v", want, r.GetStatus(), err)
	}
}

// watching is a Watch and the messages it has received.
type watching struct {
	t        *testing.T
	start    time.Time
	cancel   context.CancelFunc
	received chan message
}

// message is one status, or the end of the stream.
type message struct {
	status healthpb.HealthCheckResponse_ServingStatus
	err    error
	after  time.Duration // since the Watch began
}

func watch(t *testing.T, client healthpb.HealthClient, service string) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{t: t, start: time.Now(), cancel: cancel, received: make(chan message, 10_000)}
	stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{Service: service})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.received)
		for {
			r, err := stream.Recv()
			w.received <- message{r.GetStatus(), err, time.Since(w.start)}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		for range w.received { // until the stream has ended
		}
	})
	return w
}
