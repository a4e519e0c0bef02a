//go:build unix

package process

import (
	"syscall"
	"time"
)

// Used returns the processor time that this process has taken, on all processors
// together. It does not advance while the machine has other things to do.
func Used() time.Duration {
	const self = 0 // RUSAGE_SELF
	var usage syscall.Rusage
	_ = syscall.Getrusage(self, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
