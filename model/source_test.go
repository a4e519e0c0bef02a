package model

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAScenarioPrintsAsTheSourceThatMakesIt(t *testing.T) {
	s := Scenario{
		DrainDelay:  1500 * time.Millisecond,
		ReturnGrace: NoGrace,
		Main:        Main{After: Never},
		Stops:       []Stop{{SIGINT, 250*time.Millisecond + 4}, {ParentCancelled, BeforeRun}},
		Starts:      []time.Duration{0},
		Groups:      []Group{{At: time.Second, Units: []Unit{{Lasts: 3 * time.Second}, {}}}},
		Hooks:       []Hook{{}, {By: 1, Lasts: 7, Ends: PanicsNil, Aware: true}},
		Ready:       []Ready{{Is: true}},
		Probes:      []Probe{{Of: Readiness, At: 60 * time.Second}},
	}
	const want = `model.Scenario{
	DrainDelay: 1500*time.Millisecond,
	ReturnGrace: model.NoGrace,
	Main: model.Main{After: model.Never},
	Stops: []model.Stop{
		{By: model.SIGINT, At: 250*time.Millisecond + 4},
		{By: model.ParentCancelled, At: model.BeforeRun},
	},
	Starts: []time.Duration{
		0,
	},
	Groups: []model.Group{
		{At: time.Second, Units: []model.Unit{{Lasts: 3*time.Second}, {}}},
	},
	Hooks: []model.Hook{
		{},
		{By: 1, Lasts: 7, Ends: model.PanicsNil, Aware: true},
	},
	Ready: []model.Ready{
		{Is: true},
	},
	Probes: []model.Probe{
		{Of: model.Readiness, At: 60*time.Second},
	},
}`
	if got := s.String(); got != want {
		t.Errorf("want:\n%s\ngot:\n%s", want, got)
	}
	if got := (Scenario{}).String(); got != "model.Scenario{}" {
		t.Errorf("the empty scenario prints as %s", got)
	}
}

func TestEveryScenarioSurvivesBeingPrintedAndParsed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { survives(rt, Scenarios().Draw(rt, "scenario")) })
	for _, table := range [][]prediction{runPredictions, drainPredictions, hookPredictions, signalPredictions, healthPredictions} {
		for _, p := range table {
			survives(t, p.given)
		}
	}
}

func survives(t interface{ Fatalf(string, ...any) }, s Scenario) {
	source := fmt.Sprintf("%#v", s)
	expr, err := parser.ParseExpr(source)
	if err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	got := eval(expr, reflect.TypeFor[Scenario]()).Interface().(Scenario)
	if !reflect.DeepEqual(normal(s), normal(got)) {
		t.Fatalf("printed as\n%s\nread as\n%s", source, got)
	}
}

// normal makes empty slices nil: the source leaves both out.
func normal(s Scenario) Scenario {
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.Len() == 0 {
			f.SetZero()
		}
	}
	s = s.clone()
	for i := range s.Groups {
		if len(s.Groups[i].Units) == 0 {
			s.Groups[i].Units = nil
		}
	}
	return s
}

// eval evaluates the few forms that a scenario is printed in.
func eval(expr ast.Expr, t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch x := expr.(type) {
	case *ast.CompositeLit:
		for i, elt := range x.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); ok {
				f := v.FieldByName(kv.Key.(*ast.Ident).Name)
				f.Set(eval(kv.Value, f.Type()))
				continue
			}
			v.Grow(1)
			v.SetLen(i + 1)
			v.Index(i).Set(eval(elt, t.Elem()))
		}
	case *ast.Ident:
		v.SetBool(x.Name == "true")
	default:
		n := reflect.ValueOf(number(expr))
		v.Set(n.Convert(t))
	}
	return v
}

// number evaluates a constant expression.
func number(expr ast.Expr) int64 {
	switch x := expr.(type) {
	case *ast.BasicLit:
		n, err := strconv.ParseInt(x.Value, 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	case *ast.BinaryExpr:
		if x.Op == token.MUL {
			return number(x.X) * number(x.Y)
		}
		return number(x.X) + number(x.Y)
	case *ast.SelectorExpr:
		return constant(x.Sel.Name)
	}
	panic(fmt.Sprintf("%T", expr))
}

func constant(name string) int64 {
	for _, names := range [][]string{exitNames, triggerNames, askNames} {
		for i, known := range names {
			if known == name {
				return int64(i)
			}
		}
	}
	return map[string]int64{
		"Second": int64(time.Second), "Millisecond": int64(time.Millisecond),
		"Never": int64(Never), "BeforeRun": int64(BeforeRun), "NoGrace": int64(NoGrace),
	}[name]
}
