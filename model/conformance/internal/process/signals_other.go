//go:build !unix

package process

import (
	"os"
	"os/exec"
	"syscall"
)

// Terminate is what a supervisor sends.
var Terminate os.Signal = syscall.SIGTERM

// Raise does nothing: a process cannot send itself signals here.
func Raise(os.Signal) {}

// diedOf returns nil: no signal ends a process here.
func diedOf(*exec.Cmd) os.Signal { return nil }

// BrokenPipe ends no process here.
var BrokenPipe os.Signal = syscall.SIGPIPE

// harmless is a signal of which one may be missed.
var harmless os.Signal = syscall.SIGHUP
