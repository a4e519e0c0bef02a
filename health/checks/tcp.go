package checks

import (
	"context"
	"net"
)

// TCPDial returns a check that passes when a TCP connection to address, such
// as "db:5432" or "[::1]:6379", can be opened. It is closed at once, and
// nothing is sent over it.
//
// It says that a kernel is there and listens, not that the process behind it
// answers: the kernel completes connections for a process that hangs until its
// backlog is full. Where there is a protocol to ask with, ask with it
// ([HTTPGet], [SQLPing]).
//
// A host with several addresses passes when one of them does. An address
// without a port is a check that fails and says so.
func TCPDial(address string) func(ctx context.Context) error {
	_, port, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return bad("TCPDial %q: %w", address, err)
	case port == "":
		return bad("TCPDial %q: the port is empty", address)
	}
	return named("TCPDial "+address, func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		_ = conn.Close() // nothing was sent that could be lost
		return nil
	})
}
