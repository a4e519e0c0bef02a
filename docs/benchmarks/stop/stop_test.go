package main

import (
	"os"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestEveryChildStopsWell says nothing about how long that takes.
func TestEveryChildStopsWell(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process can be sent SIGTERM here")
	}
	built, err := build(".")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(built.dir)
	for _, s := range subjects {
		if s.slow {
			continue // the same child is run without its grace
		}
		t.Run(s.name, func(t *testing.T) {
			if _, err := stopIdle(built, s); err != nil {
				t.Errorf("with nothing under way: %v", err)
			}
			if s.idleOnly {
				return
			}
			if _, _, err := stopLoaded(built, s, schedule(5, time.Millisecond)); err != nil {
				t.Errorf("with five requests under way: %v", err)
			}
		})
	}
}

func TestRequestsEndInTheirOrder(t *testing.T) {
	ends := schedule(50, 80*time.Millisecond)
	if first, last := ends[0], ends[49]; first <= 20*time.Millisecond || last != 100*time.Millisecond {
		t.Errorf("the first ends after %v and the last after %v", first, last)
	}
}
