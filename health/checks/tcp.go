package checks

import (
	"context"
	"net"
	"strings"
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
// without a port is a check that fails and says so, and so is a URL, which is not
// shown.
func TCPDial(address string) func(ctx context.Context) error {
	_, port, err := net.SplitHostPort(address)
	switch {
	case isURL(address):
		return bad("TCPDial: the address is not host:port; it is not shown, because it may have a password")
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

// isURL reports whether text is a URL or a data source name rather than a host:
// such a string often comes from the same variable, and may have a password.
func isURL(text string) bool { return marked(text) || strings.ContainsAny(text, "/=?& ") }
