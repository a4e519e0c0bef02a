package checks_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/greynewell/mist-go/health/checks"
)

func expectEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("want an empty directory, got %v, %v", entries, err)
	}
}

func TestWritableDirPassesAndLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		expectPass(t, checks.WritableDir(dir))
	}
	expectEmpty(t, dir)
}

func TestWritableDirFollowsALink(t *testing.T) {
	dir, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err) // Windows asks for a privilege
	}
	expectPass(t, checks.WritableDir(link))
	expectEmpty(t, dir)
}

func TestWritableDirFailsForAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expectFailure(t, checks.WritableDir(file)(t.Context()), "WritableDir "+file+": not a directory")

	missing := filepath.Join(filepath.Dir(file), "missing")
	err := checks.WritableDir(missing)(t.Context())
	expectFailure(t, err, "WritableDir "+missing+": cannot stat: ")
	expectIs(t, err, fs.ErrNotExist)
}

// It says the same in each run, though each would have made another file.
func TestWritableDirFailsForAReadOnlyDirectory(t *testing.T) {
	dir := "/proc/self" // even the superuser creates no file there
	if runtime.GOOS != "linux" {
		dir = t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS == "windows" || os.Geteuid() == 0 {
			t.Skip("the mode of a directory keeps nobody from writing")
		}
	}
	check := checks.WritableDir(dir)
	err, again := check(t.Context()), check(t.Context())
	expectFailure(t, err, "WritableDir "+dir+": cannot create a file: ")
	if again == nil || again.Error() != err.Error() {
		t.Errorf("%v, then %v", err, again)
	}
}

func TestWritableDirKeepsNoFileOpen(t *testing.T) {
	const table = "/proc/self/fd"
	if runtime.GOOS != "linux" {
		t.Skip("needs " + table)
	}
	check := checks.WritableDir(t.TempDir())
	before, err := os.ReadDir(table)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		expectPass(t, check)
	}
	after, err := os.ReadDir(table)
	if err != nil || len(after) >= len(before)+100 {
		t.Errorf("%d files are open, %d were before; %v", len(after), len(before), err)
	}
}

// Where files can be created and not removed, as with chattr +a, one is left
// behind, not one for each run.
func TestWritableDirLeavesOneFileWhereNoneCanBeRemoved(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("chattr", "+a", dir).CombinedOutput(); err != nil {
		t.Skipf("chattr +a is not possible here: %v %s", err, out)
	}
	defer func() {
		if out, err := exec.Command("chattr", "-a", dir).CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, out)
		}
	}()
	check := checks.WritableDir(dir)
	first := check(t.Context())
	expectFailure(t, first, "WritableDir "+dir+": cannot remove a file: ")
	for range 10 {
		if err := check(t.Context()); err == nil || err.Error() != first.Error() {
			t.Errorf("%v, and later %v", first, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files are left, want 1: %v", len(entries), err)
	}
}

func TestWritableDirRunsConcurrently(t *testing.T) {
	dir := t.TempDir()
	check := checks.WritableDir(dir)
	var runs sync.WaitGroup
	for range 50 {
		runs.Go(func() { expectPass(t, check) })
	}
	runs.Wait()
	expectEmpty(t, dir)
}
