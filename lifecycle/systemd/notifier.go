package systemd

import (
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

const (
	// slack is how long after a phase's deadline the next message may arrive, or the
	// process end.
	slack = 5 * time.Second

	// statusLimit is the maximum length of a status, in bytes. systemd accepts no
	// message longer than 4096.
	statusLimit = 1024
)

// notifier sends messages, one at a time and in a consistent order: a message about a
// state is sent only while that state is the last one sent.
type notifier struct {
	service *service
	send    func(message string) error
	ready   chan struct{} // closed when Running, or a later state, was sent

	mu      sync.Mutex
	sent    fsm.State // the last state of which a message was sent
	failing bool      // the last repeated message could not be sent
	off     bool      // the socket is not supported
}

func newNotifier(s *service, socket string) *notifier {
	n := &notifier{service: s, send: sdNotify, ready: make(chan struct{})}
	if err := supported(socket); err != nil {
		n.disable(err)
	}
	return n
}

// observe sends a message for each step. It is an observer of the run, so it
// is called by one goroutine, and in order.
func (n *notifier) observe(step fsm.Step) {
	message := message(step, n.snapshot(step))
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sent == fsm.Starting {
		defer close(n.ready)
	}
	n.sent = step.To
	n.attempt(message, func(err error) {
		slog.Warn("systemd: message not sent", slog.Any("error", err), slog.Any("state", step.To), slog.String("message", message))
	})
}

// in sends the result of message if the state is s and s is the last one sent. It
// reports whether both hold.
func (n *notifier) in(s fsm.State, message func() string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sent != s || n.service.source.State() != s {
		return false
	}
	n.sendRepeated(message())
	return true
}

// ping sends WATCHDOG=1, unless the end has been sent.
func (n *notifier) ping() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sent != fsm.Stopped {
		n.sendRepeated(daemon.SdNotifyWatchdog)
	}
}

// sendRepeated sends a message that is sent repeatedly. A failure is logged once,
// until one succeeds.
func (n *notifier) sendRepeated(message string) {
	failed := false
	n.attempt(message, func(err error) {
		if failed = true; !n.failing {
			slog.Warn("systemd: message not sent", slog.Any("error", err), slog.String("message", message))
		}
	})
	n.failing = failed
}

func (n *notifier) attempt(message string, failed func(error)) {
	select {
	case <-n.service.over: // a late message must not reach the socket of another run
		return
	default:
	}
	if n.off {
		return
	}
	switch err := n.send(message); {
	case err == nil:
	case permanent(err):
		n.disable(err)
	default:
		failed(err)
	}
}

// snapshot returns the run's snapshot if it is still in the state that step led to,
// else a zero one: the message of the next step is about to be sent.
func (n *notifier) snapshot(step fsm.Step) lifecycle.Snapshot {
	<-n.service.known
	if src, ok := n.service.source.(snapshotter); ok {
		if s := src.Snapshot(); s.State == step.To {
			return s
		}
	}
	return lifecycle.Snapshot{}
}

type snapshotter interface{ Snapshot() lifecycle.Snapshot }

// message returns the message for a step: assignments, one per line.
func message(step fsm.Step, s lifecycle.Snapshot) string {
	var lines []string
	switch step.To {
	case fsm.Running:
		lines = append(lines, daemon.SdNotifyReady)
	case fsm.Draining:
		lines = append(lines, daemon.SdNotifyStopping)
	}
	lines = append(lines, statusLine(status(step, s)))
	if !s.Deadline.IsZero() {
		lines = append(lines, extend(sum(max(0, s.Deadline.Sub(s.At)), slack)))
	}
	return strings.Join(lines, "\n")
}

// extend returns the assignment that asks for d. systemd reads an unsigned 64-bit
// number, adds it to the current time, saturating, and ignores 0 and the maximum
// (service_extend_timeout in its src/core/service.c), which no time.Duration in
// microseconds reaches.
func extend(d time.Duration) string {
	return "EXTEND_TIMEOUT_USEC=" + strconv.FormatInt(max(1, d.Microseconds()), 10)
}

// sum adds two non-negative durations, without overflow.
func sum(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func statusLine(text string) string { return "STATUS=" + oneLine(text) }

// oneLine makes text fit for STATUS: a newline would begin another assignment, and
// systemd drops what is not UTF-8.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if len(text) > statusLimit {
		text = strings.ToValidUTF8(text[:statusLimit-len("…")], "") + "…"
	}
	return text
}
