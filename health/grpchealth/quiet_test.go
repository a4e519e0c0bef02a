package grpchealth_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
)

// SetReady(true) over and over changes nothing: it neither keeps a Watch from a
// check that fails nor runs the checks more often.
func TestRepeatedSetReadyChangesNothing(t *testing.T) {
	for _, period := range []time.Duration{time.Millisecond, 400 * time.Millisecond, 700 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s := newService(t)
			s.fire(fsm.Started)
			var down atomic.Bool
			var runs atomic.Int32
			s.health.AddCheck("a", func() error { time.Sleep(600 * time.Millisecond); return nil })
			s.health.AddCheck("b", func() error {
				runs.Add(1)
				time.Sleep(1100 * time.Millisecond)
				if down.Load() {
					return errors.New("down")
				}
				return nil
			})
			var received atomic.Int32
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() {
				done <- s.server.Watch(&healthpb.HealthCheckRequest{}, stream{ctx: ctx,
					sent: func(s healthpb.HealthCheckResponse_ServingStatus) { received.Store(int32(s)) }})
			}()
			time.Sleep(10 * time.Second)
			down.Store(true)
			for range int(10 * time.Second / period) {
				s.health.SetReady(true)
				time.Sleep(period)
			}
			if received.Load() != int32(notServing) || runs.Load() > 11 {
				t.Errorf("every %v: the status is %v after %d runs", period, received.Load(), runs.Load())
			}
			cancel()
			if err := <-done; status.Code(err) != codes.Canceled {
				t.Error(err)
			}
			time.Sleep(time.Minute) // for the runs under way
		})
	}
}

// A change while the checks run is sent immediately, and their run continues.
func TestChangeDoesNotInterruptChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		s.health.AddCheckContext("slow", func(context.Context) error { time.Sleep(10 * time.Second); return nil }, health.Timeout(time.Minute))
		w := watch(t, s.client, "")
		time.Sleep(4 * time.Second)
		s.health.SetReady(false)
		w.expect(notServing, 4*time.Second)
		time.Sleep(time.Second)
		s.health.SetReady(true)
		w.expect(serving, 10*time.Second)
	})
}

// A name that a message cannot carry is left out.
func TestServiceNameThatIsNotUTF8IsIgnored(t *testing.T) {
	s := grpchealth.New(t.Context(), newHandler(), grpchealth.WithServices("a\xff", "b"), grpchealth.WithService("c\xff"))
	r, err := s.List(t.Context(), nil)
	if err != nil || len(r.Statuses) != 2 {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := proto.Marshal(r); err != nil {
		t.Error(err)
	}
}
