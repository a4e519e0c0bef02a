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

// WritableDir returns a check that passes if a file can be created in dir, written and
// removed. The file's name is ".mist-health-" and a random number, the same in each
// run; a crash may leave it behind, empty or with one byte. If files can be created but
// not removed, the check fails and leaves at most one file.
//
// It detects a read-only mount, missing permission, and a volume that is not mounted or
// has no inodes left. To detect a full volume use [FreeDisk]: a file system may accept a
// byte without having room for it.
//
// File operations have no context: a run on a file system that hangs ends when the file
// system responds, and is reported at the check's timeout (HEALTH-9). With an empty dir
// the check always fails.
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

// write creates the file and removes it, even after an error. A file that exists could
// not be removed by an earlier run.
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

// step adds what was being done to err, and omits the file's name, which the user has
// not chosen.
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
