package checks_test

import (
	"context"
	"net"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/health/checks"
	"github.com/greynewell/mist-go/internal/loopback"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

func TestTCPDialPassesAndClosesTheConnection(t *testing.T) {
	ln := listen(t)
	expectPass(t, checks.TCPDial(ln.Addr().String()))
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("want a connection that was closed without a byte, read %d, %v", n, err)
	}
}

// The kernel answers for it until its backlog is full.
func TestTCPDialPassesForAListenerThatNeverAccepts(t *testing.T) {
	expectPass(t, checks.TCPDial(listen(t).Addr().String()))
}

func TestTCPDialFailsWhereTheConnectionIsRefused(t *testing.T) {
	address := loopback.FreeAddr()
	err := checks.TCPDial(address)(t.Context())
	expectFailure(t, err, "TCPDial "+address, "refused")
	expectIs(t, err, syscall.ECONNREFUSED)
}

func TestTCPDialAcceptsServiceNamesAndIPv6(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, address := range []string{"127.0.0.1:http", "[::1]:6379", "[fe80::1%eth0]:6379"} {
		expectIs(t, checks.TCPDial(address)(canceled), context.Canceled)
	}
}
