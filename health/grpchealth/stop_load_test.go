package grpchealth_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/test/bufconn"

	"github.com/greynewell/mist-go/lifecycle"
)

// A real server on a real socket, stopped again and again in the middle of what
// eight clients ask of it, each on a connection of its own.
func TestStopUnderLoadLosesNoAcceptedCall(t *testing.T) {
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

func TestStopWithOpenStreams(t *testing.T) {
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
func TestRandomStopLosesNoAcceptedCall(t *testing.T) {
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
