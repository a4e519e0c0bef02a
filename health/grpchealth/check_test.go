package grpchealth_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health/grpchealth"
)

// HEALTH-4
func TestCheckIsServingOnlyInRunning(t *testing.T) {
	s := newService(t)
	s.expect(notServing) // starting
	s.fire(fsm.Started)
	s.expect(serving)
	for _, e := range []fsm.Event{fsm.StopRequested, fsm.Drained, fsm.HooksFinished} {
		s.fire(e)
		s.expect(notServing)
	}
}

// HEALTH-2, HEALTH-3, HEALTH-8
func TestCheckFollowsSetReadyAndChecks(t *testing.T) {
	s := newService(t)
	s.fire(fsm.Started)
	s.health.SetReady(false)
	s.expect(notServing)
	s.health.SetReady(true)
	s.expect(serving)
	s.health.AddCheck("db", func() error { return errors.New("down") })
	s.expect(notServing)
	s.health.AddCheck("db", func() error { panic("boom") })
	s.expect(notServing)
	s.health.AddCheck("db", func() error { return nil })
	s.expect(serving)
}

func TestHandlerWithoutALifecycleIsServing(t *testing.T) {
	_, client := serve(t, grpchealth.New(context.Background(), newHandler()))
	(&service{t: t, client: client}).expect(serving)
}

func TestHandlerWithoutALifecycleFollowsTheServers(t *testing.T) {
	machine := fsm.New()
	_, client := serve(t, grpchealth.New(fsm.NewContext(context.Background(), machine), newHandler()))
	s := &service{t: t, client: client, machine: machine}
	s.expect(notServing)
	s.fire(fsm.Started)
	s.expect(serving)
	s.fire(fsm.StopRequested)
	s.expect(notServing)
}

func TestEveryServiceHasTheSameStatusAndAnUnknownOneIsNotFound(t *testing.T) {
	s := newService(t, grpchealth.WithServices("match.v1.Matcher"), grpchealth.WithServices("match.v1.Admin", ""))
	s.fire(fsm.Started)
	for _, name := range []string{"", "match.v1.Matcher", "match.v1.Admin"} {
		r, err := s.client.Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		if err != nil || r.GetStatus() != serving {
			t.Errorf("%q: %v, %v", name, r.GetStatus(), err)
		}
	}
	for _, name := range []string{"match.v1", "match.v1.matcher", " "} {
		_, err := s.client.Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		if status.Code(err) != codes.NotFound {
			t.Errorf("%q: want NotFound, got %v", name, err)
		}
	}
}

func TestListHasEveryService(t *testing.T) {
	s := newService(t, grpchealth.WithServices("match.v1.Matcher", "match.v1.Admin"))
	for _, want := range []healthpb.HealthCheckResponse_ServingStatus{notServing, serving} {
		r, err := s.client.List(t.Context(), &healthpb.HealthListRequest{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]healthpb.HealthCheckResponse_ServingStatus{}
		for name, status := range r.GetStatuses() {
			got[name] = status.GetStatus()
		}
		if !maps.Equal(got, map[string]healthpb.HealthCheckResponse_ServingStatus{
			"": want, "match.v1.Matcher": want, "match.v1.Admin": want,
		}) {
			t.Errorf("want all of them %v, got %v", want, got)
		}
		if want == notServing {
			s.fire(fsm.Started)
		}
	}
}

// HEALTH-9: the answer comes at the check's timeout. HEALTH-11: a call that
// ends before that has its own error.
func TestHungCheckIsNotServingAtItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		release := make(chan struct{})
		defer close(release)
		s.health.AddCheck("db", func() error { <-release; return nil })

		start := time.Now()
		s.expect(notServing)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
		s.expect(notServing) // at once: that run's timeout is over
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
		s.health.AddCheck("other", func() error { <-release; return nil })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.client.Check(ctx, &healthpb.HealthCheckRequest{})
		_, listed := s.client.List(ctx, &healthpb.HealthListRequest{})
		if status.Code(err) != codes.DeadlineExceeded || status.Code(listed) != codes.DeadlineExceeded {
			t.Errorf("want DeadlineExceeded, got %v and %v", err, listed)
		}
		// Without a client that says so first.
		_, err = s.server.Check(ctx, &healthpb.HealthCheckRequest{})
		_, listed = s.server.List(ctx, &healthpb.HealthListRequest{})
		if status.Code(err) != codes.DeadlineExceeded || status.Code(listed) != codes.DeadlineExceeded {
			t.Errorf("want DeadlineExceeded, got %v and %v", err, listed)
		}
	})
}
