package checks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// WritableDir returns a check that passes when a file can be created in dir,
// written and removed again. The file is named ".mist-health-" and a random
// number; one that a crash leaves behind is empty or has one byte.
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
	return named("WritableDir "+dir, func(context.Context) error {
		info, err := os.Stat(dir)
		switch {
		case err != nil:
			return step("stat", err)
		case !info.IsDir():
			return errors.New("not a directory")
		}
		return write(dir)
	})
}

// write creates a file in dir and removes it, whatever happens in between.
func write(dir string) error {
	file, err := os.CreateTemp(dir, ".mist-health-*")
	if err != nil {
		return step("create a file", err)
	}
	_, err = file.Write([]byte{'.'})
	return errors.Join(
		step("write to a file", err),
		step("close a file", file.Close()),
		step("remove a file", os.Remove(file.Name())),
	)
}

// step says what was being done, and leaves out the name of the file, which is
// another one in each run.
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
