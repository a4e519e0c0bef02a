//go:build unix

package fuzz

import (
	"bufio"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// A hundred signals as fast as they can be sent, the first of them as soon as
// the process runs: one stop, and nothing forced, because no two interrupts
// are far enough apart (SIG-1, SIG-2).
func TestAStormOfSignalsIsOneStop(t *testing.T) {
	for _, kind := range []struct {
		name string
		sigs []syscall.Signal
	}{
		{"SIGTERM", []syscall.Signal{syscall.SIGTERM}},
		{"SIGINT", []syscall.Signal{syscall.SIGINT}},
		{"both in turn", []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), processVariable+"=storm", "GORACE=atexit_sleep_ms=0")
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			lines.Scan() // running
			for i := range 100 {
				if cmd.Process.Signal(kind.sigs[i%len(kind.sigs)]) != nil {
					break
				}
			}
			lines.Scan()
			if got, want := lines.Text(), "[work first second] <nil>"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("the process ended with %v", err)
			}
		})
	}
}
