package fuzz

import (
	"os"
	"testing"

	"github.com/greynewell/mist-go/docs/child"
)

// programs are what the tests build, matchspec alone.
var programs child.Programs

// startSelf starts this test binary as a process that does what.
func startSelf(t *testing.T, what string) *child.Process {
	t.Helper()
	return child.Start(t, os.Args[0], []string{processVariable + "=" + what, "GORACE=atexit_sleep_ms=0"})
}
