package doccheck

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A Snippet is a block of Go as it is compiled: a package of its own.
type Snippet struct {
	Files  map[string]string // by name
	Nested []string          // directories of the nested modules that it imports
}

// Snippets makes the documents' blocks of Go into packages, apart from those that
// are quoted from a program.
func (t *Tree) Snippets(imports *Imports) (snippets []Snippet, problems []Problem, err error) {
	programs, err := t.programs()
	if err != nil {
		return nil, nil, err
	}
	for _, d := range t.Documents {
		for _, b := range d.Blocks {
			if b.Lang != "go" || quotes(b, programs) {
				continue
			}
			s, err := t.snippet(d, b, imports)
			if err != nil {
				problems = append(problems, syntax(d, b, err))
				continue
			}
			if formatted, err := format.Source([]byte(b.Text)); err == nil && string(formatted) != b.Text {
				problems = append(problems, Problem{d.Path, b.Line, "is not as gofmt writes it"})
			}
			snippets = append(snippets, s)
		}
	}
	return snippets, sorted(problems), nil
}

// syntax is the problem of a block that does not parse.
func syntax(d *Document, b Block, err error) Problem {
	p := Problem{d.Path, b.Line, err.Error()}
	if list, ok := err.(scanner.ErrorList); ok && len(list) > 0 {
		p.Line, p.Text = errorLine(err), list[0].Msg
	}
	return p
}

func errorLine(err error) int {
	if list, ok := err.(scanner.ErrorList); ok && len(list) > 0 {
		return list[0].Pos.Line
	}
	return 0
}

// source is a piece of a document on its way to become a file.
type source struct {
	at            string // what the compiler is to take for its place
	before, after string // what makes a file of it
	text          string
	file          *ast.File
	fset          *token.FileSet
}

func (s *source) parse() (err error) {
	s.fset = token.NewFileSet()
	s.file, err = parser.ParseFile(s.fset, "snippet.go", s.before+s.at+s.text+s.after, parser.ParseComments)
	return err
}

// offset is where in the text a node is.
func (s *source) offset(p token.Pos) int {
	return s.fset.PositionFor(p, false).Offset - len(s.before) - len(s.at)
}

// line is the directive that makes the compiler speak of a line of a document.
func (t *Tree) line(d *Document, line int) string {
	return fmt.Sprintf("//line %s:%d\n", path.Join(filepath.ToSlash(t.Root), d.Path), max(line, 1))
}

// snippet makes the block a package: a file for it, and one for the prelude.
func (t *Tree) snippet(d *Document, b Block, imports *Imports) (Snippet, error) {
	last := b.Line + strings.Count(b.Text, "\n") - 1
	block := &source{at: t.line(d, b.Line), text: b.Text, after: "\n" + t.line(d, last)}
	if (&source{text: b.Text}).hasPackage() {
		if err := block.parse(); err != nil {
			return Snippet{}, err
		}
	} else if err := block.complete(); err != nil {
		return Snippet{}, err
	}
	prelude := &source{before: "package p\n", at: t.line(d, d.Prelude.Line), text: d.Prelude.Text}
	if err := prelude.parse(); err != nil {
		return Snippet{}, err
	}
	known := imports.with(prelude.file)
	prelude.blank(declared(block.file))
	if err := prelude.parse(); err != nil {
		return Snippet{}, err
	}
	name := block.file.Name.Name
	files := map[string]string{"prelude.go": prelude.withImports(name, known)}
	file := "block.go"
	if strings.HasSuffix(name, "_test") {
		file = "block_test.go"
		files = map[string]string{"prelude_test.go": files["prelude.go"]}
	}
	if block.before == "" {
		files[file] = block.at + block.text
	} else {
		files[file] = block.withImports(name, known)
	}
	s := Snippet{Files: files}
	for _, text := range files {
		s.Nested = append(s.Nested, imports.nestedOf(text)...)
	}
	slices.Sort(s.Nested)
	s.Nested = slices.Compact(s.Nested)
	return s, nil
}

func (s *source) hasPackage() bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", s.text, parser.PackageClauseOnly)
	return err == nil
}

// complete makes a file of declarations, or of statements. The error is that of
// the attempt that came farther.
func (s *source) complete() error {
	s.before = "package snippet\n"
	first := s.parse()
	if first == nil {
		return nil
	}
	end := s.after
	s.before, s.after = "package snippet\nfunc _() {\n", end+"}\n"
	if err := s.parse(); err != nil {
		if errorLine(first) > errorLine(err) {
			return first
		}
		return err
	}
	body := s.file.Decls[len(s.file.Decls)-1].(*ast.FuncDecl).Body
	s.after = end
	for _, name := range variables(body) { // what a fragment does not use, its reader may
		s.after += "_ = " + name + "\n"
	}
	if returnsValue(body) {
		s.before = "package snippet\nfunc _() error {\n"
		s.after += "return nil\n"
	}
	s.after += "}\n"
	return s.parse()
}

// withImports is the file with the imports that it needs.
func (s *source) withImports(name string, known map[string]string) string {
	var head strings.Builder
	fmt.Fprintf(&head, "package %s\n", name)
	for _, used := range unresolved(s.file) {
		if path, ok := known[used]; ok {
			fmt.Fprintf(&head, "import %s %q\n", used, path)
		}
	}
	_, rest, _ := strings.Cut(s.before, "\n") // what is behind the package clause
	return head.String() + rest + s.at + s.text + s.after
}

// blank replaces by spaces the imports, and the declarations of the names.
func (s *source) blank(names map[string]bool) {
	text := []byte(s.text)
	erase := func(n ast.Node) {
		for i := s.offset(n.Pos()); i < s.offset(n.End()); i++ {
			if text[i] != '\n' {
				text[i] = ' '
			}
		}
	}
	for _, decl := range s.file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil && names[decl.Name.Name] || decl.Recv != nil && names[receiver(decl)] {
				erase(decl)
			}
		case *ast.GenDecl:
			if decl.Tok == token.IMPORT {
				erase(decl)
				continue
			}
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if !names[spec.Name.Name] {
						continue
					}
					if decl.Lparen.IsValid() {
						erase(spec)
					} else {
						erase(decl)
					}
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						if names[name.Name] {
							erase(name)
							text[s.offset(name.Pos())] = '_'
						}
					}
				}
			}
		}
	}
	s.text = string(text)
}
