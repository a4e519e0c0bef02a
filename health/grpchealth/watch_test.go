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

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
)

// expect holds the next message to a status and a time, and to there being no
// other before it.
func (w *watching) expect(want healthpb.HealthCheckResponse_ServingStatus, after time.Duration) {
	w.t.Helper()
	m, ok := <-w.received
	if !ok || m.err != nil || m.status != want || m.after != after {
		w.t.Errorf("want %v after %v, got %v, %v after %v", want, after, m.status, m.err, m.after)
	}
}

func (w *watching) expectEnd(want codes.Code) {
	w.t.Helper()
	m, ok := <-w.received
	if !ok || status.Code(m.err) != want {
		w.t.Errorf("want the end with %v, got %v, %v after %v", want, m.status, m.err, m.after)
	}
}

// expectSilence checks that the Watch receives nothing for a while.
func (w *watching) expectSilence(during time.Duration) {
	w.t.Helper()
	time.Sleep(during)
	synctest.Wait()
	select {
	case m := <-w.received:
		w.t.Errorf("want nothing, got %v, %v after %v", m.status, m.err, m.after)
	default:
	}
}

func TestWatchSendsStatusAndStateImmediately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, grpchealth.WithInterval(time.Hour), grpchealth.WithServices("match.v1.Matcher"))
		first := watch(t, s.client, "")
		first.expect(notServing, 0)
		time.Sleep(time.Second)
		s.fire(fsm.Started)
		first.expect(serving, time.Second)
		second := watch(t, s.client, "match.v1.Matcher")
		second.expect(serving, 0)
		time.Sleep(time.Second)
		s.fire(fsm.StopRequested)
		first.expect(notServing, 2*time.Second)
		second.expect(notServing, time.Second)
		s.fire(fsm.Drained, fsm.HooksFinished)
		first.expectSilence(48 * time.Hour)
		second.expectSilence(0)
	})
}

func TestWatchSendsOnlyChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 10 * time.Second
		s := newService(t, grpchealth.WithInterval(interval))
		s.fire(fsm.Started)
		w := watch(t, s.client, "")
		w.expect(serving, 0)
		w.expectSilence(interval - 1)
		s.health.SetReady(false)
		w.expect(notServing, interval-1)
		w.expectSilence(1)
		s.health.SetNotReady("maintenance")
		w.expectSilence(0)
		s.health.SetReady(true)
		w.expect(serving, interval)
		s.health.AddCheck("db", func() error { return errors.New("down") })
		w.expect(notServing, 2*interval)
		s.health.AddCheck("db", func() error { return errors.New("still down") })
		w.expectSilence(5*interval + 1)
		s.health.AddCheck("db", func() error { return nil })
		w.expect(serving, 8*interval)
	})
}

// Whatever the checks cost: SetReady and the lifecycle do not wait for them.
func TestWatchDoesNotWaitForSlowChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct {
			after time.Duration // into an interval, or into the check
			do    func(s *service)
		}{
			{500 * time.Millisecond, func(s *service) { s.health.SetReady(false) }},
			{2 * time.Second, func(s *service) { s.health.SetReady(false) }},
			{2 * time.Second, func(s *service) { s.health.SetNotReady("maintenance") }},
			{3400 * time.Millisecond, func(s *service) { s.health.SetReady(true); s.health.SetReady(false) }},
			{2 * time.Second, func(s *service) { s.health.Follow(fsm.NewContext(context.Background(), fsm.New())) }},
		} {
			s := newService(t)
			s.fire(fsm.Started)
			s.health.AddCheck("db", func() error { time.Sleep(2500 * time.Millisecond); return nil })
			w := watch(t, s.client, "")
			w.expect(serving, 2500*time.Millisecond)
			time.Sleep(tc.after)
			tc.do(s)
			w.expect(notServing, 2500*time.Millisecond+tc.after)
			w.cancel()
			w.expectEnd(codes.Canceled)
			time.Sleep(time.Minute)
		}
	})
}

// The lifecycle that the handler alone follows is heard of at once as well.
func TestWatchFollowsTheHandlersLifecycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, machine := newHandler(), fsm.New()
		h.Follow(fsm.NewContext(context.Background(), machine))
		_, client := serve(t, grpchealth.New(context.Background(), h, grpchealth.WithInterval(time.Hour)))
		s := &service{t: t, client: client, machine: machine, health: h}
		w := watch(t, client, "")
		w.expect(notServing, 0)
		time.Sleep(time.Second)
		s.fire(fsm.Started)
		w.expect(serving, time.Second)
		time.Sleep(time.Second)
		s.fire(fsm.StopRequested)
		w.expect(notServing, 2*time.Second)
		w.expectSilence(2 * time.Hour)
	})
}

