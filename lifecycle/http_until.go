package lifecycle

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// ServeOption changes how a server is served.
type ServeOption func(*serveConfig)

type serveConfig struct{ untilStopped bool }

// UntilStopped has a server answer until the last hook has run, for metrics,
// probes and status pages that are to be watched to the end. Such a server is no
// work in flight, and cancel does not stop it: it answers through Draining and
// Hooks, without "Connection: close", and its requests' contexts stay live. It
// is stopped, and open connections are cut, when no hook is left to run, whether
// main is back or not, or when Hooks ends in another way; Run waits for its
// return, though not for its handlers', for at most 100 ms (HTTP-7).
//
// Start it with a plain go statement:
//
//	go lifecycle.ListenAndServe(ctx, metrics, lifecycle.UntilStopped())
//
// If it fails before the stop, such as when the port is taken, it requests one,
// with a [*TaskError] that names the address in Run's result, and the call of
// Serve where that is no go statement's own, as a task that fails does. That its
// owner closes it while it serves is no failure, and is logged.
//
// Whatever waits for its return waits for the last hook. So main should not: it
// would use up its grace (DRAIN-4). In an errgroup that main waits for, start it
// with a plain go statement beside the group. And a task that waits for it would
// hold Draining for as long as it serves. On the goroutine of a task ([Go]) it is
// refused with an error; that one waits for it in another way is warned of.
func UntilStopped() ServeOption { return func(c *serveConfig) { c.untilStopped = true } }

var errUntilStoppedInTask = errors.New("UntilStopped inside Go would hold Draining for as long as it serves; start it with a plain go statement")

// registerTrailing has the end of Run wait for the server's.
func (s *server) registerTrailing() bool {
	ended, ok := s.run.trailing.begin()
	if !ok {
		return false
	}
	base, cancel := context.WithCancel(context.Background())
	s.base, s.cutRequests, s.over = base, cancel, s.run.hooksOver
	s.patience = func() time.Duration { return 10 * time.Millisecond } // for listeners to close
	s.done = func() {
		cancel()
		s.run.trailing.end(ended)
	}
	return true
}

// warnOfTasks warns when half of the drain timeout has passed and tasks are still
// out: one of them may wait for the server, which waits for the hooks. It
// returns what ends that.
func (s *server) warnOfTasks(pc uintptr) func() {
	r := s.run
	var timer atomic.Pointer[time.Timer]
	stop := context.AfterFunc(r.ctx, func() {
		timer.Store(time.AfterFunc(r.cfg.drainTimeout/2, func() {
			if n := r.work.out().tasks; n > 0 && r.State() == fsm.Draining {
				r.log.misuse(pc, "a server with UntilStopped serves while tasks hold Draining: if one of them waits for it, start it with a plain go statement",
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

// serverFailed requests a stop, as a task that fails does.
func (r *run) serverFailed(pc uintptr, err error) {
	r.judge(err, func(o outcome) {
		if !r.post(func() { r.taskFailed(pc, o) }) && !o.clean {
			r.log.tooLate(pc, "server", err)
		}
	})
}
