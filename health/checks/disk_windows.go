package checks

import (
	"syscall"
	"unsafe"
)

var getDiskFreeSpaceEx = syscall.NewLazyDLL("kernel32.dll").NewProc("GetDiskFreeSpaceExW")

// freeDisk returns the space that is free for the caller, from GetDiskFreeSpaceExW.
func freeDisk(path string) (free, whole uint64, err error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return 0, 0, err
	}
	if err := getDiskFreeSpaceEx.Find(); err != nil {
		return 0, 0, err
	}
	ok, _, err := getDiskFreeSpaceEx.Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&free)), uintptr(unsafe.Pointer(&whole)), 0)
	if ok == 0 {
		return 0, 0, err
	}
	return free, whole, nil
}
