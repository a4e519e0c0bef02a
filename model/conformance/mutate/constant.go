package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// constant adds the mutants of a constant expression: true and false, numbers
// that are one more or less, durations that are twice as long or none, levels of
// the log that are one lower, texts that are empty.
func (f *finder) constant(x ast.Expr) {
	tv := f.info.Types[x]
	t := types.Default(tv.Type)
	text := f.text(x)
	literal, isLiteral := ast.Unparen(x).(*ast.BasicLit)
	switch {
	case isBool(t):
		f.pick(x, t, map[bool]string{true: "false", false: "true"}[constant.BoolVal(tv.Value)])
	case isString(t):
		f.textConstant(x, t, constant.StringVal(tv.Value))
	case isNamed(t, "log/slog", "Level"):
		if lower := map[string]string{"Error": "Warn", "Warn": "Info", "Info": "Debug", "Debug": "Info"}[strings.TrimPrefix(text, "slog.Level")]; lower != "" {
			f.pick(x, t, "slog.Level"+lower)
		}
	case isNamed(t, "time", "Duration") && !isLiteral:
		if constant.Sign(tv.Value) != 0 {
			f.pick(x, t, "2*("+text+")")
			f.pick(x, t, "0")
		}
	case isLiteral && literal.Kind == token.INT:
		f.pick(x, t, constant.BinaryOp(tv.Value, token.ADD, constant.MakeInt64(1)).ExactString())
		if constant.Sign(tv.Value) > 0 {
			f.pick(x, t, constant.BinaryOp(tv.Value, token.SUB, constant.MakeInt64(1)).ExactString())
		}
	case isNumeric(t):
		f.pick(x, t, text+"+1")
		if constant.Sign(tv.Value) != 0 {
			f.pick(x, t, text+"-1")
		}
	}
}

func (f *finder) textConstant(x ast.Expr, t types.Type, value string) {
	other := `""`
	if value == "" {
		other = `"x"`
	}
	m := f.pick(x, t, other)
	if m != nil && isProse(value) {
		m.Rule = ruleProse
	}
}

// pick adds the mutant with another constant.
func (f *finder) pick(x ast.Expr, t types.Type, other string) *Mutant {
	name, ok := f.typeName(t)
	if !ok {
		return nil
	}
	m := f.mutant(x, "constant", f.text(x), other)
	m.wrap(x, "m__.Pick["+name+"]("+idMark+", ", ", "+other+")")
	return m
}
