package grpchealth

import (
	"context"
	"sync"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/greynewell/mist-go/health"
)

// target is what the status of a service depends on: every check, or those of some
// groups. Services that depend on the same checks share a target.
//
// While there are Watch calls, one goroutine determines the status for all of them. The
// first Watch starts it; the last one ends it and waits for it.
type target struct {
	server *Server
	check  func(ctx context.Context) (health.Response, bool)

	mu      sync.Mutex
	watches int
	status  servingStatus // unseen until the first result
	changed chan struct{} // closed and replaced when status changes
	cancel  context.CancelFunc
	done    chan struct{} // closed when the goroutine has ended
}

// unseen is not a status and is never sent.
const unseen servingStatus = -1

// join counts a Watch.
func (t *target) join() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watches++
	if t.watches > 1 {
		return
	}
	// The goroutine serves all Watch calls, so its context is not that of one of them.
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.status, t.changed, t.cancel, t.done = unseen, make(chan struct{}), cancel, done
	go func() {
		defer close(done)
		t.poll(ctx)
	}()
}

func (t *target) leave() {
	t.mu.Lock()
	t.watches--
	if t.watches > 0 {
		t.mu.Unlock()
		return
	}
	t.cancel()
	done := t.done // a Watch that joins from now on starts another
	t.mu.Unlock()
	<-done
}

// look returns the status, and a channel that is closed when it changes.
func (t *target) look() (servingStatus, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status, t.changed
}

// publish is called by the goroutine with ctx. It has no effect once ctx is cancelled.
func (t *target) publish(ctx context.Context, status servingStatus) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() == nil && status != t.status {
		t.status = status
		close(t.changed)
		t.changed = make(chan struct{})
	}
}

// poll publishes the status until ctx is cancelled or a stop is seen, which is final. It
// runs the checks again an interval after each result. When SetReady, SetNotReady,
// Follow or the lifecycle change something, it publishes that immediately without
// waiting for checks in progress; if there are none, it runs them again.
func (t *target) poll(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	answers, asking := make(chan answer, 1), false
	defer func() {
		cancel()
		if asking {
			<-answers
		}
	}()
	ask := func() {
		if !asking {
			asking = true
			go func() { answers <- t.ask(ctx) }()
		}
	}
	set, state := t.server.changes(ctx)
	interval := time.NewTimer(t.server.interval)
	defer interval.Stop()
	ask()
	for {
		select {
		case a := <-answers:
			asking = false
			open := t.server.open(ctx)
			if a.closed && open {
				ask() // the gate was closed when the checks were to run
				break
			}
			if !open {
				a.status = notServing
			}
			t.publish(ctx, a.status)
			interval.Reset(t.server.interval)
		case <-set:
			set, state = t.gate(ctx, ask)
		case <-state:
			set, state = t.gate(ctx, ask)
		case <-interval.C:
			ask()
		case <-ctx.Done():
			return
		}
		if t.server.over() {
			t.publish(ctx, notServing)
			return
		}
	}
}

// gate publishes NOT_SERVING if SetReady or the lifecycle demand that, and otherwise
// runs the checks. It returns the channels for the next change.
func (t *target) gate(ctx context.Context, ask func()) (set, state <-chan struct{}) {
	set, state = t.server.changes(ctx)
	if t.server.open(ctx) {
		ask()
	} else {
		t.publish(ctx, notServing)
	}
	return set, state
}

// answer is the readiness as a status.
type answer struct {
	status servingStatus
	closed bool // because of SetReady or the lifecycle
}

// ask returns the current readiness. The result is not meaningful once ctx is done.
func (t *target) ask(ctx context.Context) answer {
	s := t.server
	if s.handler == nil || s.over() {
		return answer{status: notServing}
	}
	response, ready := t.check(s.follow(ctx))
	s.noteStop(response)
	a := answer{status: notServing, closed: response.Status == "not_ready"}
	if ready && !s.over() {
		a.status = serving
	}
	return a
}

// response returns the status as a message.
func response(status servingStatus) *healthpb.HealthCheckResponse {
	return &healthpb.HealthCheckResponse{Status: status}
}
