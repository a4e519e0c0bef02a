package grpchealth_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
)

// Whatever else happens at the time of the stop, no call that begins after it
// receives SERVING, and every Watch comes to NOT_SERVING and stays there.
func TestConcurrentChangesDoNotUndoAStop(t *testing.T) {
	for name, follows := range map[string]bool{
		"of a lifecycle that the server follows":   true,
		"of a lifecycle that only the handler has": false,
	} {
		t.Run(name, func(t *testing.T) {
			for range 50 {
				storm(t, follows)
			}
		})
	}
}

func storm(t *testing.T, follows bool) {
	machine, h := fsm.New(), newHandler()
	life := fsm.NewContext(context.Background(), machine)
	h.Follow(life)
	if !follows {
		life = context.Background()
	}
	ctx, cancel := context.WithCancel(life)
	defer cancel()
	h.AddCheckContext("db", func(context.Context) error { return nil }, health.Timeout(time.Minute))
	server := grpchealth.New(ctx, h, grpchealth.WithInterval(time.Microsecond))
	fire := func(e fsm.Event) {
		if _, err := machine.Fire(e); err != nil {
			t.Error(err)
		}
	}
	fire(fsm.Started)

	var all sync.WaitGroup
	var received [4]atomic.Int32 // the last status that each Watch received
	for i := range received {
		all.Go(func() {
			note := func(s healthpb.HealthCheckResponse_ServingStatus) { received[i].Store(int32(s)) }
			err := server.Watch(&healthpb.HealthCheckRequest{}, stream{ctx: context.Background(), sent: note})
			if status.Code(err) != codes.Unavailable {
				t.Errorf("the Watch ended with %v", err)
			}
		})
	}
	all.Go(func() {
		for machine.State() < fsm.Stopped {
			h.SetReady(rand.IntN(2) == 0)
			h.AddCheck("other", func() error { return nil })
			runtime.Gosched()
		}
		h.SetReady(true)
	})
	all.Go(func() {
		for machine.State() < fsm.Stopped {
			before := machine.State()
			r, err := server.Check(context.Background(), &healthpb.HealthCheckRequest{})
			if err != nil || before > fsm.Running && r.GetStatus() == serving {
				t.Errorf("in %v: %v, %v", before, r.GetStatus(), err)
			}
			runtime.Gosched()
		}
	})
	for _, e := range []fsm.Event{fsm.StopRequested, fsm.Drained, fsm.HooksFinished} {
		for range rand.IntN(200) {
			runtime.Gosched()
		}
		fire(e)
	}
	for i := range received {
		expectLast(t, &received[i])
	}
	cancel()
	all.Wait()
	for i := range received {
		expectLast(t, &received[i])
	}
}

// expectLast waits for a Watch to receive the stop.
func expectLast(t *testing.T, received *atomic.Int32) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for received.Load() != int32(notServing) {
		if time.Now().After(deadline) {
			t.Fatalf("the last status that a Watch received is %v", healthpb.HealthCheckResponse_ServingStatus(received.Load()))
		}
		runtime.Gosched()
	}
}
