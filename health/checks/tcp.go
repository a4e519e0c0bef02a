package checks

import (
	"context"
	"net"
	"net/netip"
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
// without a port is a check that fails and says so. So is one that is not
// host:port, such as a URL or user:password: it is not shown.
func TCPDial(address string) func(ctx context.Context) error {
	host, port, err := net.SplitHostPort(address)
	switch {
	case !hostPort(address, host, port, err):
		return bad("TCPDial: the address is not host:port" + notShown)
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

// hostPort reports whether address is host:port, or has no port and no colon that
// could stand before a password.
func hostPort(address, host, port string, err error) bool {
	if isURL(address) || err != nil && strings.Contains(address, ":") || strings.Contains(host, ":") && !isIP(host) {
		return false
	}
	if port != "" {
		_, err = net.LookupPort("tcp", port)
		return err == nil
	}
	return true
}

// isIP reports whether host is an IP address. A zone has no colon.
func isIP(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && !strings.Contains(address.Zone(), ":")
}
