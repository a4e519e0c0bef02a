// Package examples_test holds the documents to what they show.
package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/fsm"
)

const root = "../.."

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheReadmesDiagramIsTheTableThatRuns(t *testing.T) {
	if want := "```mermaid\n" + fsm.Mermaid() + "```\n"; !strings.Contains(document(t, "README.md"), want) {
		t.Errorf("README.md does not have the diagram of the table; put this in its place:\n%s", want)
	}
}

// programs is what each piece of Go in the documents is compiled with, in the
// order of the pieces: what stands before it and after it in its reader's file.
// The first of the README is a whole program.
var programs = map[string][]struct{ before, after string }{
	"README.md": {
		{"", `
type database struct{}

func openDB() (*database, error)    { return &database{}, nil }
func (*database) Close() error      { return nil }
func (*database) Ping() error       { return nil }
func orders(*database) http.Handler { return http.NotFoundHandler() }
`},
	},
	"docs/api.md": {
		{head("context", "net/http", "lifecycle") + "func run(ctx context.Context, srv *http.Server) error {", "}"},
		{head("context", "net/http", "lifecycle") + "func run(ctx context.Context, srv *http.Server) error {", "}"},
	},
	"docs/health.md": {
		{head("database/sql", "time", "health", "health/checks") + "func add(h *health.Handler, db *sql.DB) {", "}"},
	},
	"docs/integrations.md": {
		{head("context", "testing", "lifecycle/lifecycletest"), "func openStore(context.Context) (any, error) { return nil, nil }"},
	},
	"docs/conformance/README.md": {
		{head("context", "sync", "testing", "time", "model/conformance") + `
var mine struct {
	Run        func(main func(context.Context) error, opts ...any) error
	Timeouts   func(drain, shutdown time.Duration) any
	OnShutdown func(ctx context.Context, hook func() error)
	DrainGroup func(ctx context.Context) *sync.WaitGroup
}

func newHealth(tool, version string) (h conformance.HealthFuncs) { return h }
`, ""},
	},
	"docs/kubernetes.md": {
		{head("context", "log", "time", "lifecycle") + "func all(run func(context.Context) error) {", "}"},
		{head("net/http", "health") + "func routes(mux *http.ServeMux, h *health.Handler) {", "}"},
	},
}

// head is the head of a file that imports the packages, those of this module by
// what comes after its name.
func head(imports ...string) string {
	text := "package main\n"
	for _, path := range imports {
		if own := filepath.Join(root, filepath.FromSlash(path)); isDir(own) {
			path = "github.com/greynewell/mist-go/" + path
		}
		text += fmt.Sprintf("import %q\n", path)
	}
	return text
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func TestTheGoInTheDocumentsCompiles(t *testing.T) {
	for name, around := range programs {
		text := document(t, name)
		for i, with := range around {
			_, after, found := strings.Cut(text, "```go\n")
			piece, rest, closed := strings.Cut(after, "```")
			if !found || !closed {
				t.Fatalf("%s has %d pieces of Go, not %d", name, i, len(around))
			}
			text = rest
			t.Run(fmt.Sprintf("%s %d", name, i+1), func(t *testing.T) {
				compile(t, with.before+piece+with.after)
			})
		}
		if strings.Contains(text, "```go\n") {
			t.Errorf("%s has more pieces of Go than the %d that are compiled here", name, len(around))
		}
	}
}

// compile has the compiler and vet read the text, which need not have a main.
func compile(t *testing.T, text string) {
	t.Helper()
	if !strings.Contains(text, "func main()") {
		text += "\nfunc main() {}\n"
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	vet := exec.Command("go", "vet", file)
	vet.Dir = root
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nin\n%s", err, out, text)
	}
}
