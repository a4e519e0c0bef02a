//go:build unix

package main

import (
	"context"
	"os"
	"syscall"
)

const stopText = "SIGTERM: not ready, but still listening"

// sendStop sends this process a real SIGTERM, as an orchestrator does.
func sendStop(context.Context) { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) }
