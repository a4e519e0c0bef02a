//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
)

// Terminate is what a supervisor sends.
var Terminate os.Signal = syscall.SIGTERM

// BrokenPipe is what a process dies of that writes to a standard output or error
// that nobody reads.
var BrokenPipe os.Signal = syscall.SIGPIPE

// diedOf returns the signal that ended a process, nil if none did.
func diedOf(cmd *exec.Cmd) os.Signal {
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal()
	}
	return nil
}

// harmless is a signal of which one may be missed.
var harmless os.Signal = syscall.SIGWINCH
