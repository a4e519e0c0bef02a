//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// shell is a pass that is a script.
func shell(script string, limit time.Duration) pass {
	return pass{binary: "/bin/sh", args: []string{"-c", script}, limit: limit}
}

func TestAPassEndsWithTheProcessTheFirstFailureOrItsLimit(t *testing.T) {
	for name, c := range map[string]struct {
		pass pass
		want outcome
	}{
		"a process that succeeds":            {shell("echo ok", time.Minute), outcome{}},
		"one that fails":                     {shell("exit 1", time.Minute), outcome{killed: true, by: "exit status 1"}},
		"one that is told its mutant":        {shell(`test "$MUTANT" = 17`, time.Minute), outcome{}},
		"a test that fails, then a long end": {shell("printf '\\026--- FAIL: TestX/a (0.0s)\\n'; sleep 600", time.Minute), outcome{killed: true, by: "TestX/a"}},
		"a clause that fails, as a child writes": {
			shell(`mkdir "$TMPDIR/conformance-1"; echo '{"Failed":{"Clause":"RUN-1","Text":""}}' > "$TMPDIR/conformance-1/results.jsonl"; echo {} > "$TMPDIR/conformance-1/results.jsonl.now"; sleep 600`, time.Minute),
			outcome{killed: true, by: "RUN-1"},
		},
		"one that hangs, and what it has started": {shell("sleep 600 & sleep 600", 100*time.Millisecond), outcome{killed: true, time: true, by: "no end after 100ms"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			work := t.TempDir()
			got, err := c.pass.run(t.Context(), work, 17)
			if err != nil {
				t.Fatal(err)
			}
			got.output, got.took = "", 0
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if left, _ := os.ReadDir(work); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A quick pass has one child. When there is another, the first has died.
func TestAChildThatDiedIsAFailure(t *testing.T) {
	w := childWatch{dir: t.TempDir(), step: time.Hour}
	write := func(name, text string) {
		file := filepath.Join(w.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("conformance-1/results.jsonl", "")
	write("conformance-1/results.jsonl.now", "{}")
	if found, o := w.look(); found {
		t.Errorf("a child that runs is %+v", o)
	}
	for _, name := range []string{"conformance-1/results.jsonl", "conformance-1/results.jsonl.now"} {
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if found, o := w.look(); found {
		t.Errorf("a child that has ended is %+v", o)
	}
	write("conformance-2/results.jsonl", "")
	write("conformance-2/results.jsonl.now", "")
	if found, o := w.look(); found {
		t.Errorf("a life in real time is %+v", o)
	}
	write("conformance-2/results.jsonl.now", "{}")
	if found, o := w.look(); !found || !o.killed || o.time {
		t.Errorf("a child that has died is %v, %+v", found, o)
	}
	w.moved = time.Now().Add(-time.Hour)
	if found, o := w.look(); !found || !o.time {
		t.Errorf("a child that was at one thing for its whole limit is %v, %+v", found, o)
	}
}
