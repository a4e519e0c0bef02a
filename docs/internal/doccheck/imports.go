package doccheck

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Imports is what blocks of Go may import without saying so.
type Imports struct {
	root   string            // of the main module
	module string            // its path
	nested []string          // the directories of the modules below it
	paths  map[string]string // the packages' paths by their names
}

// FindImports looks for the packages of the standard library, and of the
// modules in the tree.
func (t *Tree) FindImports() (*Imports, error) {
	im := &Imports{root: t.Root, paths: map[string]string{}}
	text, err := os.ReadFile(filepath.Join(t.Root, "go.mod"))
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	im.module = strings.TrimPrefix(line, "module ")

	list := exec.Command("go", "list", "std")
	list.Dir = t.Root
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list std: %w", err)
	}
	count := map[string]int{}
	for _, p := range strings.Fields(string(out)) {
		if !strings.Contains(p+"/", "internal/") && !strings.HasPrefix(p, "vendor/") {
			im.paths[path.Base(p)] = p
			count[path.Base(p)]++
		}
	}
	maps.DeleteFunc(im.paths, func(name, _ string) bool { return count[name] > 1 })
	for file := range t.isDir {
		dir := path.Dir(file)
		switch {
		case path.Base(file) == "go.mod" && dir != "." && !inTestdata(dir):
			im.nested = append(im.nested, dir)
		case path.Ext(file) == ".go" && !strings.HasSuffix(file, "_test.go") && !private(dir):
			im.paths[path.Base(dir)] = im.module + "/" + dir
		}
	}
	slices.Sort(im.nested)
	return im, nil
}

// private reports whether what is in the directory is not for other modules.
func private(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(part string) bool {
		return part == "internal" || part == "testdata" || part == "docs" || strings.HasPrefix(part, ".")
	})
}

// with is the packages, by name, and those that the file imports.
func (im *Imports) with(f *ast.File) map[string]string {
	paths := maps.Clone(im.paths)
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser would have said so
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		paths[name] = p
	}
	for name := range declared(f) {
		delete(paths, name)
	}
	return paths
}

// nestedOf is the directories of the nested modules whose packages are imported.
func (im *Imports) nestedOf(text string) (dirs []string) {
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ImportsOnly)
	if err != nil {
		return nil // was parsed before
	}
	for _, spec := range f.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		for _, dir := range im.nested {
			if strings.HasPrefix(p+"/", im.module+"/"+dir+"/") {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}
