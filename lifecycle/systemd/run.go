package systemd

import (
	"context"
	"os"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// Run is lifecycle.Run for a service that systemd has started: it takes the
// same arguments, returns the same result, and sends one message for each
// transition to the socket that $NOTIFY_SOCKET names, as sd_notify(3)
// describes them.
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
//     once the phase takes longer than the unit's TimeoutStopSec.
//
// Without NOTIFY_SOCKET in the environment nothing is sent, and Run is
// lifecycle.Run.
//
// A message that cannot be sent is logged as a warning to slog.Default(), and
// nothing else comes of it. Messages are sent by an observer, on a goroutine
// of its own and in order: a socket that nobody reads from delays neither a
// transition nor the end. Like every observer it is given at most 100 ms after
// Stopped. NOTIFY_SOCKET is left in the environment; systemd takes messages
// from processes that the service starts only if the unit's NotifyAccess says
// so.
//
// It may be called more than once and at the same time as others, but systemd
// knows of one life for each service: the messages of two would contradict
// each other.
func Run(main func(ctx context.Context) error, opts ...lifecycle.Option) error {
	if main == nil || os.Getenv(socketVariable) == "" {
		return lifecycle.Run(main, opts...)
	}
	// An observer is told of a step, but of no context. The one that main is
	// given knows the run. Main is always called, so this always comes.
	n := &notifier{known: make(chan struct{})}
	return lifecycle.Run(func(ctx context.Context) error {
		n.source, _ = fsm.FromContext(ctx)
		close(n.known)
		return main(ctx)
	}, append(opts[:len(opts):len(opts)], lifecycle.WithObserver(n.observe))...)
}
