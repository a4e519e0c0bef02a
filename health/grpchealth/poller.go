package grpchealth

import (
	"context"
	"sync"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// poller asks for the status on behalf of all who watch, however many, on one
// goroutine. The first to watch starts it; the last to leave ends it and waits
// for that.
type poller struct {
	mu      sync.Mutex
	watches int
	status  servingStatus // unseen until the first answer
	changed chan struct{} // closed when status changes, and then another
	cancel  context.CancelFunc
	done    chan struct{} // closed when the goroutine has ended
}

// unseen is no status, and is never sent.
const unseen servingStatus = -1

// join counts one who watches.
func (s *Server) join() {
	p := &s.poller
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watches++
	if p.watches > 1 {
		return
	}
	// The goroutine belongs to all who watch, so to the call of none.
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	p.status, p.changed, p.cancel, p.done = unseen, make(chan struct{}), cancel, done
	go func() {
		defer close(done)
		s.poll(ctx)
	}()
}

func (s *Server) leave() {
	p := &s.poller
	p.mu.Lock()
	p.watches--
	if p.watches > 0 {
		p.mu.Unlock()
		return
	}
	p.cancel()
	done := p.done // whoever joins from now on makes another
	p.mu.Unlock()
	<-done
}

// look returns the status, and a channel that is closed when it is another.
func (p *poller) look() (servingStatus, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status, p.changed
}

// publish is called by the goroutine that has ctx; once that is cancelled, it
// has nothing to say any more.
func (p *poller) publish(ctx context.Context, status servingStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() == nil && status != p.status {
		p.status = status
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// poll asks until ctx is cancelled or a stop is seen, which is final.
func (s *Server) poll(ctx context.Context) {
	running := s.reached(fsm.Running)
	if s.source != nil && s.source.State() >= fsm.Running {
		running = nil
	}
	for {
		if status, err := s.ask(ctx); err == nil {
			s.poller.publish(ctx, status)
		}
		if s.over() {
			// A call of Check may have seen the stop after this one did not.
			s.poller.publish(ctx, notServing)
			return
		}
		timer := time.NewTimer(s.interval)
		select {
		case <-timer.C:
		case <-running:
			running = nil
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}
