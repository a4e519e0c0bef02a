package fuzz

import (
	"flag"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if process := processes[os.Getenv(processVariable)]; process != nil {
		os.Exit(process())
	}
	// The first Notify of a process must not be in a bubble of virtual time.
	started := make(chan os.Signal, 1)
	signal.Notify(started, syscall.SIGTERM)
	signal.Stop(started)
	// Children would inherit that SIGINT is ignored, as a shell's background jobs
	// do, and not one that is caught.
	if signal.Ignored(syscall.SIGINT) {
		signal.Notify(started, syscall.SIGINT)
	}
	// The children are waited for most of the time, but fuzzing takes a processor each.
	flag.Parse()
	if flag.Lookup("test.fuzz").Value.String() == "" {
		_ = flag.Set("test.parallel", "8")
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		programs.Remove()
		os.Exit(code)
	}))
}
