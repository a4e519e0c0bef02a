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

// monotonic returns the assignment, without the newline that go-systemd appends.
func monotonic() string { return strings.TrimSuffix(daemon.SdNotifyMonotonicUsec(), "\n") }

// supported returns an error if nothing can be sent to a socket of that name.
// go-systemd treats every name as the path of a datagram socket or an abstract one;
// sd_notify(3) also allows AF_VSOCK addresses, such as "vsock:2:9999", and rejects a
// path that is not absolute.
func supported(socket string) error {
	if strings.HasPrefix(socket, "/") || strings.HasPrefix(socket, "@") {
		return nil
	}
	return fmt.Errorf("%w: neither an absolute path nor an abstract socket", errors.ErrUnsupported)
}

// permanent reports whether no message can be sent, because the socket's type or name
// is not supported.
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

// disable logs once that nothing is sent.
func (n *notifier) disable(err error) {
	n.off = true
	slog.Warn("systemd: NOTIFY_SOCKET is not supported; no messages are sent",
		slog.String("socket", os.Getenv(socketVariable)), slog.Any("error", err))
}
