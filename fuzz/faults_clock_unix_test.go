//go:build unix

package fuzz

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// short is each of the timeouts of a process that is frozen for longer.
var short = []string{"-flush-every", "20ms", "-drain-timeout", "1s", "-shutdown-timeout", "1s"}

// freeze stops the process, as a debugger, a snapshot of a virtual machine or a
// cgroup freezer does, and lets it go on when the timeouts are over.
func (m *matchspec) freeze(t *testing.T, meanwhile func()) {
	t.Helper()
	m.Signal(syscall.SIGSTOP)
	meanwhile()
	time.Sleep(1500 * time.Millisecond)
	m.Signal(syscall.SIGCONT)
}

func TestAProcessThatIsFrozenWhileItRunsGoesOn(t *testing.T) {
	t.Parallel()
	m := start{args: short}.begin(t)
	client := keepingClient(t)
	accepted := m.postAll(t, client, "before", 3, "x")
	answered := make(chan string, 1)
	m.freeze(t, func() {
		go func() {
			code, err := m.post(client, "meanwhile", "x")
			answered <- fmt.Sprint(code, err)
		}()
	})
	if got := <-answered; got != "202 <nil>" {
		t.Errorf("a request that came meanwhile: %s", got)
	}
	if code := m.ready(t, client); code != http.StatusOK {
		t.Errorf("readiness is %d", code)
	}
	m.Signal(syscall.SIGTERM)
	m.wantExit(t, 0)
	m.wantHooksOnce(t)
	m.wantStored(t, append(accepted, "meanwhile"))
}

// The drain delay is over when the process goes on, the drain timeout is not: it
// counts from the cancel.
func TestAProcessThatIsFrozenInItsDrainDelayStopsClean(t *testing.T) {
	t.Parallel()
	m := start{args: []string{"-drain-delay", "300ms", "-drain-timeout", "30s"}}.begin(t)
	h := m.hold(t, "held")
	accepted := m.postAll(t, keepingClient(t), "before", 3, "x")
	m.Signal(syscall.SIGTERM)
	m.AwaitLog("to=draining")
	m.freeze(t, func() {})
	if got := h.release(); got != "HTTP/1.1 202 Accepted" {
		t.Errorf("the request under way got %q", got)
	}
	m.wantExit(t, 0)
	m.wantHooksOnce(t)
	m.wantStored(t, append(accepted, "held"))
}

func TestAProcessThatIsFrozenForItsDrainTimeoutNamesWhatHung(t *testing.T) {
	t.Parallel()
	m := start{args: short}.begin(t)
	h := m.hold(t, "held")
	accepted := m.postAll(t, keepingClient(t), "before", 3, "x")
	waitFor(t, func() bool { ids, _ := m.stored(t); return len(ids) == len(accepted) })
	m.Signal(syscall.SIGTERM)
	m.AwaitLog("to=draining")
	m.freeze(t, func() {})
	if got := h.answer(); got != "" {
		t.Errorf("the request that was cut got %q", got)
	}
	m.wantExit(t, 1)
	m.wantFailure(t, "drain timeout (1s): still busy: ", "1 request")
	m.wantHooksOnce(t)
	m.wantStored(t, accepted)
}

func TestAProcessThatIsFrozenForItsShutdownTimeoutNamesWhatHung(t *testing.T) {
	t.Parallel()
	m := start{args: append([]string{"-fault", "hung-hook"}, short...)}.begin(t)
	m.Signal(syscall.SIGTERM)
	m.AwaitLog("to=hooks")
	m.freeze(t, func() {})
	m.wantExit(t, 1)
	m.wantFailure(t, "shutdown timeout (1s)", "faults.go", "was still running after", "2 hooks never ran")
}
