// Package doccheck finds what is wrong in Markdown documents: links and anchors
// that lead nowhere, Go that does not compile, and commands that do not print
// what is shown below them.
//
// Every block of Go is compiled:
//
//   - one with a package clause as the file that it is;
//   - one of declarations as the rest of a file;
//   - any other as the body of a function, which may return an error.
//
// A block without a package clause need not import: the packages of this
// repository and of the standard library are imported by their names, unless
// two of the standard library have one name. What else such blocks use, the
// document declares, once and for all of them, in a comment that is not
// rendered:
//
//	<!-- prelude
//	import "google.golang.org/grpc"
//
//	var ctx context.Context
//	-->
//
// What a block declares takes the place of the prelude's declaration of that
// name.
//
// A block that is some of the lines of a Go file of the tree, however indented, is
// a quotation, and not compiled again. Code that is not meant to compile is not
// marked as Go.
//
// A second word behind the language marks a block: "sh run" is run in the
// root of the repository, and must succeed; "text output", right behind it, is
// what it prints, apart from times, places and numbers that differ from run to
// run. A line of three dots stands for any number of lines.
package doccheck

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Problem is something wrong in a document.
type Problem struct {
	Path string // of the document, from the root, with slashes
	Line int
	Text string
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.Path, p.Line, p.Text) }

// A Tree is a directory with documents.
type Tree struct {
	Root      string // absolute
	Documents []*Document
	isDir     map[string]bool // every file and directory below the root, by its path with slashes
}

// Load reads the documents below root, but not those in directories named
// testdata.
func Load(root string) (*Tree, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	t := &Tree{Root: root, isDir: map[string]bool{}}
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if name == ".git" && entry.IsDir() {
			return filepath.SkipDir
		}
		t.isDir[name] = entry.IsDir()
		if entry.IsDir() || filepath.Ext(name) != ".md" || inTestdata(name) {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		t.Documents = append(t.Documents, Parse(name, string(text)))
		return nil
	})
	return t, err
}

func inTestdata(name string) bool { return slices.Contains(strings.Split(name, "/"), "testdata") }

// sorted is the problems by document and line, each once: the prelude is read
// with every block.
func sorted(problems []Problem) []Problem {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(problems)
}
