//go:build unix

package process

import (
	"os"
	"os/exec"
	"testing"
)

// ignoringVariable tells a process that this test has started it with SIGINT ignored.
const ignoringVariable = "PROCESS_TEST_IGNORES"

func TestChildrenHearInterruptsUntilTheLastCallHasEnded(t *testing.T) {
	if os.Getenv(ignoringVariable) == "" {
		cmd := exec.Command("/bin/sh", "-c", `trap "" INT; exec "$0" -test.run "^TestChildrenHear"`, os.Args[0])
		cmd.Env = append(os.Environ(), ignoringVariable+"=1")
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
		return
	}
	if !survivesInterrupt() {
		t.Fatal("a child of this process hears SIGINT before it should")
	}
	first := HearInterrupts()
	second := HearInterrupts()
	first()
	if survivesInterrupt() {
		t.Error("a child ignores SIGINT though one call is still in effect")
	}
	second()
	if !survivesInterrupt() {
		t.Error("a child hears SIGINT when no call is in effect")
	}
}

// survivesInterrupt reports whether a child process does not end by SIGINT.
func survivesInterrupt() bool {
	return exec.Command("/bin/sh", "-c", "kill -INT $$").Run() == nil
}
