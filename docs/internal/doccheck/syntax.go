package doccheck

import (
	"go/ast"
	"go/token"
	"slices"
)

// declared is the names of a file's declarations, apart from imports.
func declared(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, decl := range f.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				names[decl.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names[spec.Name.Name] = true
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						names[name.Name] = true
					}
				}
			}
		}
	}
	delete(names, "_")
	return names
}

// receiver is the name of the type that a method is of.
func receiver(decl *ast.FuncDecl) (name string) {
	ast.Inspect(decl.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return true
	})
	return name
}

// unresolved is the names, sorted, that are used as packages are and declared
// nowhere in the file.
func unresolved(f *ast.File) (names []string) {
	free := map[*ast.Ident]bool{}
	for _, id := range f.Unresolved {
		free[id] = true
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && free[id] {
				names = append(names, id.Name)
			}
		}
		return true
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// variables is the names that the statements of the block itself declare.
func variables(block *ast.BlockStmt) (names []string) {
	add := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
			names = append(names, id.Name)
		}
	}
	for _, stmt := range block.List {
		switch stmt := stmt.(type) {
		case *ast.AssignStmt:
			if stmt.Tok == token.DEFINE {
				for _, e := range stmt.Lhs {
					add(e)
				}
			}
		case *ast.DeclStmt:
			for _, spec := range stmt.Decl.(*ast.GenDecl).Specs {
				if value, ok := spec.(*ast.ValueSpec); ok && stmt.Decl.(*ast.GenDecl).Tok == token.VAR {
					for _, name := range value.Names {
						add(name)
					}
				}
			}
		}
	}
	return names
}

// returnsValue reports whether a return statement of the block, not one of a
// function in it, has a value.
func returnsValue(block *ast.BlockStmt) (found bool) {
	ast.Inspect(block, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			found = found || len(n.Results) > 0
		}
		return true
	})
	return found
}
