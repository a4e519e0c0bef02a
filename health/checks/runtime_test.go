package checks_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/greynewell/mist-go/health/checks"
)

func TestMaxGoroutinesFailsAboveItsLimitAndRecovers(t *testing.T) {
	const more = 100
	ceiling := runtime.NumGoroutine() + more/2
	c := checks.MaxGoroutines(ceiling)
	expectPass(t, c)

	release := make(chan struct{})
	var group sync.WaitGroup
	for range more {
		group.Go(func() { <-release })
	}
	expectFailure(t, c(t.Context()), "checks: MaxGoroutines: ", fmt.Sprintf(" goroutines, at most %d wanted", ceiling))
	close(release)
	group.Wait()
	for runtime.NumGoroutine() > ceiling { // those that are done are still counted for a moment
		runtime.Gosched()
	}
	expectPass(t, c)
}

func TestMaxMemoryFailsAboveItsLimitAndRecovers(t *testing.T) {
	const ballast = 64 << 20
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	c := checks.MaxMemory(stats.Sys - stats.HeapReleased + ballast/2)
	expectPass(t, c)

	held := make([]byte, ballast)
	expectFailure(t, c(t.Context()), "checks: MaxMemory: ", " held, at most ", "MiB", " wanted")
	runtime.KeepAlive(held)
	held = nil
	debug.FreeOSMemory()
	expectPass(t, c)
	runtime.KeepAlive(held)
}

func TestMaxMemoryErrorHasTheMemoryHeld(t *testing.T) {
	expectFailure(t, checks.MaxMemory(1023)(t.Context()), "MiB (", " bytes) held, at most 1023 bytes wanted")
	expectFailure(t, checks.MaxMemory(1536)(t.Context()), " bytes) held, at most 1.5 KiB (1536 bytes) wanted")
}
