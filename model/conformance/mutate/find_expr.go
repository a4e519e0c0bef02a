package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// value finds the mutants of a value that is kept as it is.
func (f *finder) value(x ast.Expr) { f.valueFor(x, f.info.TypeOf(x), false) }

// valueFor finds the mutants of a value that is assigned to what has type t: a
// bool that is the other one, and, with zero, anything else that is zero.
func (f *finder) valueFor(x ast.Expr, t types.Type, zero bool) {
	tv := f.info.Types[x]
	switch {
	case tv.Value != nil || tv.IsNil() || t == nil:
	case isBool(tv.Type):
		m := f.mutant(x, "negate", f.text(x), "!("+f.text(x)+")")
		m.wrap(x, "((", ") != "+on(m)+")")
	case zero && zeroable(x):
		f.zeroed(x, t)
	}
	f.expr(x)
}

// zeroable leaves out what nobody can do without: literals and addresses, of
// which the zero value is nil and a crash.
func zeroable(x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.FuncLit, *ast.CompositeLit:
		return false
	case *ast.UnaryExpr:
		return x.Op != token.AND
	case *ast.CallExpr:
		if name, ok := x.Fun.(*ast.Ident); ok {
			return name.Name != "make" && name.Name != "new" && name.Name != "append"
		}
	}
	return true
}

func (f *finder) zeroed(x ast.Expr, t types.Type) {
	call := "m__.Zero("
	if own := f.info.TypeOf(x); own == nil || !types.Identical(own, t) {
		name, ok := f.typeName(t)
		if !ok {
			return
		}
		call = "m__.Zero[" + name + "]("
	}
	zero, ok := f.zero(t)
	if !ok {
		zero = "zero"
	}
	m := f.mutant(x, "zero", f.text(x), zero)
	m.wrap(x, call+idMark+", ", ")")
}

// condition finds the mutants of a condition: that it is always true, if that
// ends, or always false, and those of its parts.
func (f *finder) condition(x ast.Expr, canBeTrue bool) {
	if f.info.Types[x].Value != nil {
		return
	}
	if canBeTrue {
		m := f.mutant(x, "true", f.text(x), "true")
		m.wrap(x, "("+on(m)+" || (", "))")
	}
	m := f.mutant(x, "false", f.text(x), "false")
	m.wrap(x, "(!"+on(m)+" && (", "))")
	f.expr(x)
}

// expr finds the mutants of an expression.
func (f *finder) expr(x ast.Expr) {
	if f.info.Types[x].Value != nil {
		f.constant(x)
		return
	}
	switch x := x.(type) {
	case *ast.ParenExpr:
		f.expr(x.X)
	case *ast.BinaryExpr:
		f.binary(x)
	case *ast.UnaryExpr:
		f.expr(x.X)
	case *ast.StarExpr:
		f.expr(x.X)
	case *ast.TypeAssertExpr:
		f.expr(x.X)
	case *ast.SelectorExpr:
		f.expr(x.X)
	case *ast.IndexExpr:
		f.expr(x.X)
		if !f.info.Types[x.Index].IsType() {
			f.expr(x.Index)
		}
	case *ast.SliceExpr:
		f.expr(x.X)
		for _, bound := range []ast.Expr{x.Low, x.High, x.Max} {
			if bound != nil {
				f.expr(bound)
			}
		}
	case *ast.CallExpr:
		f.call(x)
	case *ast.CompositeLit:
		f.composite(x)
	case *ast.FuncLit:
		f.body(f.info.TypeOf(x).(*types.Signature), x.Body)
	}
}

// helpers are the functions of package mutant that do arithmetic, and what they
// do when the mutant is on.
var helpers = map[token.Token]struct{ name, other string }{
	token.ADD: {"Add", "-"}, token.SUB: {"Sub", "+"}, token.MUL: {"Mul", ""}, token.QUO: {"Quo", ""}, token.REM: {"Rem", ""},
	token.AND: {"And", "|"}, token.OR: {"Or", "&"},
}

// boundary is the comparison that differs when both sides are equal.
var boundary = map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}

