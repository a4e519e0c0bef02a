//go:build unix

package fuzz

import (
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Every fault is one of a real process, under a limit that its shell has set
// before. What was accepted is stored, or the error says how much of it is not.

func TestAFullDiskIsAnErrorThatSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := start{dir: dir, shell: "ulimit -f 40", args: []string{"-flush-every", "20ms"}}.begin(t)
	accepted, _, _ := m.postUntilRefused(keepingClient(t), "r", "x", 0)
	m.wantExit(t, 1)
	failed := m.AwaitLog("matchspec failed")
	lost := regexp.MustCompile(`file too large; the last (\d+) records that were accepted may be lost`).FindStringSubmatch(failed)
	if lost == nil {
		t.Fatalf("the error does not say what is lost: %s", failed)
	}
	for _, hook := range []string{"hook registered at", "were never flushed"} { // both were run, and failed
		if !strings.Contains(failed, hook) {
			t.Errorf("the error does not say %q: %s", hook, failed)
		}
	}
	n, _ := strconv.Atoi(lost[1])
	stored, torn := m.stored(t)
	if len(stored)+n < len(accepted) {
		t.Errorf("%d records were accepted, %d are stored, at most %d may be lost", len(accepted), len(stored), n)
	}
	t.Logf("%d records were accepted, %d are stored (a torn line: %v), at most %d are said to be lost", len(accepted), len(stored), torn, n)

	again := start{dir: dir}.begin(t) // there is room again
	if code, err := again.post(keepingClient(t), "after", "x"); code != http.StatusAccepted {
		t.Errorf("after a restart: %d, %v", code, err)
	}
	again.Signal(syscall.SIGTERM)
	again.wantExit(t, 0)
	again.wantHooksOnce(t)
	again.wantStored(t, append(stored, "after"))
}

func TestWithoutDescriptorsKeptConnectionsAreServedAndTheStopIsClean(t *testing.T) {
	t.Parallel()
	m := start{shell: "ulimit -n 24"}.begin(t)
	client := keepingClient(t)
	accepted := m.postAll(t, client, "before", 10, "x")
	var conns []net.Conn
	for range 48 { // the system takes those that the process cannot
		conn, err := net.Dial("tcp", strings.TrimPrefix(m.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	waitFor(t, func() bool { return m.ready(t, client) == http.StatusServiceUnavailable }) // the check opens a file
	for _, conn := range conns[24:] {
		_ = conn.Close()
	}
	accepted = append(accepted, m.postAll(t, client, "without", 10, "x")...)
	m.Signal(syscall.SIGTERM)
	m.wantExit(t, 0)
	m.wantHooksOnce(t)
	m.wantStored(t, accepted)
	for _, conn := range conns[:24] {
		_ = conn.SetDeadline(time.Now().Add(patience))
		if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Errorf("a connection without a request got %d bytes, %v", n, err)
		}
	}
}
