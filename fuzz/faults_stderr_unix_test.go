//go:build unix

package fuzz

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A stderr whose reader hangs, or has gone, while the service serves: requests
// are answered, hooks run, and the process ends with the code of a clean stop.
func TestAStderrThatIsNotReadStopsNothing(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, reader *os.File, path string){
		"the reader hangs": fill,
		"the reader has gone": func(t *testing.T, reader *os.File, _ string) {
			_ = reader.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "stderr")
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			m := start{shell: "exec 2>" + path}.run(t)
			greeting, _ := m.Stdout.Await(" serves on ", patience)
			_, m.url, _ = strings.Cut(greeting, " serves on ")
			end(t, reader, path)
			accepted := m.postAll(t, keepingClient(t), "r", 20, "x")
			m.Signal(syscall.SIGTERM)
			m.wantExit(t, 0)
			m.wantStored(t, accepted)
		})
	}
}

// fill fills a pipe, so that the next write to it hangs.
func fill(t *testing.T, _ *os.File, path string) {
	writer, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	raw, err := writer.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{4096, 1} {
		for err = nil; err == nil; {
			if controlErr := raw.Control(func(fd uintptr) { _, err = syscall.Write(int(fd), make([]byte, size)) }); controlErr != nil {
				t.Fatal(controlErr)
			}
		}
		if !errors.Is(err, syscall.EAGAIN) {
			t.Fatal(err)
		}
	}
}
