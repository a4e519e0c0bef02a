package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// mutantPath is the package that rewritten code imports.
const mutantPath = "github.com/greynewell/mist-go/model/conformance/mutate/mutant"

// source is a package whose code is changed.
type source struct {
	name, path, dir string
	root            string // of the module
	files           []*sourceFile
	fset            *token.FileSet
	pkg             *types.Package
	info            *types.Info
	imports         types.Importer
}

// sourceFile is one of its files.
type sourceFile struct {
	path   string // in the module
	text   []byte
	syntax *ast.File
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Name, Dir, Export string
	GoFiles                       []string
	DepOnly                       bool
	Module                        *struct{ Dir string }
}

// load reads packages and checks their types.
func load(dir string, patterns ...string) ([]*source, error) {
	all, err := list(dir, append(patterns, mutantPath)...)
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for _, p := range all {
		exports[p.ImportPath] = p.Export
	}
	var sources []*source
	for _, p := range all {
		if p.DepOnly || p.ImportPath == mutantPath {
			continue
		}
		s := &source{name: p.Name, path: p.ImportPath, dir: p.Dir, root: p.Module.Dir, fset: token.NewFileSet()}
		s.imports = importer.ForCompiler(s.fset, "gc", func(path string) (io.ReadCloser, error) {
			if exports[path] == "" {
				return nil, fmt.Errorf("no export data of %s", path)
			}
			return os.Open(exports[path])
		})
		if err := s.parse(p.GoFiles); err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}

func list(dir string, patterns ...string) (all []listed, err error) {
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Name,Dir,Export,GoFiles,DepOnly,Module"}, patterns...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %v\n%s", err, &stderr)
	}
	for d := json.NewDecoder(bytes.NewReader(output)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

func (s *source) parse(names []string) error {
	var files []*ast.File
	for _, name := range names {
		full := filepath.Join(s.dir, name)
		text, err := os.ReadFile(full)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(s.fset, full, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		path, err := filepath.Rel(s.root, full)
		if err != nil {
			return err
		}
		s.files = append(s.files, &sourceFile{path: filepath.ToSlash(path), text: text, syntax: syntax})
		files = append(files, syntax)
	}
	s.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}
	conf := types.Config{Importer: s.imports}
	var err error
	s.pkg, err = conf.Check(s.path, s.fset, files, s.info)
	return err
}

// offset is where a position is in its file.
func (s *source) offset(pos token.Pos) int { return s.fset.Position(pos).Offset }

// code is the text of a file between two positions.
func (f *sourceFile) code(s *source, from, to token.Pos) string {
	return string(f.text[s.offset(from):s.offset(to)])
}
