package specdoc

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	clauseID    = regexp.MustCompile(`\b(STATE|RUN|DRAIN|HOOK|SIG|LOG|HEALTH|HTTP)-(\d+)(?: to ([A-Z]+)-(\d+))?\b`)
	sourceRooms = []string{"fsm", "lifecycle", "health"}
)

// mentions finds what names each clause: links to the declarations of sources
// whose comments do, and the files of tests that do. A comment that belongs to
// no declaration, such as that of a package, carries nothing.
func mentions(root string) (code, tests map[string][]string, err error) {
	code, tests = map[string][]string{}, map[string][]string{}
	for _, room := range sourceRooms {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			if test := filepath.ToSlash(rel); strings.HasSuffix(test, "_test.go") {
				for _, group := range file.Comments {
					add(tests, test, named(group.Text()))
				}
				return nil
			}
			for _, d := range declarations(file) {
				line := files.Position(d.name.Pos()).Line
				add(code, fmt.Sprintf("[%s](../%s#L%d)", d, filepath.ToSlash(rel), line), named(d.comments))
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return code, tests, nil
}

func add(to map[string][]string, what string, ids []string) {
	for _, id := range ids {
		if !slices.Contains(to[id], what) {
			to[id] = append(to[id], what)
		}
	}
}

// declaration is one function, type, constant or variable at the top level of a
// file of package pkg, with the text of its comments, inner ones too.
type declaration struct {
	pkg, receiver string
	name          *ast.Ident
	comments      string
}

// String returns the name as go doc takes it, such as lifecycle.run.enterHooks.
func (d declaration) String() string {
	if d.receiver != "" {
		return d.pkg + "." + d.receiver + "." + d.name.Name
	}
	return d.pkg + "." + d.name.Name
}

func declarations(file *ast.File) (all []declaration) {
	one := func(name *ast.Ident, receiver string, nodes ...ast.Node) {
		d := declaration{pkg: file.Name.Name, receiver: receiver, name: name}
		for _, group := range file.Comments {
			if slices.ContainsFunc(nodes, func(n ast.Node) bool { return n.Pos() <= group.Pos() && group.End() <= n.End() }) {
				d.comments += group.Text()
			}
		}
		all = append(all, d)
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			one(decl.Name, receiver(decl), withDoc(decl.Doc, decl)...)
		case *ast.GenDecl:
			for i, spec := range decl.Specs {
				var doc *ast.CommentGroup
				if i == 0 { // what is said of a group is said of its first
					doc = decl.Doc
				}
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					one(spec.Name, "", append(withDoc(doc, spec), withDoc(spec.Doc, spec)...)...)
				case *ast.ValueSpec:
					nodes := append(withDoc(doc, spec), withDoc(spec.Doc, spec)...)
					one(spec.Names[0], "", append(nodes, withDoc(spec.Comment, spec)...)...)
				}
			}
		}
	}
	return all
}

func withDoc(doc *ast.CommentGroup, n ast.Node) []ast.Node {
	if doc == nil {
		return []ast.Node{n}
	}
	return []ast.Node{doc, n}
}

// receiver returns the name of a method's type, "" for a function.
func receiver(decl *ast.FuncDecl) string {
	if decl.Recv == nil {
		return ""
	}
	t := decl.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// named returns the clauses that a text names, each once: RUN-4, or RUN-1 to
// RUN-3.
func named(text string) (ids []string) {
	for _, m := range clauseID.FindAllStringSubmatch(text, -1) {
		first, _ := strconv.Atoi(m[2])
		last := first
		if m[3] == m[1] {
			last, _ = strconv.Atoi(m[4])
		}
		for n := first; n <= last; n++ {
			ids = append(ids, m[1]+"-"+strconv.Itoa(n))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
