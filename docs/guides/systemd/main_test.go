//go:build unix

package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestSystemdIsToldOfTheStartAndOfWhatTheStopWaitsFor(t *testing.T) {
	dir, err := os.MkdirTemp("", "sd") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", path)

	p, addr := guidetest.Serve(t, []string{"-addr"})
	await(t, socket, "READY=1")
	answer := make(chan string, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get("http://" + addr[0])
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answer <- string(body)
	}()
	p.AwaitLog("working")
	p.Signal(syscall.SIGTERM)
	// The drain timeout, and five seconds for the next message to arrive.
	await(t, socket, "STOPPING=1", "waits for main, 1 request; at most 1m0s", "EXTEND_TIMEOUT_USEC=6")
	await(t, socket, "STATUS=stopped")
	if got := <-answer; got != "hello\n" {
		t.Errorf("the answer is %q", got)
	}
	guidetest.WantExit(t, p, 0)
	guidetest.WantQuotedLog(t, p, "../systemd.md", 0)
}

// await reads messages until one has all that is wanted.
func await(t *testing.T, socket *net.UnixConn, want ...string) {
	t.Helper()
	buf := make([]byte, 4096)
	var seen []string
	for {
		_ = socket.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, err := socket.Read(buf)
		if err != nil {
			t.Fatalf("no message with %q, but\n%s\n%v", want, strings.Join(seen, "\n"), err)
		}
		seen = append(seen, string(buf[:n]))
		found := true
		for _, text := range want {
			found = found && strings.Contains(string(buf[:n]), text)
		}
		if found {
			return
		}
	}
}
