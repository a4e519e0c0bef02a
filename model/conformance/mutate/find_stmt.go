package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// statements finds the mutants of a list of statements. last says that the
// function, which has no results, ends where the list does.
func (f *finder) statements(list []ast.Stmt, last bool) {
	for i, stmt := range list {
		f.statement(stmt, last && i == len(list)-1)
	}
}

func (f *finder) statement(stmt ast.Stmt, last bool) {
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		f.exprStmt(s)
	case *ast.AssignStmt:
		f.assignment(s)
	case *ast.IncDecStmt:
		f.drop(s, "drop assignment")
		other := map[token.Token]string{token.INC: "--", token.DEC: "++"}[s.Tok]
		f.replaceStmt(s, "swap operator", f.text(s.X)+other)
	case *ast.SendStmt:
		f.drop(s, "drop send")
		f.expr(s.Value)
	case *ast.GoStmt:
		f.drop(s, "drop go")
		f.call(s.Call)
	case *ast.DeferStmt:
		f.drop(s, "drop defer")
		f.call(s.Call)
	case *ast.ReturnStmt:
		f.returns(s, last)
	case *ast.BranchStmt:
		f.branch(s)
	case *ast.DeclStmt:
		f.localVars(s)
	case *ast.BlockStmt:
		f.statements(s.List, last)
	case *ast.LabeledStmt:
		f.statement(s.Stmt, last)
	case *ast.IfStmt:
		f.ifStmt(s, last)
	case *ast.ForStmt, *ast.RangeStmt:
		f.loopStmt(s)
	case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		f.choice(s, last)
	}
}

// drop adds the mutant without a statement.
func (f *finder) drop(s ast.Stmt, op string) *Mutant {
	m := f.mutant(s, op, f.text(s), "(nothing)")
	m.wrap(s, "if !"+on(m)+" { ", " }")
	m.Rule = f.ruleOfDropped(s)
	return m
}

// replaceStmt adds the mutant with another statement in its place.
func (f *finder) replaceStmt(s ast.Stmt, op, other string) *Mutant {
	m := f.mutant(s, op, f.text(s), other)
	m.wrap(s, "if "+on(m)+" { "+other+" } else { ", " }")
	return m
}

func (f *finder) exprStmt(s *ast.ExprStmt) {
	switch x := ast.Unparen(s.X).(type) {
	case *ast.CallExpr:
		m := f.drop(s, "drop call")
		m.leaves = f.builtin(x) == "panic"
		f.call(x)
	case *ast.UnaryExpr: // a receive
		f.drop(s, "drop receive")
		f.expr(x.X)
	}
}

func (f *finder) assignment(s *ast.AssignStmt) {
	switch {
	case s.Tok == token.DEFINE && len(s.Lhs) > len(s.Rhs):
		for _, v := range s.Lhs {
			f.spoil(s, v.(*ast.Ident))
		}
	case s.Tok != token.DEFINE:
		f.drop(s, "drop assignment")
		swapped := map[token.Token]string{
			token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+=", token.MUL_ASSIGN: "/=", token.QUO_ASSIGN: "*=",
			token.AND_ASSIGN: "|=", token.OR_ASSIGN: "&=",
		}[s.Tok]
		if t := f.info.TypeOf(s.Lhs[0]); swapped != "" && t != nil && !isString(t) {
			f.replaceStmt(s, "swap operator", f.text(s.Lhs[0])+" "+swapped+" "+f.text(s.Rhs[0]))
		}
	}
	f.simple(s)
}

// spoil adds the mutant in which one of several results of a call is another
// than it was.
func (f *finder) spoil(s *ast.AssignStmt, v *ast.Ident) {
	t := f.info.TypeOf(v)
	if v.Name == "_" || t == nil || isContext(t) { // without a context everything crashes
		return
	}
	other, ok := "!"+v.Name, true
	if !isBool(t) {
		other, ok = f.zero(t)
	}
	if !ok {
		return
	}
	text := v.Name + " = " + other
	m := f.mutant(s, "spoil result", f.text(s), f.text(s)+"; "+text)
	m.edits = []edit{{from: s.End(), to: s.End(), after: "; if " + on(m) + " { " + text + " }"}}
}

// simple finds the mutants of the expressions of a simple statement.
func (f *finder) simple(stmt ast.Stmt) {
	switch s := stmt.(type) {
	case *ast.AssignStmt:
		for i, lhs := range s.Lhs {
			if x, ok := lhs.(*ast.IndexExpr); ok {
				f.expr(x.Index)
			}
			if len(s.Lhs) == len(s.Rhs) {
				_, isCall := ast.Unparen(s.Rhs[i]).(*ast.CallExpr)
				f.valueFor(s.Rhs[i], f.info.TypeOf(lhs), s.Tok == token.DEFINE || s.Tok == token.ASSIGN && isCall)
			}
		}
		if len(s.Lhs) > len(s.Rhs) {
			f.expr(s.Rhs[0])
		}
	case *ast.ExprStmt:
		f.expr(s.X)
	case *ast.SendStmt:
		f.expr(s.Value)
	}
}

