package checks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// WritableDir returns a check that passes when a file can be created in dir,
// written and removed again. The file is named ".mist-health-" and a random
// number, the same in each run; one that a crash leaves behind is empty or has
// one byte. If files can be created but not removed, the check fails and leaves at
// most one file.
//
// It tells of a read-only mount, missing permission, a volume that is not
// mounted or has no inode left. For one that is full use [FreeDisk]: a file
// system may take a byte and have no room for it.
//
// Files know no context: a run on a file system that hangs ends when the file
// system does, and is reported at the check's timeout (HEALTH-9). An empty dir
// is a check that fails and says so.
func WritableDir(dir string) func(ctx context.Context) error {
	if dir == "" {
		return bad("WritableDir: the directory is empty")
	}
	name := filepath.Join(dir, fmt.Sprintf(".mist-health-%d", rand.Uint64()))
	turn := make(chan struct{}, 1) // runs share the name
	return named("WritableDir "+dir, func(ctx context.Context) error {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return errors.New("another run hangs")
		}
		info, err := os.Stat(dir)
		switch {
		case err != nil:
			return step("stat", err)
		case !info.IsDir():
			return errors.New("not a directory")
		}
		return write(name)
	})
}

// write creates the file and removes it, whatever happens in between. One that
// is there already could not be removed when it was made.
func write(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) && err != nil {
		return step("remove a file", err)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return step("create a file", err)
	}
	_, err = file.Write([]byte{'.'})
	return errors.Join(
		step("write to a file", err),
		step("close a file", file.Close()),
		step("remove a file", os.Remove(name)),
	)
}

// step says what was being done, and leaves out the name of the file, which the
// user has not chosen.
func step(doing string, err error) error {
	if err == nil {
		return nil
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("cannot %s: %w", doing, err)
}
