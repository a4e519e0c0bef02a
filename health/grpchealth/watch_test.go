package grpchealth_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health/grpchealth"
)

// expect holds the next message to a status and a time, and to there being no
// other before it.
func (w *watching) expect(want healthpb.HealthCheckResponse_ServingStatus, after time.Duration) {
	w.t.Helper()
	m, ok := <-w.told
	if !ok || m.err != nil || m.status != want || m.after != after {
		w.t.Errorf("want %v after %v, got %v, %v after %v", want, after, m.status, m.err, m.after)
	}
}

func (w *watching) expectEnd(want codes.Code) {
	w.t.Helper()
	m, ok := <-w.told
	if !ok || status.Code(m.err) != want {
		w.t.Errorf("want the end with %v, got %v, %v after %v", want, m.status, m.err, m.after)
	}
}

// expectSilence holds the Watch to be told nothing for a while.
func (w *watching) expectSilence(during time.Duration) {
	w.t.Helper()
	time.Sleep(during)
	synctest.Wait()
	select {
	case m := <-w.told:
		w.t.Errorf("want nothing, got %v, %v after %v", m.status, m.err, m.after)
	default:
	}
}

func TestWatchIsToldTheStatusAtOnceAndOfTheStateAtOnce(t *testing.T) {
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

func TestWatchIsToldOfSetReadyAndOfChecksAnIntervalLaterAndOnlyOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 10 * time.Second
		s := newService(t, grpchealth.WithInterval(interval))
		s.fire(fsm.Started)
		w := watch(t, s.client, "")
		w.expect(serving, 0)
		w.expectSilence(interval - 1)
		s.health.SetReady(false)
		w.expect(notServing, interval)
		s.health.SetReady(true)
		w.expect(serving, 2*interval)
		s.health.AddCheck("db", func() error { return errors.New("down") })
		w.expect(notServing, 3*interval)
		s.health.AddCheck("db", func() error { return errors.New("still down") })
		w.expectSilence(5*interval + 1)
		s.health.AddCheck("db", func() error { return nil })
		w.expect(serving, 9*interval)
	})
}

func TestTheIntervalIsASecondByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		w := watch(t, s.client, "")
		w.expect(serving, 0)
		s.health.SetReady(false)
		w.expect(notServing, time.Second)
	})
}

func TestWatchOfAnUnknownServiceIsToldSoAndGoesOn(t *testing.T) {
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
func TestWatchIsToldOfAStopWhileACheckHangs(t *testing.T) {
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

// A client that cannot be told anything any more ends the Watch.
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
