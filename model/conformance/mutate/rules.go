package main

import (
	"go/ast"
	"go/types"
	"strings"
)

// The rules by which mutants are left out. What a rule leaves out is counted in
// the report.
const (
	ruleProse    = "prose: the contract leaves the words of errors and log lines free"
	ruleCapacity = "capacity: how much memory is taken at once is not seen"
	ruleTimer    = "timer: one that only its own function reads is collected, stopped or not"
	ruleLock     = "lock: without its lock or unlock code crashes or hangs, which says little"
	ruleDiagram  = "diagram: no clause is about diagrams, which the package's own tests are for"
	ruleAdapter  = "adapter: it says how an implementation fits behind the suite, and is none"
	ruleTable    = "table: package fsm looks for mistakes in its own table, which has none"
)

// isProse reports whether a text is words for a reader: more than one, and with
// no room for what the contract may ask to be named.
func isProse(text string) bool { return strings.Contains(text, " ") && !strings.Contains(text, "%") }

// ruleOfDropped is the rule that leaves out the mutant without a statement.
func (f *finder) ruleOfDropped(s ast.Stmt) string {
	var c *ast.CallExpr
	deferred := false
	switch s := s.(type) {
	case *ast.DeferStmt:
		c, deferred = s.Call, true
	case *ast.ExprStmt:
		c, _ = ast.Unparen(s.X).(*ast.CallExpr)
	}
	if c == nil {
		return ""
	}
	method, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	t := f.info.TypeOf(method.X)
	switch {
	case deferred && method.Sel.Name == "Stop" && isNamed(t, "time", "Timer"):
		return ruleTimer
	case method.Sel.Name == "Lock" || method.Sel.Name == "Unlock":
		return ruleLock
	}
	return ""
}

// diagrams are the files that draw the machine.
var diagrams = map[string]bool{
	"fsm/diagram.go": true, "fsm/dot.go": true, "fsm/mermaid.go": true,
	"fsm/svg.go": true, "fsm/svglayout.go": true, "fsm/svgstyle.go": true,
}

// outside leaves out what the suite has no clause about. The packages' own tests
// are asked about it.
func outside(all []*Mutant) {
	for _, m := range all {
		switch {
		case m.Rule != "":
		case diagrams[m.File]:
			m.Rule = ruleDiagram
		case strings.HasSuffix(m.File, "/plain/implementation.go"):
			m.Rule = ruleAdapter
		case m.File == "fsm/table.go" && (m.Func == "check" || m.Func == "checkPaths"):
			m.Rule = ruleTable
		}
	}
}

func isBool(t types.Type) bool    { return isBasic(t, types.IsBoolean) }
func isString(t types.Type) bool  { return isBasic(t, types.IsString) }
func isNumeric(t types.Type) bool { return isBasic(t, types.IsNumeric) }

func isBasic(t types.Type, info types.BasicInfo) bool {
	if _, isParam := t.(*types.TypeParam); isParam || t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&info != 0
}

func isMap(t types.Type) bool {
	_, ok := t.Underlying().(*types.Map)
	return ok
}

func isTuple(t types.Type) bool {
	_, ok := t.(*types.Tuple)
	return ok
}

func isContext(t types.Type) bool { return isNamed(t, "context", "Context") }

// isNamed reports whether t is that type, or a pointer to it.
func isNamed(t types.Type, path, name string) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == path && n.Obj().Name() == name
}
