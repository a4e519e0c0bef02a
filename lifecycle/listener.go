package lifecycle

import (
	"log/slog"
	"net"
	"time"
)

// acceptRetry is the longest wait before a listener that could not accept is
// asked again, as in net/http.
const acceptRetry = time.Second

// listener accepts again when that failed for a time, such as for want of file
// descriptors. net/http does too, but sleeps in between whatever happens, and
// with it a stop (HTTP-1).
type listener struct {
	net.Listener
	journal *journal
	stopped <-chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, acceptRetry) {
		conn, err := l.Listener.Accept()
		if err == nil {
			return conn, nil
		}
		select {
		case <-l.stopped:
			return nil, net.ErrClosed
		default:
		}
		if failed, ok := err.(interface{ Temporary() bool }); !ok || !failed.Temporary() {
			return nil, err
		}
		l.journal.log(slog.LevelWarn, 0, "the server cannot accept connections for the moment",
			slog.Any("error", err), slog.Duration("again_in", wait))
		select {
		case <-time.After(wait):
		case <-l.stopped:
			return nil, net.ErrClosed
		}
	}
}
