package process

import (
	"os"
	"runtime"
	"syscall"
)

// Raise sends a signal to this process, by way of its own thread: so it has
// been taken by the runtime when Raise returns. One that is sent to the process
// may come later, when the run that it was meant for has ended, and kill it.
func Raise(sig os.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = syscall.Tgkill(os.Getpid(), syscall.Gettid(), sig.(syscall.Signal))
}
