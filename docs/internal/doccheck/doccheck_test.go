package doccheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const repository = "../../.."

// documents is those of a directory below testdata.
func documents(t *testing.T, dir string) *Tree {
	t.Helper()
	tree, err := Load("testdata")
	if err != nil {
		t.Fatal(err)
	}
	tree.Documents = slices.DeleteFunc(tree.Documents, func(d *Document) bool {
		return !strings.HasPrefix(d.Path, dir+"/")
	})
	if len(tree.Documents) == 0 {
		t.Fatal("there are no documents in", dir)
	}
	return tree
}

// problems is what is wrong in the documents, by all checks.
func problems(t *testing.T, tree *Tree) (all []Problem) {
	t.Helper()
	for _, d := range tree.Documents {
		all = append(all, d.Problems...)
	}
	all = append(all, tree.Links()...)
	for _, c := range tree.Commands() {
		all = append(all, c.Run(t.Context(), ".")...)
	}
	whole, err := Load(repository)
	if err != nil {
		t.Fatal(err)
	}
	imports, err := whole.FindImports()
	if err != nil {
		t.Fatal(err)
	}
	snippets, syntax, err := tree.Snippets(imports)
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, syntax...)
	if err := imports.Available(t.Context(), snippets); err != nil && os.Getenv("MIST_NO_SKIP") == "" {
		t.Skipf("what the nested modules depend on is not on this machine: %v", err)
	}
	found, err := imports.Vet(t.Context(), snippets)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range found {
		p.Path = strings.TrimPrefix(p.Path, "docs/internal/doccheck/testdata/")
		all = append(all, p)
	}
	return all
}

var wanted = regexp.MustCompile(`(?s)<!-- want (\d+): (.*?) -->`)

// compare finds what is wrong in the documents of a directory below testdata,
// and compares it with what each says of itself.
func compare(t *testing.T, dir string) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell:", err)
	}
	tree := documents(t, dir)
	found := map[string][]Problem{}
	for _, p := range problems(t, tree) {
		found[p.Path] = append(found[p.Path], p)
	}
	for _, d := range tree.Documents {
		t.Run(strings.TrimSuffix(filepath.Base(d.Path), ".md"), func(t *testing.T) {
			rest := found[d.Path]
			for _, want := range wants(t, tree, d) {
				i := slices.IndexFunc(rest, func(p Problem) bool {
					return p.Line == want.Line && strings.Contains(p.Text, want.Text)
				})
				if i < 0 {
					t.Errorf("not found: line %d: %s", want.Line, want.Text)
					continue
				}
				rest = slices.Delete(slices.Clone(rest), i, i+1)
			}
			for _, p := range rest {
				t.Errorf("not wrong, but found: %v", p)
			}
		})
	}
}

// wants is what a document says is wrong in it.
func wants(t *testing.T, tree *Tree, d *Document) (wants []Problem) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tree.Root, filepath.FromSlash(d.Path)))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range wanted.FindAllStringSubmatch(string(text), -1) {
		line, _ := strconv.Atoi(m[1])
		wants = append(wants, Problem{d.Path, line, m[2]})
	}
	return wants
}

func TestWhatIsWrongIsFoundAtItsLine(t *testing.T) {
	tree := documents(t, "wrong")
	for _, d := range tree.Documents {
		if len(wants(t, tree, d)) == 0 {
			t.Errorf("%s does not say what is wrong in it", d.Path)
		}
	}
	compare(t, "wrong")
}

func TestWhatIsRightIsNotFoundWrong(t *testing.T) { compare(t, "right") }

func TestBlocksMayImportNestedModules(t *testing.T) { compare(t, "nested") }

func TestTheSlugOfAHeadingIsGitHubs(t *testing.T) {
	for heading, want := range map[string]string{
		"If you stop the server in a hook":       "if-you-stop-the-server-in-a-hook",
		"What's new?":                            "whats-new",
		"`WithDrainDelay(d)` & `stop_requested`": "withdraindelayd--stop_requested",
		"A [link](x.md) and ![an image](y.png)":  "a-link-and-an-image",
		"1.2.3 – Größe":                          "123--größe",
		"<a id=\"x\"></a>Below a tag":            "below-a-tag",
		"[0.2.0] - 2026-11-26":                   "020---2026-11-26",
	} {
		if got := slug(heading); got != want {
			t.Errorf("slug(%q) = %q, want %q", heading, got, want)
		}
	}
}

func TestLinesOfThreeDotsAreAnyNumberOfLines(t *testing.T) {
	for _, c := range []struct {
		shown, printed string
		want           bool
	}{
		{"a b", "a b", true},
		{"a", "a b", false},
		{"a b", "a", false},
		{"...", "", true},
		{"... c", "a b c", true},
		{"a ...", "a b c", true},
		{"a ... c", "a c", true},
		{"a ... b ... d", "a b x b d", true},
		{"a ... b", "a b c", false},
	} {
		if got := same(strings.Fields(c.shown), strings.Fields(c.printed)); got != c.want {
			t.Errorf("%q shown of %q: %v, want %v", c.shown, c.printed, got, c.want)
		}
	}
}
