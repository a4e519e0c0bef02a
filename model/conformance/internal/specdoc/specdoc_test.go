package specdoc

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../../../.."

func rowsOf(t *testing.T) []Row {
	t.Helper()
	rows, err := Rows(root)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestTheContractInDocsIsWhatTheCodeSays(t *testing.T) {
	old, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(Path)))
	if err != nil {
		t.Fatalf("%v\nto write it, run in the root of the module:\n\t%s", err, Command)
	}
	if want := Document(string(old), rowsOf(t)); string(old) != want {
		t.Errorf("%s is not what the code says: %s\nto mend it, run in the root of the module:\n\t%s",
			Path, firstDifference(string(old), want), Command)
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "\n\tin the file: " + g[i] + "\n\tgenerated:   " + w[i]
		}
	}
	return "one of them ends before the other"
}

func TestEveryClauseIsCarriedByFourThings(t *testing.T) {
	for _, r := range rowsOf(t) {
		if missing := r.Missing(); len(missing) > 0 {
			t.Errorf("%s has not: %s", r.ID, strings.Join(missing, ", "))
		}
	}
}

func TestNothingNamesAClauseThatIsNone(t *testing.T) {
	known := map[string]bool{}
	for _, r := range rowsOf(t) {
		if known[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		known[r.ID] = true
	}
	code, tests, err := mentions(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []map[string][]string{code, tests} {
		for id, files := range in {
			if !known[id] {
				t.Errorf("%s is no clause, and named in %v", id, files)
			}
		}
	}
}

func TestNamed(t *testing.T) {
	got := named("see RUN-1 to RUN-3, HOOK-2 (HOOK-2) and PRUN-9")
	if want := []string{"HOOK-2", "RUN-1", "RUN-2", "RUN-3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsWrittenByHandStays(t *testing.T) {
	rows := []Row{{ID: "RUN-1", Level: "core", Sentence: "One | main."}}
	first := Document("", rows)
	mine := strings.Replace(first, "# The contract", "# Mine", 1) + "\nand an end\n"
	if got := Document(mine, rows); got != mine {
		t.Errorf("what was written by hand is gone: %s", firstDifference(got, mine))
	}
	if !strings.Contains(first, `One \| main.`) || !strings.Contains(first, `<a id="run-1"></a>RUN-1`) {
		t.Errorf("the row is not there: %s", first)
	}
}
