// Package docs_test holds the documents to what they show.
package docs_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/docs/internal/doccheck"
	"github.com/greynewell/mist-go/fsm"
)

func load(t *testing.T) *doccheck.Tree {
	t.Helper()
	tree, err := doccheck.Load("..")
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Documents) == 0 {
		t.Fatal("there are no documents")
	}
	return tree
}

func report(t *testing.T, problems []doccheck.Problem) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheReadmesDiagramIsTheTableThatRuns(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := "```mermaid\n" + fsm.Mermaid() + "```\n"; !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not have the diagram of the table; put this in its place:\n%s", want)
	}
}

func TestDocumentsAreWellFormed(t *testing.T) {
	for _, d := range load(t).Documents {
		report(t, d.Problems)
	}
}

func TestEveryLinkAndAnchorLeadsSomewhere(t *testing.T) {
	report(t, load(t).Links())
}

func TestEveryBlockOfGoCompiles(t *testing.T) {
	tree := load(t)
	imports, err := tree.FindImports()
	if err != nil {
		t.Fatal(err)
	}
	all, problems, err := tree.Snippets(imports)
	if err != nil {
		t.Fatal(err)
	}
	report(t, problems)
	var own, nested []doccheck.Snippet
	for _, s := range all {
		if len(s.Nested) == 0 {
			own = append(own, s)
		} else {
			nested = append(nested, s)
		}
	}
	vet := func(t *testing.T, snippets []doccheck.Snippet) {
		problems, err := imports.Vet(t.Context(), snippets)
		if err != nil {
			t.Fatal(err)
		}
		report(t, problems)
	}
	if len(own) == 0 {
		t.Fatal("there are no blocks of Go")
	}
	vet(t, own)
	if len(nested) == 0 {
		return
	}
	t.Run("with nested modules", func(t *testing.T) {
		if err := imports.Available(t.Context(), nested); err != nil && os.Getenv("MIST_NO_SKIP") == "" {
			t.Skipf("what the nested modules depend on is not on this machine: %v", err)
		}
		vet(t, nested)
	})
}

func TestCommandsPrintWhatIsShown(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell:", err)
	}
	tree := load(t)
	for _, c := range tree.Commands() {
		report(t, c.Run(t.Context(), tree.Root))
	}
}

// What happens in the demo is the same on each machine. The order of some rows,
// and how much is busy or queued by then, is not. On a machine that is too busy for
// the drain delay a row may be missing, so the demo has three tries.
func TestWhatTheReadmeShowsOfTheDemoHappens(t *testing.T) {
	const column, command = "what happened", "go run ./docs/examples/matchspec -demo\n"
	head, rows, _ := strings.Cut(strings.TrimSpace(blockBehind(t, command)), "\n")
	at := strings.Index(head, column)
	if at < 0 || rows == "" {
		t.Fatalf("README.md shows no rows of the demo, with a column %q:\n%s", column, head)
	}
	var missing, printed string
	for range 3 {
		demo := exec.CommandContext(t.Context(), "go", strings.Fields(command)[1:]...)
		demo.Dir = ".."
		out, err := demo.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		printed = string(out)
		if missing = missingRow(rows, printed, at); missing == "" {
			return
		}
	}
	t.Errorf("README.md shows this row, which did not happen:\n%s\nthe demo printed:\n%s", missing, printed)
}

// missingRow returns the first of the rows whose text from the column on is not in
// what was printed, "" if all are.
func missingRow(rows, printed string, column int) string {
	port := regexp.MustCompile(`(127\.0\.0\.1):\d+`)
	printed = port.ReplaceAllString(printed, "$1")
	// One of the probes may be seen to be refused before the other.
	printed = strings.ReplaceAll(printed, "readiness is refused\n", "new connections are refused\n")
	for row := range strings.SplitSeq(rows, "\n") {
		event := string([]rune(row)[min(column, len([]rune(row))):])
		if event == "" || !strings.Contains(printed, port.ReplaceAllString(event, "$1")+"\n") {
			return row
		}
	}
	return ""
}

// blockBehind is the block of README.md behind the one with the command.
func blockBehind(t *testing.T, command string) string {
	t.Helper()
	for _, d := range load(t).Documents {
		for i, b := range d.Blocks {
			if d.Path == "README.md" && b.Text == command && i+1 < len(d.Blocks) {
				return d.Blocks[i+1].Text
			}
		}
	}
	t.Fatalf("README.md has no block behind the command: %s", command)
	return ""
}
