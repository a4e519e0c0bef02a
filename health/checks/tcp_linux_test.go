package checks_test

import (
	"context"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/health/checks"
)

// fullBacklog returns the address of a listener that is never accepted from
// and takes no connection any more. With a backlog of n Linux keeps n+1 and
// ignores whoever comes then.
func fullBacklog(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}).String()
	for range 16 {
		conn, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	if os.Getenv("MIST_NO_SKIP") != "" {
		t.Fatal("the backlog of this system is never full")
	}
	t.Skip("the backlog of this system is never full")
	return ""
}

func TestTCPDialWithAFullBacklogEndsWithItsContext(t *testing.T) {
	address := fullBacklog(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := checks.TCPDial(address)(ctx)
	expectFailure(t, err, "TCPDial "+address+": dial tcp "+address+": i/o timeout")
	expectIs(t, err, context.DeadlineExceeded)
}
