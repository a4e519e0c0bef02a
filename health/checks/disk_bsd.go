//go:build darwin || freebsd || dragonfly

package checks

import "syscall"

// freeDisk retries when a signal interrupts it, which a network file system may allow.
// On FreeBSD the free space is negative when the reserve is in use.
func freeDisk(path string) (free, whole uint64, err error) {
	for {
		var s syscall.Statfs_t
		switch err := syscall.Statfs(path, &s); {
		case err == syscall.EINTR:
		case err != nil:
			return 0, 0, err
		default:
			return uint64(max(0, int64(s.Bavail))) * uint64(s.Bsize), uint64(s.Blocks) * uint64(s.Bsize), nil
		}
	}
}
