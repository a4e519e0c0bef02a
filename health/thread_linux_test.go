package health_test

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/health"
)

// A goroutine that ends locked to its thread ends the thread: no other check is
// called there (HEALTH-8).
func TestCheckThatLocksItsThreadDoesNotAffectOthers(t *testing.T) {
	cwd := func() string { var b [4096]byte; n, _ := syscall.Getcwd(b[:]); return string(b[:n-1]) }
	home, h, wrong := cwd(), health.New("t", "1", quiet()), 0
	h.AddCheck("a", func() error {
		runtime.LockOSThread() // not unlocked: the runtime ends the thread with the goroutine
		_ = syscall.Unshare(syscall.CLONE_FS)
		return syscall.Chdir("/proc")
	})
	h.AddCheck("b", func() error {
		if cwd() != home {
			return fmt.Errorf("runs in %s", cwd())
		}
		return nil
	})
	for range 200 {
		if r, _ := h.Check(context.Background()); r.Checks["b"] != "ok" {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("b ran on the thread of a in %d of 200 probes", wrong)
	}
}
