package systemd

import (
	"context"
	"os"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// Run is lifecycle.Run for a service started by systemd: it takes the same
// arguments, returns the same result, and sends messages to the socket named by
// $NOTIFY_SOCKET, as described in sd_notify(3).
//
//   - On Running, READY=1: "service startup is finished". A service that is stopped
//     before it is Running never sends it.
//   - On Draining, STOPPING=1: the service "is beginning its shutdown". So systemd
//     also knows about a stop that it did not request.
//   - On every transition STATUS, "a single-line UTF-8 status string": the state,
//     the event that led to it, and what it waits for.
//   - On Draining and on Hooks, EXTEND_TIMEOUT_USEC: what is left of the phase's
//     time limit, plus 5 seconds for the next message, or the end of the process, to
//     arrive. The value is "a time in microseconds during which the service must
//     send a new message", and takes effect only once the phase takes longer than
//     the unit's TimeoutStopSec. It is at most the longest time.Duration.
//   - While Starting, with lifecycle.WithManualStart, EXTEND_TIMEOUT_USEC of 30
//     seconds: after one second, then every 5. So TimeoutStartSec does not limit the
//     start, even if main waits for something forever: give what main waits for
//     there a timeout.
//   - WATCHDOG=1 twice per $WATCHDOG_USEC, from the call of main until Stopped, if
//     $WATCHDOG_PID is this process or not set. The unit's WatchdogSec sets both.
//   - RELOADING=1, with MONOTONIC_USEC, and READY=1 around the functions registered
//     with [OnReload].
//
// WATCHDOG=1, and EXTEND_TIMEOUT_USEC while Starting, are sent only while the
// lifecycle responds, so systemd kills a process that hangs as a whole. They do not
// depend on main, which may block.
//
// Without NOTIFY_SOCKET in the environment nothing is sent, and Run is just
// lifecycle.Run, plus OnReload. A socket that is neither a path nor abstract ("@…"),
// such as "vsock:2:9999", is not supported: one warning is logged, and nothing is
// sent.
//
// If a message cannot be sent, a warning is logged to slog.Default(), and the
// service is not affected; for repeated messages only the first failure is logged.
// No message delays a transition or the end: if the socket is not read from, Run
// waits for it at most 100 ms after Stopped, as for every observer, and another
// 100 ms after that. NOTIFY_SOCKET stays in the environment; systemd accepts
// messages from child processes only if the unit's NotifyAccess allows it.
//
// Run may be called more than once and concurrently, but systemd knows one state per
// service: the messages of two runs would contradict each other.
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
	notifier *notifier     // nil without NOTIFY_SOCKET
	watchdog time.Duration // the watchdog's timeout; 0 if it is off
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

// ready is closed once the service has reached Running and the message for that has
// been sent.
func (s *service) ready() <-chan struct{} {
	if s.notifier == nil {
		return s.source.Reached(fsm.Running)
	}
	return s.notifier.ready
}

// in sends the result of message if the service is in the given state and the
// message for that state has been sent. It reports whether both hold.
func (s *service) in(state fsm.State, message func() string) bool {
	if s.notifier == nil {
		return s.source.State() == state
	}
	return s.notifier.in(state, message)
}

type serviceKey struct{}

// endTimeout is how long Run waits at the end for goroutines that a socket that is
// not read from may block.
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
		// An observer gets a step but no context; main's context has the run. Main
		// is always called, so known is always closed.
		s.ctx = context.WithValue(ctx, serviceKey{}, s)
		s.source, _ = fsm.FromContext(ctx)
		close(s.known)
		return main(s.ctx)
	}, opts...)
	close(s.over)
	s.end(beats, s.reloads.end())
	return err
}

// end waits for the goroutines of the service, at most endTimeout.
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
