package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestTheReportCountsAndListsWhatIsAlive(t *testing.T) {
	mutants := []*Mutant{
		{Package: "p", File: "p/a.go", Line: 1, Func: "f", Old: "a", New: "b", source: "x = a // here", column: 4},
		{Package: "p", File: "p/a.go", Line: 2, Func: "f", Old: "c", New: "d", source: "c", column: 0},
		{Package: "p", File: "p/a.go", Line: 3, Func: "f", Old: "c", New: "d", Nth: 1, source: "c", column: 0},
		{Package: "p", File: "p/a.go", Line: 4, Func: "g", Old: "e", New: "f", Rule: ruleProse},
		{Package: "q", File: "q/a.go", Line: 5, Func: "g", Old: "e", New: "f"},
	}
	r := &report{
		packages: []string{"p", "q"}, found: mutants, asked: mutants[:3], bad: map[*Mutant]bool{mutants[4]: true},
		results: map[*Mutant]Result{
			mutants[0]: {Verdict: Survived}, mutants[1]: {Verdict: ByTime}, mutants[2]: {Verdict: Survived},
		},
		reasons: map[string]string{"p/a.go f | c => d #2": "the same", "p/a.go f | c => d": "not so", "p/gone.go f | x => y": "gone"},
	}
	if want := "| p | 4 | 1 | 0 | 3 | 0 | 1 | 1 | 0 | 1 | 50.0 % |"; !strings.Contains(r.table(), want) {
		t.Errorf("got\n%s\nwant the line\n%s", r.table(), want)
	}
	var alive bytes.Buffer
	r.survivors(&alive)
	if want := "p/a.go:1: 0,  in f (survived)\n\t- x = a // here\n\t+ x = b // here\n\n"; alive.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &alive, want)
	}
	want := []string{"killed by time by : p/a.go f | c => d", "there is no such mutant: p/gone.go f | x => y"}
	if got := r.mistaken(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	document, err := inDocument("head\n"+beginMark+"old\n"+endMark+"tail\n", r.markdown())
	if err != nil || !strings.HasPrefix(document, "head\n") || !strings.HasSuffix(document, "tail\n") || strings.Contains(document, "old") {
		t.Errorf("%v: %s", err, document)
	}
	if _, err := inDocument("no marks", ""); err == nil {
		t.Error("a document without marks is no error")
	}
}

func TestAnEquivalentMutantNeedsAReason(t *testing.T) {
	reasons, err := readEquivalent([]byte("# why\na.go f | x => y\n\tone\n\ttwo\n\nb.go f | x => y\n\tthree\n"))
	if err != nil || len(reasons) != 2 || reasons["a.go f | x => y"] != "one two" {
		t.Errorf("%q, %v", reasons, err)
	}
	for _, text := range []string{"a\n", "\treason\n", "a\n\tx\na\n\ty\n"} {
		if _, err := readEquivalent([]byte(text)); err == nil {
			t.Errorf("%q is no error", text)
		}
	}
	if _, err := readEquivalent(equivalentText); err != nil {
		t.Error(err)
	}
}
