//go:build unix

package lifecycle

import (
	"os"
	"syscall"
)

// brokenPipeSignals are the signals that a write to a broken standard output
// or error raises.
func brokenPipeSignals() []os.Signal { return []os.Signal{syscall.SIGPIPE} }

// uncatchableSignals are the signals that cannot be caught.
func uncatchableSignals() []os.Signal { return []os.Signal{syscall.SIGKILL, syscall.SIGSTOP} }
