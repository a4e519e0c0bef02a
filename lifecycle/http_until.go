package lifecycle

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// ServeOption configures [Serve] and its variants.
type ServeOption func(*serveConfig)

type serveConfig struct{ untilStopped bool }

// UntilStopped keeps a server running until the last hook has run, for metrics,
// probes and status pages that should answer to the end. The server is not
// in-flight work and is not stopped when main's context is cancelled: it answers
// during Draining and Hooks, without "Connection: close", and its requests'
// contexts stay live. It is stopped, and its open connections are cut, when no
// hook is left to run, even if main has not returned, or when Hooks is cut short.
// Run waits at most 100 ms for Serve to return, but not for handlers (HTTP-7).
//
// Start it with a plain go statement:
//
//	go lifecycle.ListenAndServe(ctx, metrics, lifecycle.UntilStopped())
//
// If the server fails before the stop, for example because the port is taken, that
// requests a stop, as a failed task does: Run's result includes a [*TaskError]
// with the address, and with the call site of Serve unless that is a go statement.
// If its owner closes it while it serves, that is not a failure; it is logged.
//
// Do not wait for Serve to return before the last hook has run. Main would use up
// its return grace (DRAIN-4); if main waits for an errgroup, start the server
// outside of the group. A task would hold up Draining: on the goroutine of a task
// ([Go]), Serve returns an error, and if tasks are running when half of the drain
// timeout has passed, a warning is logged.
func UntilStopped() ServeOption { return func(c *serveConfig) { c.untilStopped = true } }

var errUntilStoppedInTask = errors.New("UntilStopped inside Go would hold up Draining; start the server with a plain go statement")

// registerUntilStopped makes the end of Run wait for the server.
func (s *server) registerUntilStopped() bool {
	ended, ok := s.run.untilStopped.add()
	if !ok {
		return false
	}
	base, cancel := context.WithCancel(context.Background())
	s.base, s.cutRequests, s.cutOff = base, cancel, s.run.hooksDone
	s.cutWait = func() time.Duration { return 10 * time.Millisecond } // for listeners to close
	s.done = func() {
		cancel()
		s.run.untilStopped.remove(ended)
	}
	return true
}

// warnTasks logs a warning if tasks are running when half of the drain timeout has
// passed: one of them may wait for the server, which waits for the hooks. It
// returns a function that cancels the warning.
func (s *server) warnTasks(pc uintptr) func() {
	r := s.run
	var timer atomic.Pointer[time.Timer]
	stop := context.AfterFunc(r.ctx, func() {
		timer.Store(time.AfterFunc(r.cfg.drainTimeout/2, func() {
			if n := r.work.counts().tasks; n > 0 && r.State() == fsm.Draining {
				r.log.misuse(pc, "tasks hold up Draining while a server with UntilStopped serves: if one of them waits for it, start the server with a plain go statement",
					slog.Int("tasks", n))
			}
		}))
	})
	return func() {
		stop()
		if t := timer.Load(); t != nil {
			t.Stop()
		}
	}
}

// serverFailed requests a stop, as a failed task does.
func (r *run) serverFailed(pc uintptr, err error) {
	r.classify(err, func(o outcome) {
		if !r.post(func() { r.taskFailed(pc, o) }) && !o.clean {
			r.log.tooLate(pc, "server", err)
		}
	})
}

// untilStoppedServers are the servers with UntilStopped (HTTP-7). They are not
// in-flight work; the end of Run waits a moment for them.
type untilStoppedServers struct {
	mu     sync.Mutex
	ended  []chan struct{} // one per server, closed when it has ended
	closed bool
}

// add registers a server, unless the run has ended. The caller must pass the
// channel to remove.
func (t *untilStoppedServers) add() (ended chan struct{}, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, false
	}
	ended = make(chan struct{})
	t.ended = append(t.ended, ended)
	return ended, true
}

func (t *untilStoppedServers) remove(ended chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(ended)
	t.ended = slices.DeleteFunc(t.ended, func(c chan struct{}) bool { return c == ended })
}

// any reports whether any server has not ended.
func (t *untilStoppedServers) any() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.ended) > 0
}

// close makes add fail from now on, and returns the channels of the servers that
// have not ended.
func (t *untilStoppedServers) close() []chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	return slices.Clone(t.ended)
}
