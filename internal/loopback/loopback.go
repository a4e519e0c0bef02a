// Package loopback gives each server of a test an address that no other server
// gets.
//
// A port that the system chooses is chosen again once it is free. With hundreds of
// servers, the client of one that has just ended sooner or later reaches another's,
// and its answer is taken for one of the first: a record that was accepted and is
// not stored, or a listener that seems not to have been closed.
package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Addr returns an address to listen on, with port 0, on a host of its own.
func Addr() string { return net.JoinHostPort(Host(), "0") }

// Host returns a random loopback address. Where only 127.0.0.1 is one, as on
// macOS, it returns that.
func Host() string {
	host := fmt.Sprintf("127.%d.%d.%d", 1+rand.N(254), rand.N(256), 1+rand.N(254))
	ln, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "127.0.0.1"
	}
	_ = ln.Close()
	return host
}

// FreePort returns a port of host on which nothing listens. It is outside the
// range from which systems choose ports, so nothing takes it by chance. If there
// is none, or no such host, the one who listens on it is told.
func FreePort(host string) (port int) {
	for range 100 {
		port = 10_000 + rand.N(20_000)
		if ln, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))); err == nil {
			_ = ln.Close()
			break
		}
	}
	return port
}

// FreeAddr returns an address, on a host of its own, on which nothing listens.
func FreeAddr() string {
	host := Host()
	return net.JoinHostPort(host, strconv.Itoa(FreePort(host)))
}
