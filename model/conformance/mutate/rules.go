package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"path"
	"strings"
)

// The rules by which mutants are left out. What a rule leaves out is counted in
// the report.
const (
	ruleProse    = "wording: the contract leaves the words of errors and log lines free"
	ruleCapacity = "capacity: how much memory is taken at once is not seen"
	ruleTimer    = "timer: one that only its own function reads is collected, stopped or not"
	ruleLock     = "lock: without its lock or unlock code crashes or hangs, which says little"
	ruleDiagram  = "diagram: no clause is about diagrams, which the package's own tests are for"
	ruleAdapter  = "adapter: it connects an implementation to the suite"
	ruleTable    = "table: package fsm looks for mistakes in its own table, which has none"
	ruleAPI      = "API: the suite has no field for it; the package's own tests are for it"
	ruleWords    = "words: the code only chooses the words of an error or a log line"
	ruleKey      = "key: the contract leaves the keys of log records free, but for LOG-1's"
	ruleForeign  = "other code: h2c of golang.org/x/net, and functions of the user that net/http calls; the suite has none"
	ruleSpeed    = "speed: it saves work, or does it in another order"
	ruleBound    = "bound: one more or less of a bound that the contract asks for, and does not number"
	ruleRecord   = "record: no clause asks for the log record that the code is for"
	ruleRace     = "race detector: the code runs only under it, and the suite runs without it here"
	ruleKept     = "body: no clause asks how much of a body is read to keep its connection"
	rulePipe     = "pipe: SIG-4 is about a broken pipe from the stop on, and this about one before it"
	ruleTie      = "tie: of a signal and an end that come at one instant, either may be taken first"
	ruleNever    = "impossible: it runs only after a mistake in the code itself, or in the standard library"
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

// outside leaves out what the suite has no clause about, and of that, where the
// packages' own tests are asked, what they cannot be asked about either. A site that
// no mutant is at is an error: the code has changed.
func outside(all []*Mutant, own bool) error {
	asked := map[string]bool{} // the packages that there are
	for _, m := range all {
		asked[path.Dir(m.File)] = true
	}
	for _, s := range sites() {
		if !asked[path.Dir(s.file)] || own && s.rule != ruleAdapter && s.rule != ruleNever && s.rule != ruleCapacity && s.rule != ruleSpeed {
			continue
		}
		stale := true
		for _, m := range all {
			if s.has(m) {
				m.Rule, stale = cmp.Or(m.Rule, s.rule), false
			}
		}
		if stale {
			return fmt.Errorf("sites: no mutant is at %s %s %q", s.file, s.function, s.code)
		}
	}
	for _, m := range all {
		if !own && ofBound(m) {
			m.Rule = cmp.Or(m.Rule, ruleBound)
		}
	}
	return nil
}

// ofBound reports whether the mutant makes a bound one more or less.
func ofBound(m *Mutant) bool {
	switch m.Op {
	case "constant":
		return bounds[m.Old]
	case "boundary":
		words := strings.Fields(m.Old)
		return bounds[words[0]] || bounds[words[len(words)-1]]
	}
	return false
}

// bounds are constants whose number is the implementation's own.
var bounds = map[string]bool{
	"depthLimit": true, "goAwayWait": true, "headerBatch": true, "limitedFrom": true, "longIdle": true, "madeAhead": true, "maxPending": true, "maxPooled": true,
	"maxRuns": true, "slowClose": true,
}

// namedKeys are the keys of records that LOG-1 asks for.
var namedKeys = map[string]bool{
	"from": true, "to": true, "event": true, "elapsed": true, "cause": true, "at": true, "waits_for": true, "at_most": true,
}

// ruleOfArgument is the rule that leaves out the mutants of an argument: the first
// of slog.String, slog.Any and the like, how what failed is called in the log, and
// the words around the arguments of Sprintf.
func (f *finder) ruleOfArgument(call *ast.CallExpr, nth int) string {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		if fun.Name == "logMisuse" && nth == 1 {
			return ruleWords
		}
	case *ast.SelectorExpr:
		if nth == 1 && (fun.Sel.Name == "tooLate" || fun.Sel.Name == "panicked") && isNamed(f.info.TypeOf(fun.X), f.pkg.Path(), "asyncLog") {
			return ruleWords
		}
		// Sprintf adds what the format has no place for.
		if format := f.info.Types[call.Args[0]].Value; nth == 0 && isFunc(f.info.Uses[fun.Sel], "fmt", "Sprintf") && format != nil && strings.Contains(constant.StringVal(format), " ") {
			return ruleProse
		}
	}
	if nth != 0 {
		return ""
	}
	named, ok := f.info.TypeOf(call).(*types.Named)
	if !ok || !isNamed(named, "log/slog", "Attr") {
		return ""
	}
	key := f.info.Types[call.Args[0]].Value
	if key == nil || key.Kind() != constant.String || namedKeys[constant.StringVal(key)] {
		return ""
	}
	return ruleKey
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

// isFunc reports whether an object is that function.
func isFunc(o types.Object, path, name string) bool {
	return o != nil && o.Pkg() != nil && o.Pkg().Path() == path && o.Name() == name
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
