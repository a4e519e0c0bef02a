package grpchealth_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health/grpchealth"
)

// stream is a stream without a client.
type stream struct {
	grpc.ServerStream
	ctx  context.Context
	err  error
	sent func(healthpb.HealthCheckResponse_ServingStatus)
}

func (s stream) Context() context.Context { return s.ctx }

func (s stream) Send(r *healthpb.HealthCheckResponse) error {
	if s.sent != nil {
		s.sent(r.GetStatus())
	}
	return s.err
}

// HEALTH-5: a check that was under way when the stop came passes afterwards.
func TestLateResultDoesNotUndoAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		release := make(chan struct{})
		s.health.AddCheck("db", func() error { <-release; return nil })
		w := watch(t, s.client, "")
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			s.expect(notServing)
		}()
		time.Sleep(time.Second) // the check is under way, for both
		s.fire(fsm.StopRequested)
		w.expect(notServing, time.Second)
		close(release)
		<-asked
		s.health.SetReady(true)
		s.expect(notServing)
		w.expectSilence(time.Hour)
	})
}

// wayward is a lifecycle that does not keep to the table.
type wayward struct {
	state   atomic.Uint32
	reached chan struct{} // of Draining
}

func (w *wayward) State() fsm.State { return fsm.State(w.state.Load()) }

func (w *wayward) Reached(s fsm.State) <-chan struct{} {
	if s == fsm.Draining {
		return w.reached
	}
	return nil
}

func TestStopIsFinalEvenIfTheLifecycleGoesBack(t *testing.T) {
	for name, how := range map[string]struct {
		server, handler bool // which of them follows it
	}{
		"that the server follows":  {server: true},
		"that the handler follows": {handler: true},
		"that both follow":         {server: true, handler: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				life := &wayward{reached: make(chan struct{})}
				life.state.Store(uint32(fsm.Running))
				ctx, h := context.Background(), newHandler()
				if how.handler {
					h.Follow(fsm.NewContext(ctx, life))
				}
				if how.server {
					ctx = fsm.NewContext(ctx, life)
				}
				_, client := serve(t, grpchealth.New(ctx, h))
				s := &service{t: t, client: client}
				s.expect(serving)
				w := watch(t, client, "")
				w.expect(serving, 0)
				life.state.Store(uint32(fsm.Draining))
				s.expect(notServing) // seen here, and told to those who watch at the latest
				w.expect(notServing, time.Second)
				life.state.Store(uint32(fsm.Running))
				s.expect(notServing)
				w.expectSilence(time.Hour)
				watch(t, client, "").expect(notServing, 0)
			})
		})
	}
}

// With a drain delay the context stays live for a while after the stop.
func TestWatchEndsWhenTheContextIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		w := watch(t, s.client, "")
		w.expect(serving, 0)
		s.fire(fsm.StopRequested)
		w.expect(notServing, 0)
		during := watch(t, s.client, "")
		during.expect(notServing, 0)
		w.expectSilence(time.Minute)
		s.cancel()
		w.expectEnd(codes.Unavailable)
		during.expectEnd(codes.Unavailable)
		watch(t, s.client, "").expectEnd(codes.Unavailable)
		watch(t, s.client, "unknown").expectEnd(codes.Unavailable)
	})
}

// A context that carries no lifecycle is a life too.
func TestWithoutALifecycleTheContextsEndIsTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		_, client := serve(t, grpchealth.New(ctx, newHandler()))
		w := watch(t, client, "")
		w.expect(serving, 0)
		time.Sleep(time.Minute)
		cancel()
		w.expect(notServing, time.Minute)
		w.expectEnd(codes.Unavailable)
		(&service{t: t, client: client}).expect(notServing)
	})
}

// The end of the context is seen after the check too, and runs no check from
// then on.
func TestCheckThatPassesAfterTheContextIsDoneIsNotServing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		h := newHandler()
		var runs atomic.Int32
		h.AddCheck("db", func() error { runs.Add(1); time.Sleep(time.Second); return nil })
		server := grpchealth.New(ctx, h)
		time.AfterFunc(500*time.Millisecond, cancel)
		for range 2 {
			r, err := server.Check(t.Context(), &healthpb.HealthCheckRequest{})
			if err != nil || r.GetStatus() != notServing {
				t.Errorf("want NOT_SERVING, got %v, %v", r.GetStatus(), err)
			}
		}
		if n := runs.Load(); n != 1 {
			t.Errorf("%d runs, want 1", n)
		}
	})
}