func (f *finder) binary(x *ast.BinaryExpr) {
	left, right := f.text(x.X), f.text(x.Y)
	switch {
	case x.Op == token.LAND:
		f.operand(x, x.X, right, "(%s || (", "))")
		f.operand(x, x.Y, left, "(%s || (", "))")
	case x.Op == token.LOR:
		f.operand(x, x.X, right, "(!%s && (", "))")
		f.operand(x, x.Y, left, "(!%s && (", "))")
	case boundary[x.Op] != "":
		other := left + " " + boundary[x.Op] + " " + right
		m := f.mutant(x, "boundary", f.text(x), other)
		m.wrap(x, "("+on(m)+" && ("+other+") || !"+on(m)+" && (", "))")
	case helpers[x.Op].name != "" && !isString(f.info.TypeOf(x)):
		h := helpers[x.Op]
		other := left
		if h.other != "" {
			other = left + " " + h.other + " " + right
		}
		m := f.mutant(x, "swap operator", f.text(x), other)
		m.wrap(x, "m__."+h.name+"("+idMark+", ", ")")
		m.edits = append(m.edits, edit{from: x.OpPos, to: x.OpPos + token.Pos(len(x.Op.String())), after: ",", replaces: true})
	}
	f.expr(x.X)
	f.expr(x.Y)
}

// operand adds the mutant without one operand of && or ||.
func (f *finder) operand(x *ast.BinaryExpr, dropped ast.Expr, rest, before, after string) {
	if f.info.Types[dropped].Value != nil {
		return
	}
	m := f.mutant(x, "drop operand", f.text(x), rest)
	m.wrap(dropped, fmt.Sprintf(before, on(m)), after)
}

// call finds the mutants of a call: those of its arguments.
func (f *finder) call(c *ast.CallExpr) {
	if f.info.Types[c.Fun].IsType() {
		f.expr(c.Args[0])
		return
	}
	if name := f.builtin(c); name != "" {
		f.builtinCall(c, name)
		return
	}
	switch fun := ast.Unparen(c.Fun).(type) {
	case *ast.FuncLit, *ast.CallExpr:
		f.expr(fun)
	case *ast.SelectorExpr:
		f.expr(fun.X)
	}
	sig, ok := f.info.TypeOf(c.Fun).Underlying().(*types.Signature)
	if !ok || len(c.Args) == 1 && isTuple(f.info.TypeOf(c.Args[0])) {
		for _, arg := range c.Args {
			f.expr(arg)
		}
		return
	}
	for i, arg := range c.Args {
		t, before := parameter(sig, i, c.Ellipsis.IsValid()), len(f.found)
		f.valueFor(arg, t, !isContext(t))
		if rule := f.ruleOfArgument(c, i); rule != "" {
			for _, m := range f.found[before:] {
				m.Rule = rule
			}
		}
	}
}

// parameter is the type of the i-th argument.
func parameter(sig *types.Signature, i int, spread bool) types.Type {
	last := sig.Params().Len() - 1
	if !sig.Variadic() || i < last || spread {
		return sig.Params().At(i).Type()
	}
	return sig.Params().At(last).Type().(*types.Slice).Elem()
}

// builtin is the name of the builtin function that is called, "" if none is.
func (f *finder) builtin(c *ast.CallExpr) string {
	if name, ok := ast.Unparen(c.Fun).(*ast.Ident); ok {
		if b, ok := f.info.Uses[name].(*types.Builtin); ok {
			return b.Name()
		}
	}
	return ""
}

func (f *finder) builtinCall(c *ast.CallExpr, name string) {
	args := c.Args
	switch name {
	case "min", "max":
		other := map[string]string{"min": "max", "max": "min"}[name]
		helper := map[string]string{"min": "m__.Min", "max": "m__.Max"}[name]
		m := f.mutant(c, "swap min and max", f.text(c), other+f.file.code(f.source, c.Lparen, c.End()))
		m.edits = []edit{
			{from: c.Fun.Pos(), to: c.Fun.End(), after: helper, replaces: true},
			{from: c.Lparen + 1, to: c.Lparen + 1, after: idMark + ", "},
		}
	case "make":
		args = args[1:]
	case "new", "panic":
		return
	}
	for i, arg := range args {
		before := len(f.found)
		f.expr(arg)
		if name == "make" && (i == 1 || isMap(f.info.TypeOf(c))) {
			for _, m := range f.found[before:] {
				m.Rule = ruleCapacity
			}
		}
	}
}

func (f *finder) composite(x *ast.CompositeLit) {
	t := f.info.TypeOf(x)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	fields, isStruct := t.Underlying().(*types.Struct)
	for i, elt := range x.Elts {
		kv, keyed := elt.(*ast.KeyValueExpr)
		switch {
		case !keyed && isStruct:
			f.valueFor(elt, fields.Field(i).Type(), true)
		case !keyed:
			f.value(elt)
		case isStruct:
			f.valueFor(kv.Value, f.info.Uses[kv.Key.(*ast.Ident)].Type(), true)
		default:
			f.value(kv.Value)
		}
	}
}
