package grpchealth

import (
	"context"
	"sync"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

// target is what the status of a service depends on: every check, or those of
// some groups. Services that depend on the same share one.
//
// While there are Watches, one goroutine asks for the status on behalf of them
// all. The first to watch starts it; the last to leave ends it and waits for
// that.
type target struct {
	server *Server
	check  func(ctx context.Context) (health.Response, bool)

	mu      sync.Mutex
	watches int
	status  servingStatus // unseen until the first answer
	changed chan struct{} // closed when status changes, and then another
	cancel  context.CancelFunc
	done    chan struct{} // closed when the goroutine has ended
}

// unseen is no status, and is never sent.
const unseen servingStatus = -1

// join counts a Watch.
func (t *target) join() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watches++
	if t.watches > 1 {
		return
	}
	// The goroutine belongs to all Watches, so to the call of none.
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
	done := t.done // a Watch that joins from now on makes another
	t.mu.Unlock()
	<-done
}

// look returns the status, and a channel that is closed when it is another.
func (t *target) look() (servingStatus, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status, t.changed
}

// publish is called by the goroutine that has ctx; once that is cancelled, it
// has nothing to say any more.
func (t *target) publish(ctx context.Context, status servingStatus) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() == nil && status != t.status {
		t.status = status
		close(t.changed)
		t.changed = make(chan struct{})
	}
}

// poll asks until ctx is cancelled or a stop is seen, which is final. It asks
// again after the interval, for the checks, and at once when SetReady,
// SetNotReady, Follow or the state of the lifecycle may have changed the answer,
// without waiting for checks that are under way.
func (t *target) poll(ctx context.Context) {
	for ctx.Err() == nil {
		set, state := t.server.changes(ctx)
		asked, giveUp := context.WithCancel(ctx)
		answered := make(chan struct{})
		var status servingStatus
		var known bool
		go func() {
			defer close(answered)
			status, known = t.ask(asked)
		}()
		again := false
		select {
		case <-answered:
		case <-set:
			again = true
		case <-state:
			again = true
		}
		giveUp()
		<-answered
		if known {
			t.publish(ctx, status)
		}
		if t.server.over() {
			// A call of Check may have seen the stop after this one did not.
			t.publish(ctx, notServing)
			return
		}
		if !again {
			pause(ctx, t.server.interval, set, state)
		}
	}
}

// pause waits for the interval, or less when there is something new.
func pause(ctx context.Context, interval time.Duration, set, state <-chan struct{}) {
	timer := time.NewTimer(interval)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-set:
	case <-state:
	case <-ctx.Done():
	}
}

// ask returns what readiness is now. It is not known when ctx is done before the
// checks are, but that SetReady or the lifecycle say no is.
func (t *target) ask(ctx context.Context) (status servingStatus, known bool) {
	s := t.server
	if s.handler == nil || s.over() {
		return notServing, true
	}
	response, ready := t.check(s.follow(ctx))
	// The handler may follow another lifecycle than s does.
	var state fsm.State
	if state.UnmarshalText([]byte(response.State)) == nil && state > fsm.Running {
		s.stopped.Store(true)
	}
	switch {
	case response.Status == "not_ready" || s.over():
		return notServing, true
	case ctx.Err() != nil:
		return notServing, false
	case !ready:
		return notServing, true
	}
	return serving, true
}

// response is the status as a message.
func response(status servingStatus) *healthpb.HealthCheckResponse {
	return &healthpb.HealthCheckResponse{Status: status}
}
