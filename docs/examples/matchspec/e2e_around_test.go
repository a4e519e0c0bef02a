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
)

func TestTheStatusPageIsThere(t *testing.T) {
	t.Parallel()
	s := begin(t)
	for accept, want := range map[string]string{"text/html": "<title>", "application/json": `"state":"running"`} {
		req, err := http.NewRequest(http.MethodGet, s.url+"/statusz", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", accept)
		resp, err := s.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), accept) ||
			!strings.Contains(string(body), want) || !strings.Contains(string(body), "service.go") {
			t.Errorf("%s: %d %s\n%s", accept, resp.StatusCode, resp.Header.Get("Content-Type"), body)
		}
	}
	s.Signal(syscall.SIGTERM)
	s.wantExit(0)
}

func TestSystemdIsToldWhereItHasStartedTheProcess(t *testing.T) {
	// A socket's path has to be shorter than a test's temporary directory may be.
	dir, err := os.MkdirTemp("", "sd")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := socket.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", path)
	s := begin(t, "-slow", "300ms")
	slow, err := s.slow() // so that the stop lasts long enough to be told of
	if err != nil {
		t.Fatal(err)
	}
	s.Signal(syscall.SIGTERM)
	if _, err := slow.finish(); err != nil {
		t.Error(err)
	}
	s.wantExit(0)
	var told []string
	buf := make([]byte, 4096)
	for _, want := range []string{"READY=1", "STOPPING=1", "EXTEND_TIMEOUT_USEC="} {
		for found := false; !found; {
			n, err := socket.Read(buf)
			if err != nil {
				t.Fatalf("no message with %s, %v; after %q", want, err, told)
			}
			told = append(told, string(buf[:n]))
			found = strings.Contains(told[len(told)-1], want)
		}
	}
}