func (f *finder) localVars(s *ast.DeclStmt) {
	decl, ok := s.Decl.(*ast.GenDecl)
	if !ok || decl.Tok != token.VAR {
		return
	}
	for _, spec := range decl.Specs {
		v := spec.(*ast.ValueSpec)
		for i, value := range v.Values {
			if len(v.Names) == len(v.Values) {
				f.valueFor(value, f.info.TypeOf(v.Names[i]), true)
			}
		}
	}
}

func (f *finder) returns(s *ast.ReturnStmt, last bool) {
	results := f.signature.Results()
	if results.Len() == 0 && !last {
		f.drop(s, "drop return")
	}
	for i, value := range s.Results {
		if len(s.Results) == results.Len() {
			f.valueFor(value, results.At(i).Type(), true)
		} else {
			f.expr(value)
		}
	}
}

func (f *finder) branch(s *ast.BranchStmt) {
	if s.Label != nil || s.Tok != token.BREAK && s.Tok != token.CONTINUE || len(f.loops) == 0 {
		return
	}
	f.drop(s, "drop "+s.Tok.String())
	if !f.loops[len(f.loops)-1].continues {
		return
	}
	other := map[token.Token]string{token.BREAK: "continue", token.CONTINUE: "break"}[s.Tok]
	f.replaceStmt(s, "swap break and continue", other).leaves = true
}

func (f *finder) ifStmt(s *ast.IfStmt, last bool) {
	f.simple(s.Init)
	f.condition(s.Cond, true)
	f.statements(s.Body.List, last)
	switch e := s.Else.(type) {
	case *ast.IfStmt:
		f.ifStmt(e, last)
	case *ast.BlockStmt:
		if len(e.List) > 0 {
			m := f.mutant(e, "drop else", f.text(e), "{}")
			m.leaves = true
			m.edits = []edit{
				{from: e.Lbrace + 1, to: e.Rbrace, before: " if !" + on(m) + " { ", after: " } "},
			}
		}
		f.statements(e.List, last)
	}
}

func (f *finder) loopStmt(stmt ast.Stmt) {
	f.loops = append(f.loops, loop{continues: true})
	defer func() { f.loops = f.loops[:len(f.loops)-1] }()
	var body *ast.BlockStmt
	switch s := stmt.(type) {
	case *ast.ForStmt:
		body = s.Body
		f.simple(s.Init)
		if s.Cond != nil {
			f.condition(s.Cond, false)
		}
	case *ast.RangeStmt:
		body = s.Body
		f.ranged(s.X)
	}
	if n := len(body.List); n > 0 && !jumps(body.List[n-1]) {
		m := f.mutant(body.List[n-1], "loop once", f.text(body.List[n-1]), "")
		m.New, m.leaves = m.Old+"; break", true
		m.edits = []edit{{from: body.Rbrace, to: body.Rbrace, after: " ; if " + on(m) + " { break } "}}
	}
	f.statements(body.List, false)
}

func jumps(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// ranged adds the mutant of a range statement that does nothing.
func (f *finder) ranged(x ast.Expr) {
	t := f.info.TypeOf(x)
	switch t.Underlying().(type) {
	case *types.Slice, *types.Map, *types.Chan, *types.Basic:
		if f.info.Types[x].Value == nil {
			m := f.mutant(x, "empty range", f.text(x), "(nothing)")
			m.wrap(x, "m__.Zero("+idMark+", ", ")")
		}
	}
	f.expr(x)
}

// choice finds the mutants of a switch or a select.
func (f *finder) choice(stmt ast.Stmt, last bool) {
	f.loops = append(f.loops, loop{})
	defer func() { f.loops = f.loops[:len(f.loops)-1] }()
	switch s := stmt.(type) {
	case *ast.SwitchStmt:
		f.simple(s.Init)
		if s.Tag != nil {
			f.expr(s.Tag)
		}
		for _, clause := range s.Body.List {
			c := clause.(*ast.CaseClause)
			for _, x := range c.List {
				if s.Tag == nil {
					f.condition(x, true)
				} else {
					f.expr(x)
				}
			}
			f.statements(c.Body, last)
		}
	case *ast.TypeSwitchStmt:
		f.simple(s.Init)
		for _, clause := range s.Body.List {
			f.statements(clause.(*ast.CaseClause).Body, last)
		}
	case *ast.SelectStmt:
		for _, clause := range s.Body.List {
			c := clause.(*ast.CommClause)
			f.communication(c.Comm)
			f.statements(c.Body, last)
		}
	}
}

// communication adds the mutant of a select in which one case never comes: its
// channel is nil.
func (f *finder) communication(comm ast.Stmt) {
	var ch ast.Expr
	switch s := comm.(type) {
	case *ast.SendStmt:
		ch = s.Chan
		f.expr(s.Value)
	case *ast.ExprStmt:
		ch = ast.Unparen(s.X).(*ast.UnaryExpr).X
	case *ast.AssignStmt:
		ch = ast.Unparen(s.Rhs[0]).(*ast.UnaryExpr).X
	default:
		return
	}
	m := f.mutant(comm, "drop case", "case "+f.text(comm), "(nothing)")
	m.column = max(0, m.column-len("case "))
	m.wrap(ch, "m__.Zero("+idMark+", ", ")")
	f.expr(ch)
}
