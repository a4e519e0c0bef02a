package grpchealth_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/lifecycle"
)

// serveGRPC is how a gRPC server is served: the example has it too.
func serveGRPC(ctx context.Context, srv *grpc.Server, ln net.Listener) error {
	return lifecycle.ServeFunc(ctx,
		func() error { return srv.Serve(ln) },
		func(ctx context.Context) error {
			stopped := make(chan struct{})
			go func() { defer close(stopped); srv.GracefulStop() }()
			select {
			case <-stopped:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		},
		func() error { srv.Stop(); return nil })
}

// calls is a service whose calls take as long as the client says, and write to
// a store. Its messages are those of the health protocol, which saves a
// generator: the name of a service is "id duration", and Watch sends a message
// every tenth of that; "id forever" never ends by itself.
type calls struct {
	healthpb.UnimplementedHealthServer
	accepted sync.Map      // ids of calls whose handler was entered
	unary    chan struct{} // gets one for each that is accepted, if it is not nil
	handlers sync.WaitGroup
	closed   atomic.Bool
	late     atomic.Int32 // writes to the store after it was closed
}

func (c *calls) accept(request string) (id string, takes time.Duration) {
	id, text, _ := strings.Cut(request, " ")
	c.accepted.Store(id, true)
	takes, err := time.ParseDuration(text)
	if err != nil {
		takes = -1
	}
	return id, takes
}

func (c *calls) write() {
	if c.closed.Load() {
		c.late.Add(1)
	}
}

func (c *calls) Check(_ context.Context, r *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	c.handlers.Add(1)
	defer c.handlers.Done()
	_, takes := c.accept(r.GetService())
	if c.unary != nil {
		c.unary <- struct{}{}
	}
	time.Sleep(takes)
	c.write()
	return &healthpb.HealthCheckResponse{Status: serving}, nil
}

func (c *calls) Watch(r *healthpb.HealthCheckRequest, stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	c.handlers.Add(1)
	defer c.handlers.Done()
	_, takes := c.accept(r.GetService())
	pause := takes / 10
	if takes < 0 {
		pause = time.Second
	}
	for n := 0; takes < 0 || n < 10; n++ {
		c.write()
		if err := stream.Send(&healthpb.HealthCheckResponse{Status: serving}); err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-stream.Context().Done():
			for range 10_000 { // it is cut, and still has something to put away
				runtime.Gosched() // no Sleep: Stop holds a mutex until it is back, which stops virtual time
			}
			c.write()
			return stream.Context().Err()
		}
	}
	c.write()
	return nil
}

// load is clients that call until they are refused, and what became of it.
type load struct {
	*testing.T
	calls  *calls
	client healthpb.HealthClient
	sent   atomic.Int64
	refuse atomic.Bool // no more calls are begun

	mu      sync.Mutex
	outcome map[string]error // of each call by its id; nil: answered in full
}

// unary makes one call, and returns whether another one may be made.
func (l *load) unary(ctx context.Context, takes time.Duration) bool {
	id := fmt.Sprint("unary-", l.sent.Add(1))
	_, err := l.client.Check(ctx, &healthpb.HealthCheckRequest{Service: id + " " + takes.String()})
	l.ended(id, err)
	return err == nil && !l.refuse.Load()
}

// stream reads one to its end. takes < 0: it has none.
func (l *load) stream(ctx context.Context, takes time.Duration) bool {
	id, text := fmt.Sprint("stream-", l.sent.Add(1)), takes.String()
	if takes < 0 {
		id, text = strings.Replace(id, "stream", "endless", 1), "forever"
	}
	stream, err := l.client.Watch(ctx, &healthpb.HealthCheckRequest{Service: id + " " + text})
	n := 0
	for err == nil {
		if _, err = stream.Recv(); err == nil {
			n++
		}
	}
	if err == io.EOF {
		if err = nil; n != 10 {
			err = fmt.Errorf("%d messages of 10", n)
		}
	}
	l.ended(id, err)
	return err == nil && !l.refuse.Load()
}

func (l *load) ended(id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcome[id] = err
}

// check demands that every call that was accepted was answered in full, but for
// the endless ones. It returns how many of each kind there were.
func (l *load) check() (answered, refused, endless int) {
	l.Helper()
	l.calls.handlers.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, err := range l.outcome {
		_, accepted := l.calls.accepted.Load(id)
		switch {
		case strings.HasPrefix(id, "endless"):
			if endless++; accepted && err == nil {
				l.Errorf("%s has ended by itself", id)
			}
		case err == nil:
			answered++
		case accepted:
			l.Errorf("%s was accepted, and lost: %v", id, err)
		default:
			if refused++; status.Code(err) != codes.Unavailable {
				l.Errorf("%s was refused, but not so that a client tries elsewhere: %v", id, err)
			}
		}
	}
	if n := l.calls.late.Load(); n != 0 {
		l.Errorf("%d writes to the store after it was closed", n)
	}
	return answered, refused, endless
}

// service is a run with a gRPC server, whose hook closes the store.
func (c *calls) run(ln net.Listener, signals <-chan os.Signal, hook func(), opts ...lifecycle.Option) error {
	return lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { c.closed.Store(true); hook(); return nil })
		srv := grpc.NewServer(grpc.WaitForHandlers(true))
		healthpb.RegisterHealthServer(srv, c)
		return serveGRPC(ctx, srv, ln)
	}, append(opts, lifecycle.WithSignalSource(signals), lifecycle.WithLogger(slog.New(slog.DiscardHandler)))...)
}

func dialTo(t *testing.T, address string, opts ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, append(opts, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
