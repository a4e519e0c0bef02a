//go:build unix

package fuzz

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/docs/child"
	"github.com/greynewell/mist-go/internal/loopback"
)

// patience bounds a test that hangs, such as by a process that does not listen.
const patience = time.Minute

// matchspec is the example service as a process.
type matchspec struct {
	*child.Process
	data string // the file of its records
	last string // the file that says how many of them are safe
	url  string // once it listens
}

// start is how matchspec is started: in a directory that a later process may
// use again, by a shell that sets limits before, with flags.
type start struct {
	dir, shell string
	env, args  []string
}

func (s start) run(t *testing.T) *matchspec {
	t.Helper()
	path, err := programs.Build("../docs/examples/matchspec")
	if err != nil {
		t.Fatal(err)
	}
	if s.dir == "" {
		s.dir = t.TempDir()
	}
	checkpoints := filepath.Join(s.dir, "checkpoints")
	m := &matchspec{data: filepath.Join(s.dir, "records.jsonl"), last: filepath.Join(checkpoints, "last")}
	args := append([]string{"-addr", loopback.Addr(), "-admin", loopback.Addr(), "-data", m.data, "-checkpoints", checkpoints, "-evaluate", "200us"}, s.args...)
	if s.shell != "" {
		path, args = "/bin/sh", append([]string{"-c", s.shell + `; exec "$0" "$@"`, path}, args...)
	}
	m.Process = child.Start(t, path, s.env, args...)
	return m
}

// begin starts matchspec and waits until it listens.
func (s start) begin(t *testing.T) *matchspec {
	t.Helper()
	m := s.run(t)
	if !m.listens() {
		t.Fatal("matchspec does not listen")
	}
	return m
}

// listens waits until matchspec listens, or has ended before.
func (m *matchspec) listens() bool {
	line, ok := m.Stderr.Await("msg=listening", patience)
	m.url = "http://" + child.Attr(line, "addr")
	return ok
}

// wantExit waits for the process to end, and says how long that took.
func (m *matchspec) wantExit(t *testing.T, code int) {
	t.Helper()
	began := time.Now()
	if got := m.ExitCode(); got != code {
		t.Errorf("the exit code is %d, want %d", got, code)
	}
	t.Logf("it ended after another %v", time.Since(began).Round(time.Millisecond))
}

// wantFailure expects the error of Run to contain these texts.
func (m *matchspec) wantFailure(t *testing.T, texts ...string) {
	t.Helper()
	failed := m.AwaitLog("matchspec failed")
	for _, text := range texts {
		if !strings.Contains(failed, text) {
			t.Errorf("the error does not say %q: %s", text, failed)
		}
	}
}

func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to that")
		}
	}
}
