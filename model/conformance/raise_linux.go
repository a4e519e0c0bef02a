package conformance

import (
	"os"
	"runtime"
	"syscall"
)

// raise sends a signal to this process, by way of its own thread: so it has
// been taken by the runtime when raise returns. One that is sent to the process
// may come later, when the run that it was meant for has ended, and kill it.
func raise(sig os.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = syscall.Tgkill(os.Getpid(), syscall.Gettid(), sig.(syscall.Signal))
}
