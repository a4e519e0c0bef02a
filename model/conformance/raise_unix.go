//go:build unix && !linux

package conformance

import (
	"os"
	"syscall"
	"time"
)

// raise sends a signal to this process, and gives it a moment to arrive.
func raise(sig os.Signal) {
	_ = syscall.Kill(os.Getpid(), sig.(syscall.Signal))
	time.Sleep(10 * time.Millisecond)
}
