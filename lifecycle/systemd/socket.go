package systemd

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"
)

const socketVariable = "NOTIFY_SOCKET"

func sdNotify(message string) error {
	_, err := daemon.SdNotify(false, message)
	return err
}

// monotonic is the assignment without the newline that go-systemd puts behind it.
func monotonic() string { return strings.TrimSuffix(daemon.SdNotifyMonotonicUsec(), "\n") }

// supported says why nothing can be sent to a socket of that name. go-systemd
// takes every name for the path of a datagram socket, or an abstract one;
// sd_notify(3) knows addresses of AF_VSOCK too, such as "vsock:2:9999", and
// refuses a path that is not absolute.
func supported(socket string) error {
	if strings.HasPrefix(socket, "/") || strings.HasPrefix(socket, "@") {
		return nil
	}
	return fmt.Errorf("%w: neither an absolute path nor an abstract socket", errors.ErrUnsupported)
}

// permanent reports whether no other message can be sent either, because the
// socket is of a kind, or has a name, that cannot be spoken to.
func permanent(err error) bool {
	for _, target := range []error{
		errors.ErrUnsupported, syscall.EPROTOTYPE, syscall.EPROTONOSUPPORT, syscall.EAFNOSUPPORT, syscall.EINVAL, syscall.ENAMETOOLONG,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// disable says once that nothing is sent.
func (n *notifier) disable(err error) {
	n.off = true
	slog.Warn("systemd: this NOTIFY_SOCKET is not supported; nothing is sent to it",
		slog.String("socket", os.Getenv(socketVariable)), slog.Any("error", err))
}
