// Package guides_test holds the guides to what they show.
package guides_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// elsewhere is what else guides quote: what would take long to build here.
var elsewhere = map[string]string{"leader-election": "../conformance/alternates/leader_test.go"}

// TestTheGoInAGuideIsItsPrograms: each block of Go in <name>.md is a piece of a
// file in <name>/, as it is there but for the indentation.
func TestTheGoInAGuideIsItsPrograms(t *testing.T) {
	for _, name := range guides(t) {
		t.Run(name, func(t *testing.T) {
			texts := programs(t, name)
			if file, ok := elsewhere[name]; ok {
				texts = append(texts, read(t, file))
			}
			pieces := blocks(t, read(t, name+".md"), "go")
			if len(pieces) == 0 && len(texts) > 0 {
				t.Errorf("%s.md quotes nothing of %s/", name, name)
			}
			for _, piece := range pieces {
				if !anyContains(texts, piece) {
					t.Errorf("%s.md quotes what is not in %s/:\n%s", name, name, piece)
				}
			}
		})
	}
}

func TestTheIndexNamesEveryGuide(t *testing.T) {
	index := read(t, "README.md")
	for _, name := range guides(t) {
		if !strings.Contains(index, "("+name+".md)") {
			t.Errorf("README.md does not name %s.md", name)
		}
	}
}

// guides are the names of all guides: each is <name>.md.
func guides(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file != "README.md" {
			names = append(names, strings.TrimSuffix(file, ".md"))
		}
	}
	return names
}

// programs are the texts of all Go files of a guide, in folders too.
func programs(t *testing.T, name string) (texts []string) {
	t.Helper()
	err := filepath.WalkDir(name, func(file string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(file) == ".go" {
			texts = append(texts, read(t, file))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a guide need not have a program
		t.Fatal(err)
	}
	return texts
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks are the fenced blocks of a language in a text, each ending in a
// newline.
func blocks(t *testing.T, text, language string) (pieces []string) {
	t.Helper()
	for {
		_, after, found := strings.Cut(text, "```"+language+"\n")
		if !found {
			return pieces
		}
		piece, rest, closed := strings.Cut(after, "```")
		if !closed {
			t.Fatalf("a block is not closed: %s", after)
		}
		pieces, text = append(pieces, piece), rest
	}
}

// anyContains reports whether a text has the piece, in whole lines, indented by
// up to five tabs.
func anyContains(texts []string, piece string) bool {
	for indent := ""; len(indent) < 6; indent += "\t" {
		for _, text := range texts {
			if strings.Contains("\n"+text, "\n"+indented(piece, indent)) {
				return true
			}
		}
	}
	return false
}

func indented(piece, indent string) string {
	lines := strings.SplitAfter(piece, "\n")
	for i, line := range lines {
		if line != "\n" && line != "" {
			lines[i] = indent + line
		}
	}
	return strings.Join(lines, "")
}
