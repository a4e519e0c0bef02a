package fuzz

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// One processor, and a goroutine that never gives it back by itself.
func TestABusyLoopOnTheOnlyProcessorKeepsNothingFromEnding(t *testing.T) {
	busy := func(args ...string) start {
		return start{env: []string{"GOMAXPROCS=1"}, args: append([]string{"-fault", "busy-loop", "-flush-every", "20ms"}, args...)}
	}
	t.Run("a clean stop", func(t *testing.T) {
		t.Parallel()
		m := busy().begin(t)
		h := m.hold(t, "held")
		accepted := m.postAll(t, keepingClient(t), "r", 3, "x")
		m.Signal(syscall.SIGTERM)
		m.AwaitLog("to=draining")
		if got := h.release(); got != "HTTP/1.1 202 Accepted" {
			t.Errorf("the request under way got %q", got)
		}
		m.wantExit(t, 0)
		m.wantHooksOnce(t)
		m.wantStored(t, append(accepted, "held"))
	})
	t.Run("a drain timeout", func(t *testing.T) {
		t.Parallel()
		m := busy("-drain-timeout", "500ms").begin(t)
		h := m.hold(t, "held")
		m.Signal(syscall.SIGTERM)
		if got := h.answer(); got != "" {
			t.Errorf("the request that was cut got %q", got)
		}
		m.wantExit(t, 1)
		m.wantFailure(t, "drain timeout (500ms): still busy: ", "1 request")
		m.wantHooksOnce(t)
	})
}

// A heap that is over GOMEMLIMIT for good: the collector runs without a pause,
// and the service goes on.
func TestAHeapOverItsLimitDelaysTheStopAndLosesNothing(t *testing.T) {
	t.Parallel()
	m := start{env: []string{"GOMEMLIMIT=4MiB"}, args: []string{"-evaluate", "5ms"}}.begin(t)
	accepted := m.postAll(t, keepingClient(t), "r", 20, strings.Repeat("x", 200<<10))
	m.Signal(syscall.SIGTERM)
	m.wantExit(t, 0)
	m.wantHooksOnce(t)
	m.wantStored(t, accepted)
}

// A limit that the system enforces ends a Go process on the spot, as the OOM
// killer does: what was flushed is there, and the next process goes on with it.
func TestAProcessOutOfMemoryLosesNoRecordThatWasFlushed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// Of 256 MiB for data, stacks of threads included.
	m := start{dir: dir, shell: "ulimit -s 1024; ulimit -d 262144", args: []string{"-flush-every", "5ms"}}.begin(t)
	accepted := m.postAll(t, keepingClient(t), "r", 10, "x")
	waitFor(t, func() bool { return m.flushed(t) == len(accepted) })
	input := strings.Repeat("x", 1000<<10)
	var flood sync.WaitGroup
	for i := range 100 {
		client := keepingClient(t)
		flood.Go(func() { _, _, _ = m.postUntilRefused(client, fmt.Sprint("flood", i), input, 0) })
	}
	m.wantExit(t, 2)
	flood.Wait()
	if m.Stderr.Find("memory") < 0 && m.Stderr.Find("pthread_create failed") < 0 {
		t.Error("it ended for another reason")
	}
	stored, torn := m.stored(t)
	if n := m.flushed(t); len(stored) < n || len(stored) < len(accepted) || !slices.Equal(accepted, stored[:len(accepted)]) {
		t.Errorf("%d records were flushed, the store has %v", n, stored)
	}
	t.Logf("%d records were flushed, %d are stored (a torn line: %v)", m.flushed(t), len(stored), torn)

	again := start{dir: dir}.begin(t)
	again.Signal(syscall.SIGTERM)
	again.wantExit(t, 0)
	again.wantStored(t, stored)
}
