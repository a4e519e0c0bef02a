package grpchealth_test

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/fsm"
)

// However many watch, the checks are asked once per interval; when nobody
// watches any more, they are not asked and nothing is left running.
func TestWatchesShareRunsAndTheLastStopsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		var runs atomic.Int32
		s.health.AddCheck("db", func() error { runs.Add(1); return nil })
		var all []*watching
		for range 100 {
			w := watch(t, s.client, "")
			w.expect(serving, 0)
			all = append(all, w)
		}
		time.Sleep(10*time.Second + 1)
		synctest.Wait()
		if n := runs.Load(); n != 11 {
			t.Errorf("%d runs in 10 s, want 11", n)
		}
		for _, w := range all {
			w.cancel()
			w.expectEnd(codes.Canceled)
		}
		time.Sleep(time.Minute)
		if n := runs.Load(); n != 11 {
			t.Errorf("%d runs with nobody watching", n-11)
		}
		w := watch(t, s.client, "")
		w.expect(serving, 0)
		if n := runs.Load(); n != 12 {
			t.Errorf("%d runs for another who watches, want 1", n-11)
		}
	})
}

// polling counts the goroutines that the package has started and that have not
// ended.
func polling() int {
	buf := make([]byte, 1<<20)
	stacks := string(buf[:runtime.Stack(buf, true)])
	return strings.Count(stacks, "\ncreated by github.com/greynewell/mist-go/health/grpchealth.(")
}

// The last to leave waits for what asked on its behalf, and that not for a
// check that hangs.
func TestLastWatchDoesNotWaitForChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.fire(fsm.Started)
		release := make(chan struct{})
		defer close(release)
		s.health.AddCheck("db", func() error { <-release; return nil })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := s.server.Watch(&healthpb.HealthCheckRequest{}, stream{ctx: ctx})
		if took := time.Since(start); status.Code(err) != codes.DeadlineExceeded || took != time.Second {
			t.Errorf("%v after %v, want DeadlineExceeded after 1s", err, took)
		}
		synctest.Wait() // those that have been waited for may not have returned yet
		if n := polling(); n != 0 {
			t.Errorf("%d goroutines are left", n)
		}
	})
}
