//go:build unix

package process

import (
	"os"
	"os/exec"
	"testing"
)

// ignoringVariable tells a process that this test has started it with SIGINT and SIGHUP
// ignored.
const ignoringVariable = "PROCESS_TEST_IGNORES"

func TestChildrenHearSignalsUntilTheLastCallHasEnded(t *testing.T) {
	if os.Getenv(ignoringVariable) == "" {
		cmd := exec.Command("/bin/sh", "-c", `trap "" INT HUP; exec "$0" -test.run "^TestChildrenHear"`, os.Args[0])
		cmd.Env = append(os.Environ(), ignoringVariable+"=1")
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
		return
	}
	for _, name := range []string{"INT", "HUP"} {
		if !survives(name) {
			t.Fatalf("a child of this process hears SIG%s before it should", name)
		}
	}
	first := HearSignals()
	second := HearSignals()
	first()
	for _, name := range []string{"INT", "HUP"} {
		if survives(name) {
			t.Errorf("a child ignores SIG%s though one call is still in effect", name)
		}
	}
	second()
	for _, name := range []string{"INT", "HUP"} {
		if !survives(name) {
			t.Errorf("a child hears SIG%s when no call is in effect", name)
		}
	}
}

// survives reports whether a child process does not end by the signal.
func survives(name string) bool {
	return exec.Command("/bin/sh", "-c", "kill -"+name+" $$").Run() == nil
}
