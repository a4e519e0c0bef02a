package systemd

import (
	"context"
	"os"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// Run is lifecycle.Run for a service that systemd has started: it takes the
// same arguments, returns the same result, and sends messages to the socket
// that $NOTIFY_SOCKET names, as sd_notify(3) describes them.
//
//   - On Running, READY=1: "service startup is finished". A service that is
//     stopped before it was Running never sends it.
//   - On Draining, STOPPING=1: the service "is beginning its shutdown". So
//     systemd knows of a stop that it did not ask for, too.
//   - On every transition STATUS, "a single-line UTF-8 status string": the
//     state, what led to it, and what it waits for.
//   - On Draining and on Hooks, EXTEND_TIMEOUT_USEC: what is left of the
//     phase's budget, and 5 seconds for the message of the next phase, or the
//     end of the process, to arrive. The value is "a time in microseconds
//     during which the service must send a new message", and it counts only
//     once the phase takes longer than the unit's TimeoutStopSec. A budget that
//     is longer than a time.Duration holds is as long as one holds.
//   - While Starting, with lifecycle.WithManualStart, EXTEND_TIMEOUT_USEC of 30
//     seconds: after one second, then every 5. So TimeoutStartSec does not
//     bound a start that makes progress, nor one that waits for something for
//     ever: what main waits for there should have a timeout of its own.
//   - WATCHDOG=1 at every half of $WATCHDOG_USEC, from main's call until
//     Stopped, if $WATCHDOG_PID is this process or not set. The unit's
//     WatchdogSec sets both.
//   - RELOADING=1, with MONOTONIC_USEC, and READY=1 around the functions that
//     [OnReload] registered.
//
// EXTEND_TIMEOUT_USEC while Starting and WATCHDOG=1 are sent only while the
// lifecycle answers, so a process that hangs as a whole is ended by systemd.
// They say nothing of main: it may wait for as long as it likes.
//
// Without NOTIFY_SOCKET in the environment nothing is sent, and Run is
// lifecycle.Run, with OnReload. A socket that is neither a path nor abstract
// ("@…"), such as "vsock:2:9999", is not supported: that is one warning, and
// nothing is sent.
//
// A message that cannot be sent is logged as a warning to slog.Default(), and
// nothing else comes of it; of those that are sent again and again only the
// first. No message delays a transition or the end: a socket that is not read
// from is given at most 100 ms after Stopped, as every observer is, and 100 ms
// after that. NOTIFY_SOCKET is left in the environment; systemd takes messages
// from processes that the service starts only if the unit's NotifyAccess says
// so.
//
// It may be called more than once and at the same time as others, but systemd
// knows of one life for each service: the messages of two would contradict
// each other.
func Run(main func(ctx context.Context) error, opts ...lifecycle.Option) error {
	if main == nil {
		return lifecycle.Run(nil, opts...)
	}
	s := newService()
	if socket := os.Getenv(socketVariable); socket != "" {
		s.notifier = newNotifier(s, socket)
		s.watchdog = watchdogInterval()
	}
	return s.run(main, opts)
}

// service is one call of Run.
type service struct {
	notifier *notifier     // nil: there is nothing to notify
	watchdog time.Duration // within which WATCHDOG=1 has to come; 0: it need not
	reloads  *reloads

	known  chan struct{}   // closed when ctx and source are set
	ctx    context.Context // of main
	source fsm.Source
	over   chan struct{} // closed when lifecycle.Run has returned
}

func newService() *service {
	s := &service{known: make(chan struct{}), over: make(chan struct{})}
	s.reloads = newReloads(s)
	return s
}

// ready is closed once the service is Running, or past that, and systemd has
// been sent that.
func (s *service) ready() <-chan struct{} {
	if s.notifier == nil {
		return s.source.Reached(fsm.Running)
	}
	return s.notifier.ready
}

// in sends what message returns if the service is in the state given, and
// systemd has been sent that. It reports whether both are so.
func (s *service) in(state fsm.State, message func() string) bool {
	if s.notifier == nil {
		return s.source.State() == state
	}
	return s.notifier.in(state, message)
}

type serviceKey struct{}

// endTimeout is how long the end waits for what may be held up by a socket
// that is not read from.
const endTimeout = 100 * time.Millisecond

func (s *service) run(main func(ctx context.Context) error, opts []lifecycle.Option) error {
	beats := make(chan struct{})
	if s.notifier == nil {
		close(beats)
	} else {
		opts = append(opts[:len(opts):len(opts)], lifecycle.WithObserver(s.notifier.observe))
		go func() {
			defer close(beats)
			s.beat()
		}()
	}
	err := lifecycle.Run(func(ctx context.Context) error {
		// An observer is given a step, but no context. The one that main is
		// given knows the run. Main is always called, so this always comes.
		s.ctx = context.WithValue(ctx, serviceKey{}, s)
		s.source, _ = fsm.FromContext(ctx)
		close(s.known)
		return main(s.ctx)
	}, opts...)
	close(s.over)
	s.end(beats, s.reloads.end())
	return err
}

// end waits for the goroutines of the service, but not for long if one hangs:
// in a socket that is not read from.
func (s *service) end(goroutines ...<-chan struct{}) {
	limit := time.NewTimer(endTimeout)
	defer limit.Stop()
	for _, done := range goroutines {
		select {
		case <-done:
		case <-limit.C:
			return
		}
	}
}
