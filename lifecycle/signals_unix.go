//go:build unix

package lifecycle

import (
	"os"
	"syscall"
)

// brokenPipeSignals are the signals that a write to a broken standard output
// or error raises.
func brokenPipeSignals() []os.Signal { return []os.Signal{syscall.SIGPIPE} }

// uncatchableSignals are those that the system delivers to no process.
func uncatchableSignals() []os.Signal { return []os.Signal{syscall.SIGKILL, syscall.SIGSTOP} }
