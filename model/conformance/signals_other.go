//go:build !unix

package conformance

import (
	"os"
	"os/exec"
	"syscall"
)

// realSignals says that a process can send itself signals here.
const realSignals = false

var terminate os.Signal = syscall.SIGTERM

func raise(os.Signal) {}

func diedOf(*exec.Cmd) os.Signal { return nil }

var brokenPipe os.Signal = syscall.SIGPIPE
