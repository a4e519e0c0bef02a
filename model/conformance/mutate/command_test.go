package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/internal/race"
)

// The whole command, with the tests of the sample package in place of the suite.
func TestTheCommandKillsWhatTestsSeeAndResumes(t *testing.T) {
	if race.Enabled {
		t.Skip("it judges processes from outside, and takes long")
	}
	c := config{
		targets:  []target{{name: "sample", pattern: "./model/conformance/mutate/testdata/sample"}},
		packages: "sample", own: true, parallel: 2, resume: true, slack: 2 * time.Second,
		results: filepath.Join(t.TempDir(), "results.jsonl"),
	}
	first := c.mustRun(t)
	if !strings.Contains(first, "succeeds with no mutant on, 3 times") {
		t.Errorf("there is no baseline: %s", first)
	}
	verdicts := readVerdicts(t, c.results, (*Mutant).Change)
	for change, want := range map[string]Verdict{
		"a < b => a <= b":                      Killed,
		"a > 9 => a >= 9":                      Unreached,
		"max(a, b) => min(a, b)":               Killed,
		`panic("too late") => (nothing)`:       Unreached,
		`fmt.Sprintf("%d", b) => ""`:           Unreached,
		"case <-time.After(wait) => (nothing)": Survived,
	} {
		if got := verdicts[change]; got != want {
			t.Errorf("%s: %q, want %q", change, got, want)
		}
	}

	truth := readVerdicts(t, c.results, (*Mutant).Key)

	// What the file has is believed, and the rest is asked for.
	lines := strings.SplitAfter(readFile(t, c.results), "\n")
	lie := strings.Replace(lines[3], `"verdict":"killed"`, `"verdict":"survived"`, 1)
	if lie == lines[3] {
		t.Fatalf("the third result is no kill: %s", lie)
	}
	kept := append(slices.Clone(lines[:3]), lie)
	kept = append(kept, lines[5:]...) // without the fourth, and with half a line at the end
	if err := os.WriteFile(c.results, []byte(strings.Join(kept, "")+`{"half`), 0o644); err != nil {
		t.Fatal(err)
	}
	if second := c.mustRun(t); !strings.Contains(second, "1 of 1: ") {
		t.Errorf("not one mutant is asked about: %s", second)
	}
	after := strings.SplitAfter(readFile(t, c.results), "\n")
	if !slices.Contains(after, lie) || len(after) != len(lines) {
		t.Errorf("%d lines, want %d, with %s", len(after), len(lines), lie)
	}
	if third := c.mustRun(t); strings.Contains(third, "built") {
		t.Errorf("something is built to ask about nothing: %s", third)
	}

	// What has survived is asked about again on demand.
	c.again = true
	c.mustRun(t)
	for key, verdict := range readVerdicts(t, c.results, (*Mutant).Key) {
		if verdict != truth[key] {
			t.Errorf("%s: %q when asked again, want %q", key, verdict, truth[key])
		}
	}
	for _, only := range []string{"0", "1,x", "99999", ","} {
		c.only = only
		if err := c.run(t.Context(), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "-only: there is no mutant") {
			t.Errorf("-only %s: %v", only, err)
		}
	}
}

func (c config) mustRun(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := c.run(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return out.String()
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readVerdicts(t *testing.T, name string, by func(*Mutant) string) map[string]Verdict {
	t.Helper()
	verdicts := map[string]Verdict{}
	for line := range strings.Lines(readFile(t, name)) {
		var r Result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		verdicts[by(&r.Mutant)] = r.Verdict
	}
	return verdicts
}
