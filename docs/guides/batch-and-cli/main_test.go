//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/docs/child"
	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestABatchThatGoesWellSaysNothingAndExitsWith0(t *testing.T) {
	p, out := start(t, "-takes", "1ms", "apples", "pears")
	guidetest.WantExit(t, p, 0)
	if said := p.Stderr.String(); said != "" {
		t.Errorf("it says %q", said)
	}
	wantFile(t, out, "APPLES\nPEARS\n")
}

func TestAnItemThatFailsIsExitCode1(t *testing.T) {
	p, out := start(t, "-takes", "1ms", "apples", "", "plums")
	guidetest.WantExit(t, p, 1)
	wantFile(t, out, "APPLES\nPLUMS\n")
	guidetest.WantQuotedLog(t, p, "../batch-and-cli.md", 1)
}

func TestAnInterruptionFinishesTheItemAndIsExitCode128AndTheSignal(t *testing.T) {
	for _, is := range []struct {
		sig  syscall.Signal
		code int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		t.Run(is.sig.String(), func(t *testing.T) {
			t.Parallel()
			p, out := start(t, "-v", "-takes", "1s", "apples", "pears", "plums")
			p.AwaitLog("item=pears")
			p.Signal(is.sig)
			guidetest.WantExit(t, p, is.code)
			wantFile(t, out, "APPLES\nPEARS\n")
			if is.sig == syscall.SIGINT {
				guidetest.WantQuotedLog(t, p, "../batch-and-cli.md", 0)
			}
		})
	}
}

func TestASecondInterruptGivesTheItemUp(t *testing.T) {
	t.Parallel()
	p, out := start(t, "-v", "-takes", "1h", "apples", "pears")
	p.AwaitLog("item=apples")
	p.Signal(syscall.SIGINT)
	p.AwaitLog("stopping after this item")
	time.Sleep(300 * time.Millisecond) // one within 250 ms is taken for the same key press
	p.Signal(syscall.SIGINT)
	guidetest.WantExit(t, p, 1)
	p.AwaitLog("lifecycle: forced by a signal")
	wantFile(t, out, "")
}

func TestTheDrainTimeoutBoundsALongItem(t *testing.T) {
	t.Parallel()
	p, _ := start(t, "-v", "-takes", "1h", "-drain-timeout", "100ms", "apples")
	p.AwaitLog("item=apples")
	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, 1)
	p.AwaitLog("lifecycle: drain timeout (100ms)")
}

func start(t *testing.T, args ...string) (p *child.Process, out string) {
	t.Helper()
	out = filepath.Join(t.TempDir(), "result.txt")
	return guidetest.Start(t, append([]string{"-out", out}, args...)...), out
}

func wantFile(t *testing.T, file, text string) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil || string(got) != text {
		t.Errorf("%s has %q, %v; want %q", file, got, err, text)
	}
}
