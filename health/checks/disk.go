package checks

import (
	"context"
	"fmt"
)

// FreeDisk returns a check that passes when the file system that path is on
// has at least atLeast bytes free for this process: what is reserved for the
// superuser, or is over a quota on Windows, is not free.
//
// A file system that reports no size, as ramfs, a tmpfs without a limit and the
// root of gVisor do, has no room that could run out, and passes.
//
// On Windows path is a directory, elsewhere any file. It is there for linux,
// darwin, freebsd, dragonfly and windows; elsewhere it fails with
// [errors.ErrUnsupported]. An empty path, or a limit of 0 bytes, which every
// disk has, is a check that fails and says so.
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
