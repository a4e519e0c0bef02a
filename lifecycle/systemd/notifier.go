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
	// slack is how much later than a phase ends at the latest the next message
	// may arrive, or the process end.
	slack = 5 * time.Second

	// statusLimit is how long a status may be, in bytes. systemd takes no
	// message longer than 4096.
	statusLimit = 1024
)

// notifier sends messages, one at a time and in an order that makes sense:
// what is said of a state is said while that is the last one sent.
type notifier struct {
	service *service
	send    func(message string) error
	ready   chan struct{} // closed when Running, or a later state, was sent

	mu      sync.Mutex
	sent    fsm.State // the last state of which a message was sent
	failing bool      // the last of what is sent again and again was not sent
	off     bool      // nothing can be sent
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
		slog.Warn("systemd: a message was not sent", slog.Any("error", err), slog.Any("state", step.To), slog.String("message", message))
	})
}

// in sends what message returns if the state is s and the last one sent, and
// reports whether both are.
func (n *notifier) in(s fsm.State, message func() string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sent != s || n.service.source.State() != s {
		return false
	}
	n.again(message())
	return true
}

// ping sends WATCHDOG=1, unless the end has been sent.
func (n *notifier) ping() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sent != fsm.Stopped {
		n.again(daemon.SdNotifyWatchdog)
	}
}

// again sends a message of the kind that is sent again and again. That it
// cannot be sent is logged once, until one can be.
func (n *notifier) again(message string) {
	failed := false
	n.attempt(message, func(err error) {
		if failed = true; !n.failing {
			slog.Warn("systemd: a message was not sent", slog.Any("error", err), slog.String("message", message))
		}
	})
	n.failing = failed
}

func (n *notifier) attempt(message string, failed func(error)) {
	select {
	case <-n.service.over: // and what is late is not sent to the socket of another run
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

// snapshot returns what there is to know about the state that step led to, or
// nothing when the run has left it: then the message of the next step, which
// is due, has it.
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

// message is what systemd is sent for a step: assignments, one on each line.
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

// extend is the assignment that asks for d. systemd reads an unsigned number of
// 64 bits, adds it to the time of now, saturating, and ignores 0 and the
// highest one (service_extend_timeout in its src/core/service.c). No
// time.Duration, in microseconds, comes near that.
func extend(d time.Duration) string {
	return "EXTEND_TIMEOUT_USEC=" + strconv.FormatInt(max(1, d.Microseconds()), 10)
}

// sum adds two durations of which neither is negative. What is too long for a
// time.Duration is as long as one can be.
func sum(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func statusLine(text string) string { return "STATUS=" + oneLine(text) }

// oneLine makes text one that STATUS can hold: a newline in it would begin
// another assignment, and systemd drops what is not UTF-8.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if len(text) > statusLimit {
		text = strings.ToValidUTF8(text[:statusLimit-len("…")], "") + "…"
	}
	return text
}
