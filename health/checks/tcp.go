package checks

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// TCPDial returns a check that passes if a TCP connection to address, such as "db:5432"
// or "[::1]:6379", can be opened. It is closed immediately, without sending anything.
//
// It shows that the port is open, not that the process behind it works: the kernel
// accepts connections for a process that hangs until its backlog is full. Prefer a check
// that uses the protocol ([HTTPGet], [SQLPing]).
//
// If the host has several addresses, one is enough. If address has no port, or is not
// host:port, such as a URL or user:password, which is then not shown, the check always
// fails.
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
		_ = conn.Close() // nothing was sent, so nothing can be lost
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
