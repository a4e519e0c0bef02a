package checks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// A goroutine in a bubble that waits for a channel made outside of it is not idle, so
// that virtual time stands still until somebody else lets it go on: an implementation
// that does something a little later would seem to hang. So what a check makes before
// its bubble has no channels.
func TestNoChannelIsMadeOutsideTheBubble(t *testing.T) {
	files := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatal("no files: ", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			for _, made := range madeOutside(f.Body) {
				t.Errorf("%v: %s makes a channel outside of its bubble", files.Position(made.Pos()), f.Name.Name)
			}
		}
	}
}

// madeOutside returns the calls of make, for a channel, that come before a bubble in a
// function that begins one.
func madeOutside(body *ast.BlockStmt) (made []*ast.CallExpr) {
	begins := false
	ast.Inspect(body, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false // it is called in the bubble
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if isBubble(call) {
			begins = true
			return false
		}
		if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "make" {
			if _, ok := call.Args[0].(*ast.ChanType); ok {
				made = append(made, call)
			}
		}
		return true
	})
	if !begins {
		return nil
	}
	return made
}

// isBubble reports whether a call has its last argument run in a bubble.
func isBubble(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && (f.Sel.Name == "bubble" || f.Sel.Name == "serving" || f.Sel.Name == "servingUntil" || f.Sel.Name == "InBubble")
}
