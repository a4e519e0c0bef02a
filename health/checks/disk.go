package checks

import (
	"context"
	"fmt"
)

// FreeDisk returns a check that passes if the file system of path has at least atLeast
// bytes free for this process: space that is reserved for the superuser, or exceeds a
// quota on Windows, is not free.
//
// A file system that reports no size (ramfs, a tmpfs without a limit, the root of
// gVisor) passes.
//
// On Windows path must be a directory, elsewhere it may be any file. FreeDisk supports
// linux, darwin, freebsd, dragonfly and windows; elsewhere the check fails with
// [errors.ErrUnsupported]. With an empty path, or a limit of 0 bytes, which every disk
// satisfies, the check always fails.
func FreeDisk(path string, atLeast uint64) func(ctx context.Context) error {
	switch {
	case path == "":
		return bad("FreeDisk: the path is empty")
	case atLeast == 0:
		return bad("FreeDisk %s: at least 0 bytes are always free", path)
	}
	return named("FreeDisk "+path, func(context.Context) error {
		free, whole, err := freeDisk(path)
		if err != nil {
			return err
		}
		if free < atLeast && whole > 0 {
			return fmt.Errorf("%s free, at least %s wanted", size(free), size(atLeast))
		}
		return nil
	})
}
