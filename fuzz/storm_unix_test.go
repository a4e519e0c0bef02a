//go:build unix

package fuzz

import (
	"syscall"
	"testing"
	"time"
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
			p := startSelf(t, "storm")
			p.Stdout.Await("running", time.Minute)
			for i := range 100 {
				if p.Send(kind.sigs[i%len(kind.sigs)]) != nil {
					break
				}
			}
			if state := p.Wait(); !state.Success() {
				t.Errorf("the process ended with %v", state)
			}
			if want := "running\n[work first second] <nil>"; p.Stdout.String() != want {
				t.Errorf("got %q, want %q", p.Stdout, want)
			}
		})
	}
}
