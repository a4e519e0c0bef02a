package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// fit leaves out mutants until the rewritten package compiles. It returns its
// files, and the mutants that do not compile.
func fit(s *source, mutants []*Mutant) (files []rewritten, bad []*Mutant, err error) {
	left := slices.Clone(mutants)
	for {
		files = nil
		for _, file := range s.files {
			files = append(files, rewrite(s, file, ofFile(left, file.path)))
		}
		wrong, err := blame(s, files)
		if err != nil {
			return nil, nil, err
		}
		if len(wrong) == 0 {
			return files, bad, nil
		}
		left = slices.DeleteFunc(left, func(m *Mutant) bool { return wrong[m] })
		for m := range wrong {
			bad = append(bad, m)
		}
	}
}

func ofFile(mutants []*Mutant, path string) (some []*Mutant) {
	for _, m := range mutants {
		if m.File == path {
			some = append(some, m)
		}
	}
	return some
}

// blame checks the types of rewritten files, and returns the mutants that are to
// blame for what is wrong.
func blame(s *source, files []rewritten) (map[*Mutant]bool, error) {
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, f := range files {
		syntax, err := parser.ParseFile(fset, f.file.path, f.text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("the rewritten file cannot be parsed: %v", err)
		}
		parsed = append(parsed, syntax)
	}
	wrong := map[*Mutant]bool{}
	var blameless error
	conf := types.Config{Importer: s.imports, Error: func(err error) {
		var e types.Error
		if !errors.As(err, &e) || e.Soft && strings.Contains(e.Msg, "imported and not used") {
			return
		}
		i := slices.IndexFunc(files, func(f rewritten) bool { return f.file.path == fset.Position(e.Pos).Filename })
		offset := fset.Position(e.Pos).Offset
		guilty := files[i].at(offset)
		if strings.Contains(e.Msg, "missing return") {
			guilty = files[i].leaving(parsed[i], fset, offset)
		}
		if len(guilty) == 0 {
			blameless = fmt.Errorf("the rewritten package does not compile, and no mutant is to blame: %v", err)
		}
		for _, m := range guilty {
			wrong[m] = true
		}
	}}
	_, _ = conf.Check(s.path, fset, parsed, nil)
	if blameless != nil && len(wrong) == 0 {
		return nil, blameless
	}
	return wrong, nil
}

// at returns the mutant with the smallest edit around an offset.
func (r rewritten) at(offset int) []*Mutant {
	var smallest *span
	for i, s := range r.spans {
		if s.from <= offset && offset < s.to && (smallest == nil || s.to-s.from < smallest.to-smallest.from) {
			smallest = &r.spans[i]
		}
	}
	if smallest == nil {
		return nil
	}
	return []*Mutant{smallest.mutant}
}

// leaving returns the mutants that leave the function whose closing brace is at
// an offset in another way than the code did.
func (r rewritten) leaving(file *ast.File, fset *token.FileSet, offset int) (some []*Mutant) {
	ast.Inspect(file, func(n ast.Node) bool {
		var body *ast.BlockStmt
		switch n := n.(type) {
		case *ast.FuncDecl:
			body = n.Body
		case *ast.FuncLit:
			body = n.Body
		}
		if body != nil && fset.Position(body.Rbrace).Offset == offset {
			from := fset.Position(body.Lbrace).Offset
			for _, sp := range r.spans {
				if sp.mutant.leaves && sp.from > from && sp.to <= offset+1 {
					some = append(some, sp.mutant)
				}
			}
		}
		return true
	})
	return some
}
