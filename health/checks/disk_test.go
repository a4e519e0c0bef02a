package checks_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/health/checks"
)

func TestFreeDiskPassesWithRoomAndFailsWithout(t *testing.T) {
	dir := t.TempDir()
	expectPass(t, checks.FreeDisk(dir, 1))
	expectFailure(t, checks.FreeDisk(dir, math.MaxUint64)(t.Context()), "FreeDisk "+dir,
		" free, at least 16.0 EiB (18446744073709551615 bytes) wanted")
}

func TestFreeDiskFindsWhatDfFinds(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "df", "-P", "-k", dir).Output()
	if err != nil {
		t.Skipf("there is no df: %v", err)
	}
	fields := strings.Fields(strings.Split(string(out), "\n")[1])
	available, err := strconv.ParseUint(fields[3], 10, 64)
	if err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	if available == 0 {
		t.Skip("the disk is full")
	}
	// Others write to the disk meanwhile.
	free := available * 1024
	expectPass(t, checks.FreeDisk(dir, free-free/4))
	expectFailure(t, checks.FreeDisk(dir, free+free/4)(t.Context()), " free, at least ")
}

func TestFreeDiskFailsForAMissingPath(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	err := checks.FreeDisk(missing, 1)(t.Context())
	expectFailure(t, err, "FreeDisk "+missing+": ")
	expectIs(t, err, os.ErrNotExist)
}

// A file system without a size has no room that could run out.
func TestFreeDiskPassesOnAFileSystemWithoutASize(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc, which has no size")
	}
	expectPass(t, checks.FreeDisk("/proc", math.MaxUint64))
}