// HEALTH-17: one server answers for several services.
func TestServiceOfGroupsDependsOnTheirChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, grpchealth.WithServices("match.v1.All"), grpchealth.WithService("match.v1.Query", "query"),
			grpchealth.WithService("match.v1.Ingest", "ingest"), grpchealth.WithService("match.v1.None"))
		s.fire(fsm.Started)
		var runs atomic.Int64
		s.health.AddCheckContext("search", func(context.Context) error { return errors.New("down") }, health.Group("query"))
		s.health.AddCheckContext("store", func(context.Context) error { runs.Add(1); time.Sleep(time.Second); return nil }, health.Group("query", "ingest"))
		want := map[string]healthpb.HealthCheckResponse_ServingStatus{
			"": notServing, "match.v1.All": notServing, "match.v1.Query": notServing, "match.v1.Ingest": serving, "match.v1.None": serving,
		}
		for name, status := range want {
			r, err := s.client.Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
			if err != nil || r.GetStatus() != status {
				t.Errorf("%q: want %v, got %v, %v", name, status, r.GetStatus(), err)
			}
		}
		runs.Store(0)
		start := time.Now()
		r, err := s.client.List(t.Context(), &healthpb.HealthListRequest{})
		if took := time.Since(start); err != nil || len(r.GetStatuses()) != len(want) || took != time.Second || runs.Load() != 1 {
			t.Errorf("List: %v, %v after %v, with %d runs", r.GetStatuses(), err, took, runs.Load())
		}
		for name, status := range r.GetStatuses() {
			if status.GetStatus() != want[name] {
				t.Errorf("List: %q is %v", name, status.GetStatus())
			}
		}
		query, ingest := watch(t, s.client, "match.v1.Query"), watch(t, s.client, "match.v1.Ingest")
		query.expect(notServing, time.Second)
		ingest.expect(serving, time.Second)
		s.health.RemoveCheck("search")
		query.expect(serving, 3*time.Second)
		s.health.SetReady(false)
		query.expect(notServing, 3*time.Second)
		ingest.expect(notServing, 3*time.Second)
		ingest.expectSilence(time.Minute)
	})
}

func TestDefaultIntervalIsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		w := watch(t, s.client, "")
		w.expect(serving, 0)
		s.health.AddCheck("db", func() error { return errors.New("down") })
		w.expect(notServing, time.Second)
	})
}

func TestWatchOfAnUnknownService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		w := watch(t, s.client, "match.v1.Matcher")
		w.expect(unknown, 0)
		w.expectSilence(time.Minute)
		w.cancel()
		w.expectEnd(codes.Canceled)
		w = watch(t, s.client, "match.v1.Matcher")
		w.expect(unknown, 0)
		s.fire(fsm.StopRequested)
		w.expectSilence(time.Minute)
		s.cancel()
		w.expectEnd(codes.Unavailable)
	})
}

// A check that hangs keeps neither the first status nor a stop from those who
// watch for longer than its timeout, or at all.
func TestWatchSendsAStopWhileACheckHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		release := make(chan struct{})
		defer close(release)
		var hang atomic.Bool
		s.health.AddCheck("db", func() error {
			if hang.Load() {
				<-release
			}
			return nil
		})
		w := watch(t, s.client, "")
		w.expect(serving, 0)
		hang.Store(true)
		time.Sleep(1500 * time.Millisecond) // the check is under way
		s.fire(fsm.StopRequested)
		w.expect(notServing, 1500*time.Millisecond)

		s = newService(t)
		s.fire(fsm.Started)
		s.health.AddCheck("db", func() error { <-release; return nil })
		first, stopped := watch(t, s.client, ""), watch(t, s.client, "")
		first.expect(notServing, 3*time.Second)
		stopped.expect(notServing, 3*time.Second)
	})
}

// The Watch ends when a message cannot be sent.
func TestWatchEndsWhenSendingFails(t *testing.T) {
	s := newService(t)
	lost := errors.New("lost")
	for _, service := range []string{"", "unknown"} {
		err := s.server.Watch(&healthpb.HealthCheckRequest{Service: service}, stream{ctx: t.Context(), err: lost})
		if !errors.Is(err, lost) {
			t.Errorf("%q: want the error of Send, got %v", service, err)
		}
	}
}
