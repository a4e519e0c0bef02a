package model

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayNot says what the packages of a folder do not import, tests aside. A mistake
// in the table must not repeat itself in what it is compared with, and a second
// implementation proves nothing if it is the first.
var mayNot = map[string][]string{
	"fsm":                                  {"lifecycle", "health", "model"},
	"health":                               {"lifecycle", "model"},
	"lifecycle":                            {"health", "model"},
	"model":                                {"fsm", "lifecycle", "health"},
	"model/conformance":                    {"fsm", "lifecycle", "health"},
	"model/conformance/internal/checks":    {"fsm", "lifecycle", "health"},
	"model/conformance/internal/clauses":   {"fsm", "lifecycle", "health"},
	"model/conformance/internal/compare":   {"fsm", "lifecycle", "health"},
	"model/conformance/internal/examine":   {"fsm", "lifecycle", "health"},
	"model/conformance/internal/plain":     {"fsm", "lifecycle", "health"},
	"model/conformance/internal/play":      {"fsm", "lifecycle", "health"},
	"model/conformance/internal/process":   {"fsm", "lifecycle", "health"},
	"model/conformance/internal/scenarios": {"fsm", "lifecycle", "health"},
	"model/conformance/internal/subject":   {"fsm", "lifecycle", "health"},
	"docs/internal/timeline":               {"fsm", "lifecycle", "health"},
	"model/conformance/lifecheck":          {"fsm", "lifecycle", "health"},
	"model/conformance/lifecheck/check":    {"fsm", "lifecycle", "health"},
}

func TestWhoImportsWhom(t *testing.T) {
	const module = "github.com/greynewell/mist-go/"
	for folder, forbidden := range mayNot {
		files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, path := range imports(t, file) {
				own, _, _ := strings.Cut(strings.TrimPrefix(path, module), "/")
				if strings.HasPrefix(path, module) && slices.Contains(forbidden, own) {
					t.Errorf("%s imports %s", file, path)
				}
				if strings.Contains(path, "looplab") && filepath.ToSlash(file) != "../fsm/machine.go" {
					t.Errorf("%s imports %s, which is for fsm/machine.go", file, path)
				}
			}
		}
	}
}

func imports(t *testing.T, file string) (paths []string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}
