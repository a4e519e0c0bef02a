//go:build unix

package conformance

import (
	"os"
	"os/exec"
	"syscall"
)

// realSignals says that a process can send itself signals here.
const realSignals = true

// terminate is what a supervisor sends.
var terminate os.Signal = syscall.SIGTERM

// brokenPipe is what a process dies of that writes to a standard output or error
// that nobody reads.
var brokenPipe os.Signal = syscall.SIGPIPE

// diedOf returns the signal that ended a process, nil if none did.
func diedOf(cmd *exec.Cmd) os.Signal {
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal()
	}
	return nil
}
