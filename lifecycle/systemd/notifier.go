package systemd

import (
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

const (
	socketVariable = "NOTIFY_SOCKET"

	// slack is how much later than a phase ends at the latest the next message
	// may arrive, or the process end.
	slack = 5 * time.Second

	// statusLimit is how long a status may be, in bytes. systemd takes no
	// message longer than 4096.
	statusLimit = 1024
)

// notifier sends a message for each step. It is called by one goroutine, and
// in order, as every observer is.
type notifier struct {
	known  chan struct{} // closed when source is set
	source fsm.Source
}

func (n *notifier) observe(step fsm.Step) {
	message := message(step, n.snapshot(step))
	if _, err := daemon.SdNotify(false, message); err != nil {
		slog.Warn("systemd: a message was not sent", slog.Any("error", err), slog.Any("state", step.To), slog.String("message", message))
	}
}

// snapshot returns what there is to know about the state that step led to, or
// nothing when the run has left it: then the message of the next step, which
// is due, has it.
func (n *notifier) snapshot(step fsm.Step) lifecycle.Snapshot {
	<-n.known
	if src, ok := n.source.(interface{ Snapshot() lifecycle.Snapshot }); ok {
		if s := src.Snapshot(); s.State == step.To {
			return s
		}
	}
	return lifecycle.Snapshot{}
}

// message is what systemd is told of a step: assignments, one on each line.
func message(step fsm.Step, s lifecycle.Snapshot) string {
	var lines []string
	switch step.To {
	case fsm.Running:
		lines = append(lines, daemon.SdNotifyReady)
	case fsm.Draining:
		lines = append(lines, daemon.SdNotifyStopping)
	}
	lines = append(lines, "STATUS="+oneLine(status(step, s)))
	if !s.Deadline.IsZero() {
		left := max(0, s.Deadline.Sub(s.At)) + slack
		lines = append(lines, "EXTEND_TIMEOUT_USEC="+strconv.FormatInt(left.Microseconds(), 10))
	}
	return strings.Join(lines, "\n")
}

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
