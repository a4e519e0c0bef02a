//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/docs/child"
)

var programs child.Programs

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		programs.Remove()
		os.Exit(code)
	}))
}

func begin(t *testing.T, jobs int, takes string) (p *child.Process, spool string) {
	t.Helper()
	spool = t.TempDir()
	for i := range jobs {
		name := fmt.Sprintf("%02d%s", i, []string{"", ".job", ".txt"}[i%3]) // every regular file is a job
		if err := os.WriteFile(filepath.Join(spool, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program, err := programs.Build(".")
	if err != nil {
		t.Fatal(err)
	}
	return child.Start(t, program, nil, "-spool", spool, "-every", "1ms", "-takes", takes), spool
}

func jobs(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestEveryFileIsInExactlyOnePlaceAfterAStop(t *testing.T) {
	t.Parallel()
	p, spool := begin(t, 20, "200ms")
	done := filepath.Join(spool, "done")
	for deadline := time.Now().Add(time.Minute); len(jobs(t, done)) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no file is handled")
		}
	}
	p.Signal(syscall.SIGTERM) // while the third is being handled
	if code := p.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	left, finished := jobs(t, spool), jobs(t, done)
	all := slices.Sorted(slices.Values(append(slices.Clone(left), finished...)))
	if len(all) != 20 || len(slices.Compact(all)) != 20 || len(left) == 0 {
		t.Errorf("left %v, done %v", left, finished)
	}
	want := []string{"running", "draining", "hooks", fmt.Sprintf("%d done, %d left", len(finished), len(left)), "stopped"}
	if got := p.Stdout.All(); !slices.Equal(got, want) && !slices.Equal(got, swapped(want)) {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// swapped allows for the observer being told of Hooks while the hook runs.
func swapped(lines []string) []string {
	lines = slices.Clone(lines)
	lines[2], lines[3] = lines[3], lines[2]
	return lines
}

func TestATaskThatFailsStopsTheService(t *testing.T) {
	t.Parallel()
	p, spool := begin(t, 1, "1ms")
	p.AwaitLog("lifecycle: running")
	if err := os.RemoveAll(spool); err != nil {
		t.Fatal(err)
	}
	if code := p.ExitCode(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	p.AwaitLog("lifecycle: task started at ")
}

func TestTheWorkContextEndsWithTheDrain(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(os.ErrDeadlineExceeded)
	w := worker{spool: t.TempDir(), takes: time.Hour}
	if err := w.handle(ctx, "x.job"); err == nil {
		t.Error("handle did not heed its context")
	}
}
