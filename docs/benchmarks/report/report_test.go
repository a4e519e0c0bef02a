package main

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/results"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parse(t *testing.T, text string) *results.Set {
	t.Helper()
	s, err := results.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheReadmeHasAPlaceForEveryTable(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fill(string(readme), tables(parse(t, ""))); err != nil {
		t.Error(err)
	}
}

func TestTablesReplaceTablesAndNothingElse(t *testing.T) {
	const text = "a\n<!-- table: x -->\nold\n<!-- end -->\nb\n"
	got, err := fill(text, map[string]string{"x": "new\n"})
	if want := strings.Replace(text, "old", "new", 1); got != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := fill(text, map[string]string{"x": "", "y": ""}); err == nil {
		t.Error("a table without a place is no error")
	}
	if _, err := fill(text, nil); err == nil {
		t.Error("a place without a table is no error")
	}
}

func TestADemandIsKeptMissedOrNotMeasured(t *testing.T) {
	s := parse(t, "cores: 2\n"+
		"BenchmarkProbe/liveness/mist-2 1 90 ns/op 0 B/op 0 allocs/op\n"+
		"BenchmarkProbe/none/mist-2 1 201 ns/op 0 B/op 0 allocs/op\n")
	table := demandTable(s)
	for _, want := range []string{
		"| liveness, ns in the fastest round | 150 | 90 | kept |",
		"| readiness without checks, ns in the fastest round | 200 | 201 | **missed** |",
		"| readiness with ten checks: to ten goroutines | 1.5 | not measured | **missed** |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
}
