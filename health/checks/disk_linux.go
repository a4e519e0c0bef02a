package checks

import "syscall"

// freeDisk counts in fragments, as df does: the block size is the transfer size, which
// differs on NFS and FUSE (statvfs(3), f_frsize).
func freeDisk(path string) (free, whole uint64, err error) {
	s, err := statfs(path)
	if err != nil {
		return 0, 0, err
	}
	unit := s.Frsize
	if unit == 0 { // not filled in before Linux 2.6
		unit = s.Bsize
	}
	return s.Bavail * uint64(unit), s.Blocks * uint64(unit), nil
}

// statfs retries when a signal interrupts it, which a network file system may allow.
func statfs(path string) (s syscall.Statfs_t, err error) {
	for {
		if err = syscall.Statfs(path, &s); err != syscall.EINTR {
			return s, err
		}
	}
}
