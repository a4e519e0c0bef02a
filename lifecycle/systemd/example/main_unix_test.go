//go:build unix

package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childVariable makes this test binary the program.
const childVariable = "SYSTEMD_EXAMPLE_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestTheService(t *testing.T) {
	dir, err := os.MkdirTemp("", "sd") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	greeting := filepath.Join(dir, "greeting.txt")
	write := func(text string) {
		if err := os.WriteFile(greeting, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("good morning")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	// wait reads messages until one has all that is wanted.
	wait := func(want ...string) {
		t.Helper()
		for {
			buf := make([]byte, 4096)
			_ = socket.SetReadDeadline(time.Now().Add(30 * time.Second))
			n, err := socket.Read(buf)
			if err != nil {
				t.Fatalf("no message with %q: %v", want, err)
			}
			missing := false
			for _, text := range want {
				missing = missing || !strings.Contains(string(buf[:n]), text)
			}
			if !missing {
				return
			}
		}
	}

	cmd := exec.Command(os.Args[0], "-addr", "127.0.0.1:0", "-greeting", greeting)
	cmd.Env = append(os.Environ(), childVariable+"=1", "NOTIFY_SOCKET="+filepath.Join(dir, "notify"), "WATCHDOG_USEC=1000000")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	url := "http://" + strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	wait("READY=1")
	get := func(want string) {
		t.Helper()
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != want {
			t.Errorf("answer %q, want %q (%v)", body, want, err)
		}
	}
	get("good morning")

	write("good evening")
	_ = cmd.Process.Signal(syscall.SIGHUP)
	wait("RELOADING=1", "MONOTONIC_USEC=")
	wait("READY=1", "STATUS=running (reloaded)")
	get("good evening")

	if err := os.Remove(greeting); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(syscall.SIGHUP)
	wait("READY=1", "STATUS=running (reload failed: open ", "no such file")
	get("good evening")

	wait("WATCHDOG=1")
	_ = cmd.Process.Signal(syscall.SIGTERM)
	wait("STOPPING=1")
	wait("STATUS=stopped")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
