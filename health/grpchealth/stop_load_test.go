package grpchealth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

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

// A real server on a real socket, stopped again and again in the middle of what
// eight clients ask of it, each on a connection of its own.
func TestAStopUnderLoadLosesNoCallThatWasAccepted(t *testing.T) {
	stops := 10
	if text := os.Getenv("GRPC_STOPS"); text != "" {
		stops, _ = strconv.Atoi(text)
	}
	var answered, refused, endless int
	for range stops {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c := &calls{unary: make(chan struct{}, 1<<20)}
		signals := make(chan os.Signal, 1)
		ended := make(chan error, 1)
		go func() { ended <- c.run(ln, signals, func() {}) }()

		l := &load{T: t, calls: c, outcome: map[string]error{}}
		var clients sync.WaitGroup
		for range 8 {
			each := &load{T: t, calls: c, outcome: map[string]error{}}
			conn := dialTo(t, ln.Addr().String())
			each.client = healthpb.NewHealthClient(conn)
			each.sent.Store(rand.Int64N(1 << 60))
			clients.Go(func() {
				defer conn.Close()
				var several sync.WaitGroup
				for range 4 {
					several.Go(func() {
						for each.unary(context.Background(), rand.N(3*time.Millisecond)) {
						}
					})
				}
				several.Go(func() {
					for each.stream(context.Background(), 10*time.Millisecond+rand.N(30*time.Millisecond)) {
					}
				})
				several.Wait()
				l.mu.Lock()
				defer l.mu.Unlock()
				for id, err := range each.outcome {
					l.outcome[id] = err
				}
			})
		}
		for range 50 + rand.IntN(200) { // at any moment of the load
			<-c.unary
		}
		signals <- syscall.SIGTERM
		if err := <-ended; err != nil {
			t.Error(err)
		}
		clients.Wait()
		a, r, e := l.check()
		answered, refused, endless = answered+a, refused+r, endless+e
	}
	t.Logf("%d stops: %d calls answered, %d refused, none lost", stops, answered, refused)
	if answered == 0 || refused == 0 {
		t.Errorf("there was no load at the stop")
	}
}

// inMemory is a server and a client that virtual time can see through.
func inMemory(t *testing.T) (*bufconn.Listener, *grpc.ClientConn) {
	ln := bufconn.Listen(1 << 16)
	return ln, dialTo(t, "passthrough:///memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return ln.DialContext(ctx) }))
}

func TestAStopWithOpenStreams(t *testing.T) {
	for name, tc := range map[string]struct {
		streams []time.Duration // < 0: it has no end
		unary   time.Duration
		hook    time.Duration // after the stop
		want    error
	}{
		"an idle connection: at once":            {nil, 0, 0, nil},
		"a unary call is answered":               {nil, 7 * time.Second, 7 * time.Second, nil},
		"a stream that ends in time":             {[]time.Duration{10 * time.Second}, 0, 10 * time.Second, nil},
		"streams that never end are cut":         {[]time.Duration{-1, -1}, 0, 15 * time.Second, lifecycle.ErrDrainTimeout},
		"and what ends before is not lost by it": {[]time.Duration{-1, 14 * time.Second}, 12 * time.Second, 15 * time.Second, lifecycle.ErrDrainTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ln, conn := inMemory(t)
				defer conn.Close()
				c := &calls{}
				l := &load{T: t, calls: c, client: healthpb.NewHealthClient(conn), outcome: map[string]error{}}
				signals, ended := make(chan os.Signal, 1), make(chan error, 1)
				var hook time.Time
				go func() { ended <- c.run(ln, signals, func() { hook = time.Now() }) }()
				l.unary(t.Context(), 0) // the connection is there, and idle
				var clients sync.WaitGroup
				for _, takes := range tc.streams {
					clients.Go(func() { l.stream(t.Context(), takes) })
				}
				if tc.unary > 0 {
					clients.Go(func() { l.unary(t.Context(), tc.unary) })
				}
				synctest.Wait()
				stop := time.Now()
				signals <- syscall.SIGTERM
				if err := <-ended; !errors.Is(err, tc.want) || tc.want == nil && err != nil {
					t.Errorf("Run returned %v, want %v", err, tc.want)
				}
				if took := hook.Sub(stop); took != tc.hook {
					t.Errorf("the hook began after %v, want %v", took, tc.hook)
				}
				clients.Wait()
				l.check()
			})
		})
	}
}

// A stop at any moment, of calls that take any time, in virtual time.
func TestAStopAtRandomLosesNoCallThatWasAccepted(t *testing.T) {
	for range 100 {
		seed := rand.Uint64()
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			ln, conn := inMemory(t)
			defer conn.Close()
			c := &calls{}
			l := &load{T: t, calls: c, client: healthpb.NewHealthClient(conn), outcome: map[string]error{}}
			signals, ended := make(chan os.Signal, 1), make(chan error, 1)
			delay := lifecycle.WithDrainDelay(time.Duration(random.IntN(2)) * time.Second)
			go func() { ended <- c.run(ln, signals, func() {}, delay) }()
			var clients sync.WaitGroup
			endless := 0
			for range random.IntN(20) {
				begin, takes, kind := time.Duration(random.Int64N(int64(2*time.Second))), time.Duration(random.Int64N(int64(4*time.Second))), random.IntN(8)
				clients.Go(func() {
					time.Sleep(begin)
					switch {
					case kind == 0:
						l.stream(t.Context(), -1)
					case kind < 4:
						l.stream(t.Context(), takes)
					default:
						l.unary(t.Context(), takes)
					}
				})
			}
			time.Sleep(time.Duration(random.Int64N(int64(2 * time.Second))))
			signals <- syscall.SIGTERM
			err := <-ended
			clients.Wait()
			c.accepted.Range(func(id, _ any) bool {
				if strings.HasPrefix(id.(string), "endless") {
					endless++
				}
				return true
			})
			if (endless > 0) != errors.Is(err, lifecycle.ErrDrainTimeout) || endless == 0 && err != nil && !errors.Is(err, grpc.ErrServerStopped) {
				t.Errorf("with %d endless streams, Run returned %v", endless, err)
			}
			l.check()
			if t.Failed() {
				t.Logf("the seed is %d", seed)
			}
		})
	}
}
