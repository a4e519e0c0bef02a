// Package guidetest runs a guide's program as its readers do: built with go
// build, started as a process, stopped by a signal.
package guidetest

import (
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/docs/child"
	"github.com/greynewell/mist-go/internal/loopback"
)

var programs child.Programs

// Main is for a TestMain: it runs the tests, looks for goroutines that they
// left behind, and removes what was built.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		programs.Remove()
		os.Exit(code)
	}))
}

// Start starts the program of the guide that is tested: the package in the
// current directory, built once.
func Start(t testing.TB, args ...string) *child.Process {
	t.Helper()
	return child.Start(t, build(t, "."), nil, args...)
}

// Serve starts the program with each of the flags set to a free address of its
// own, and with args. It returns when the program listens on all of them.
func Serve(t testing.TB, flags []string, args ...string) (p *child.Process, addrs []string) {
	t.Helper()
	return ServeIn(t, ".", flags, args...)
}

// ServeIn is Serve for the program in the directory dir.
func ServeIn(t testing.TB, dir string, flags []string, args ...string) (p *child.Process, addrs []string) {
	t.Helper()
	program := build(t, dir)
	for range 10 {
		all := args
		addrs = addrs[:0]
		for _, flag := range flags {
			addr := loopback.FreeAddr()
			addrs, all = append(addrs, addr), append([]string{flag, addr}, all...)
		}
		p = child.Start(t, program, nil, all...)
		if listens(p, addrs) {
			return p, addrs
		}
		t.Logf("the program could not listen on %v; once more", addrs)
	}
	t.Fatalf("the program does not listen on %v", flags)
	return nil, nil
}

func build(t testing.TB, dir string) string {
	t.Helper()
	path, err := programs.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// listens waits until all addresses can be connected to, or the process has
// ended.
func listens(p *child.Process, addrs []string) bool {
	for len(addrs) > 0 {
		if conn, err := net.Dial("tcp", addrs[0]); err == nil {
			conn.Close()
			addrs = addrs[1:]
			continue
		}
		select {
		case <-p.Exited():
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	return true
}

// WantExit waits for the process to end and compares its exit code.
func WantExit(t testing.TB, p *child.Process, want int) {
	t.Helper()
	if got := p.ExitCode(); got != want {
		t.Errorf("exit code %d, want %d", got, want)
	}
}

// WantInOrder compares the order of lines on stderr: the first that contains
// each text comes after the one before.
func WantInOrder(t testing.TB, p *child.Process, texts ...string) {
	t.Helper()
	last, before := -1, ""
	for _, text := range texts {
		at := p.Stderr.Find(text)
		switch {
		case at < 0:
			t.Errorf("no line on stderr contains %q", text)
		case at <= last:
			t.Errorf("%q comes before %q", text, before)
		default:
			last, before = at, text
		}
	}
}
