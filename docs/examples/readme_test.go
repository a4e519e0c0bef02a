// Package examples_test holds the README to what it shows.
package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/fsm"
)

const root = "../.."

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheReadmesDiagramIsTheTableThatRuns(t *testing.T) {
	if want := "```mermaid\n" + fsm.Mermaid() + "```\n"; !strings.Contains(readme(t), want) {
		t.Errorf("README.md does not have the diagram of the table; put this in its place:\n%s", want)
	}
}

// What the README's program leaves to its reader.
const theReadersPart = `package main

import "net/http"

type database struct{}

func openDB() (*database, error)        { return &database{}, nil }
func (*database) Close() error          { return nil }
func (*database) Ping() error           { return nil }
func orders(*database) http.Handler     { return http.NotFoundHandler() }
`

func TestTheReadmesProgramCompiles(t *testing.T) {
	_, after, found := strings.Cut(readme(t), "```go\n")
	program, _, closed := strings.Cut(after, "```")
	if !found || !closed || !strings.HasPrefix(program, "package main") {
		t.Fatal("README.md does not begin its Go code with a whole program")
	}
	dir := t.TempDir()
	files := map[string]string{"main.go": program, "reader.go": theReadersPart}
	args := []string{"build", "-o", filepath.Join(dir, "program")}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	build := exec.Command("go", args...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
