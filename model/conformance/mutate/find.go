package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"strconv"
	"strings"
)

// find returns every mutant of a package, in the order of its code, those that
// a rule leaves out too.
func find(s *source) []*Mutant {
	var all []*Mutant
	for _, file := range s.files {
		f := &finder{source: s, file: file, names: importNames(file.syntax)}
		for _, decl := range file.syntax.Decls {
			f.declaration(decl)
		}
		all = append(all, f.found...)
	}
	return all
}

// finder finds the mutants of a file.
type finder struct {
	*source
	file  *sourceFile
	names map[string]string // of imported packages, by path
	found []*Mutant

	function  string           // that is looked at, as name or Type.name
	signature *types.Signature // of the innermost function
	loops     []loop           // that the code is in, of this function
}

// loop is a statement that a break, or a continue too, may leave.
type loop struct{ continues bool }

func importNames(file *ast.File) map[string]string {
	names := map[string]string{}
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[imported] = name
	}
	return names
}

func (f *finder) declaration(decl ast.Decl) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Body == nil || d.Name.Name == "init" {
			return
		}
		f.function = d.Name.Name
		if d.Recv != nil && len(d.Recv.List) == 1 {
			f.function = receiver(d.Recv.List[0].Type) + "." + f.function
		}
		f.body(f.info.Defs[d.Name].Type().(*types.Signature), d.Body)
	case *ast.GenDecl:
		if d.Tok != token.VAR {
			return
		}
		for _, spec := range d.Specs {
			v := spec.(*ast.ValueSpec)
			f.function = v.Names[0].Name
			for _, value := range v.Values {
				f.value(value)
			}
		}
	}
}

// receiver is the name of a receiver's type.
func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return "?"
}

// body finds the mutants of a function: that it does nothing, and those of its
// statements.
func (f *finder) body(sig *types.Signature, body *ast.BlockStmt) {
	outer, loops := f.signature, f.loops
	f.signature, f.loops = sig, nil
	defer func() { f.signature, f.loops = outer, loops }()
	if len(body.List) > 0 {
		if zeros, ok := f.zeros(sig.Results()); ok && !onlyReturns(body, sig) {
			text := strings.TrimSpace("return " + zeros)
			m := f.mutant(body.List[0], "empty function", f.text(body.List[0]), text+"; "+f.text(body.List[0]))
			m.edits = []edit{{from: body.Lbrace + 1, to: body.Lbrace + 1, after: fmt.Sprintf(" if %s { %s }; ", on(m), text)}}
		}
	}
	f.statements(body.List, sig.Results().Len() == 0)
}

// onlyReturns says that a function has one statement, whose own mutants are to
// do nothing or to return zero.
func onlyReturns(body *ast.BlockStmt, sig *types.Signature) bool {
	if len(body.List) != 1 {
		return false
	}
	switch body.List[0].(type) {
	case *ast.ReturnStmt:
		return sig.Results().Len() == 1
	case *ast.ExprStmt, *ast.AssignStmt, *ast.SendStmt, *ast.GoStmt:
		return true
	}
	return false
}

// zeros is the zero values of results, as code.
func (f *finder) zeros(results *types.Tuple) (string, bool) {
	var all []string
	for v := range results.Variables() {
		zero, ok := f.zero(v.Type())
		if !ok {
			return "", false
		}
		all = append(all, zero)
	}
	return strings.Join(all, ", "), true
}

// zero is the zero value of a type, as code.
func (f *finder) zero(t types.Type) (string, bool) {
	if _, isParam := t.(*types.TypeParam); !isParam {
		switch u := t.Underlying().(type) {
		case *types.Pointer, *types.Slice, *types.Map, *types.Chan, *types.Signature, *types.Interface:
			return "nil", true
		case *types.Basic:
			switch {
			case u.Info()&types.IsBoolean != 0:
				return "false", true
			case u.Info()&types.IsNumeric != 0:
				return "0", true
			case u.Info()&types.IsString != 0:
				return `""`, true
			}
		}
	}
	name, ok := f.typeName(t)
	return "*new(" + name + ")", ok
}

// typeName is a type as code of this file; false: it cannot be named there.
func (f *finder) typeName(t types.Type) (name string, ok bool) {
	ok = true
	name = types.TypeString(t, func(p *types.Package) string {
		if p == f.pkg {
			return ""
		}
		if f.names[p.Path()] == "" {
			ok = false
		}
		return f.names[p.Path()]
	})
	return name, ok
}

// text is the code of a node.
func (f *finder) text(n ast.Node) string { return f.file.code(f.source, n.Pos(), n.End()) }

// mutant adds a mutant of a node. Its ID is not known before all are found, so
// edits have a mark in its place.
func (f *finder) mutant(n ast.Node, op, old, changed string) *Mutant {
	pos := f.fset.Position(n.Pos())
	start := pos.Offset - pos.Column + 1
	line, _, _ := strings.Cut(string(f.file.text[start:]), "\n")
	m := &Mutant{
		Package: f.name, File: f.file.path, Line: pos.Line, Func: f.function, Op: op,
		Old: oneLine(old), New: oneLine(changed), source: line, column: pos.Column - 1,
	}
	f.found = append(f.found, m)
	return m
}

// oneLine is the beginning of a text that has several lines.
func oneLine(text string) string {
	line, _, more := strings.Cut(text, "\n")
	if more {
		line += " …"
	}
	return line
}

// idMark stands in edits for the number of their mutant.
const idMark = "\x00id\x00"

// on is the condition that a mutant is on.
func on(*Mutant) string { return "m__.On(" + idMark + ")" }

// wrap puts a node between two texts.
func (m *Mutant) wrap(n ast.Node, before, after string) {
	m.edits = append(m.edits, edit{from: n.Pos(), to: n.End(), before: before, after: after})
}
