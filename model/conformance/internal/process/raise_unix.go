//go:build unix && !linux

package process

import (
	"os"
	"syscall"
	"time"
)

// Raise sends a signal to this process, and gives it a moment to arrive.
func Raise(sig os.Signal) {
	_ = syscall.Kill(os.Getpid(), sig.(syscall.Signal))
	time.Sleep(10 * time.Millisecond)
}
