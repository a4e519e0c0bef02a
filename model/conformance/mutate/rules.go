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
	ruleProse    = "prose: the contract leaves the words of errors and log lines free"
	ruleCapacity = "capacity: how much memory is taken at once is not seen"
	ruleTimer    = "timer: one that only its own function reads is collected, stopped or not"
	ruleLock     = "lock: without its lock or unlock code crashes or hangs, which says little"
	ruleDiagram  = "diagram: no clause is about diagrams, which the package's own tests are for"
	ruleAdapter  = "adapter: it says how an implementation fits behind the suite, and is none"
	ruleTable    = "table: package fsm looks for mistakes in its own table, which has none"
	ruleAPI      = "API: the suite has no field for it; the package's own tests are for it"
	ruleWords    = "words: the code only chooses the words of an error or a log line"
	ruleKey      = "key: the contract leaves the keys of log records free, but for LOG-1's"
	ruleForeign  = "foreign: h2c of golang.org/x/net, and functions of the user's that net/http calls, which the suite has none of"
	ruleSpeed    = "speed: it saves work, or does it in another order"
	ruleBound    = "bound: one more or less of a bound that the contract asks for, and does not number"
	ruleRecord   = "record: no clause asks for the log record that the code is for"
	ruleKept     = "kept: no clause asks how much of a body is read so that its connection can be kept"
	ruleNever    = "never: what would follow from a mistake in the code itself, or in the standard library"
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

// site is code that no clause is about.
type site struct {
	file     string // in the module
	function string // as Mutant.Func has it; "" is all
	code     string // that the mutant's line has; "" is all
	rule     string
}

// sites returns the code that is left out, and why. What the suite cannot be asked
// about is asked of the packages' own tests, with -own.
func sites() []site {
	return []site{
		{"fsm/diagram.go", "", "", ruleDiagram},
		{"fsm/dot.go", "", "", ruleDiagram},
		{"fsm/mermaid.go", "", "", ruleDiagram},
		{"fsm/svg.go", "", "", ruleDiagram},
		{"fsm/svglayout.go", "", "", ruleDiagram},
		{"fsm/table.go", "check", "", ruleTable},
		{"fsm/table.go", "checkPaths", "", ruleTable},
		{"model/conformance/internal/plain/implementation.go", "", "", ruleAdapter},

		{"fsm/event.go", "Event.MarshalText", "", ruleAPI},
		{"fsm/event.go", "Event.UnmarshalText", "", ruleAPI},
		{"fsm/machine.go", "Machine.Can", "", ruleAPI},
		{"fsm/machine.go", "Machine.History", "", ruleAPI},
		{"fsm/machine.go", "", "history", ruleAPI},
		{"fsm/machine.go", "Machine.Reached", "Stopped", ruleAPI},
		{"fsm/state.go", "State.MarshalText", "", ruleAPI},
		{"fsm/state.go", "State.UnmarshalText", "", ruleAPI},
		{"health/handler.go", "Handler.Changed", "", ruleAPI},
		{"health/handler.go", "New", "problem", ruleAPI}, // of options that the settings of the suite cannot be
		{"health/handler.go", "New", "opt == nil", ruleAPI},
		{"health/handler.go", "Handler.AddCheckContext", "problem", ruleAPI},
		{"health/handler.go", "Handler.AddCheckContext", "opt == nil", ruleAPI},
		{"health/options.go", "", "problem", ruleAPI},
		{"health/options.go", "", "Sprintf", ruleAPI},
		{"health/handler.go", "Handler.updateGate", "replaced", ruleAPI},
		{"health/response.go", "Handler.response", "a.state", ruleAPI}, // CheckOf has the status and the checks
		{"health/response.go", "Handler.response", "h.tool", ruleAPI},
		{"health/response.go", "Handler.response", "h.version", ruleAPI},
		{"health/response.go", "Handler.response", "h.uptime", ruleAPI},
		{"health/response.go", "Handler.response", "a.gate", ruleAPI},
		{"health/readiness.go", "Handler.CheckEach", "", ruleAPI},
		{"health/readiness.go", "Handler.Checks", "", ruleAPI},
		{"health/readiness.go", "Handler.Gate", "", ruleAPI},
		{"health/scheduler_results.go", "scheduler.decide", "c.since", ruleAPI},
		{"health/scheduler_results.go", "scheduler.decide", "c.last.fails", ruleAPI}, // of which c.since depends
		{"lifecycle/hooks.go", "hookEntry.String", "h.name", ruleAPI},                // of HookName
		{"lifecycle/hooks.go", "hookEntry.failed", "h.name", ruleAPI},
		{"lifecycle/http_handler.go", "copyBack", "", ruleAPI},                        // what middleware reads
		{"lifecycle/http_serve.go", "serveCall.requestStop", "named := err", ruleAPI}, // ListenAndServe with UntilStopped
		{"lifecycle/hooks.go", "OnShutdownContext", "opt == nil", ruleAPI},            // as of health's
		{"lifecycle/hooks.go", "OnShutdownContext", "r != nil", ruleAPI},
		{"lifecycle/hooks.go", "OnShutdownContext", "option %d", ruleAPI},
		{"lifecycle/phase_hooks.go", "run.unfinishedHooks", "phase.ran", ruleAPI}, // fields of an error
		{"lifecycle/phase_hooks.go", "run.unfinishedHooks", "e.Ran", ruleAPI},
		{"lifecycle/phase_draining.go", "run.enterDraining", "drain.deadline", ruleAPI}, // as a snapshot shows it in a delay
		{"lifecycle/signals_unix.go", "uncatchableSignals", "", ruleAPI},                // of WithSignals
		{"lifecycle/snapshot.go", "", "", ruleAPI},

		{"fsm/machine.go", "TransitionError.Error", "", ruleWords},
		{"health/changes.go", "Handler.logChange", "c.newText", ruleWords},
		{"health/changes.go", "Handler.logChange", "c.tolerated", ruleWords},
		{"health/changes.go", "Handler.logMisuse", "frame", ruleWords},
		{"health/changes.go", "Handler.logMisuse", "runtime.Callers", ruleWords},
		{"health/changes.go", "Handler.logChange", "stack", ruleWords},
		{"health/changes.go", "Handler.logChange", "msg =", ruleWords},
		{"health/changes.go", "Handler.logMisuse", "AddAttrs", ruleWords},
		{"health/changes.go", "Handler.logMisuse", "msg", ruleWords},
		{"health/check.go", "timedOut", "Sprintf", ruleWords},
		{"health/scheduler_results.go", "scheduler.await", "not waited for", ruleWords},
		{"health/check.go", "panicText", "Sprint", ruleWords},
		{"lifecycle/capture.go", "panicPlace", "", ruleWords},
		{"lifecycle/log.go", "asyncLog.transition", "case fsm.Hooks", ruleKey}, // at_most is asked of draining alone
		{"lifecycle/work.go", "Go", "refused", ruleWords},
		{"lifecycle/hooks.go", "run.runAfterStopped", "misuse", ruleWords},
		{"lifecycle/phase_draining.go", "run.unfinished", "mainBack", ruleWords}, // main is in the result too
		{"lifecycle/phase_draining.go", "run.unfinished", "mainRunningError", ruleWords},
		{"lifecycle/hooks.go", "hookNames.of", "h.name", ruleWords},
		{"lifecycle/errors.go", "groupRepeats", "n == 1", ruleWords},
		{"lifecycle/errors.go", "groupRepeats", "n > 1", ruleWords},
		{"lifecycle/phase_draining.go", "run.warnMainNotBack", "grace-grace/5", ruleWords},
		{"lifecycle/phase_hooks.go", "run.removeRunning", "ended.Sub", ruleWords},
		{"lifecycle/options.go", "WithSignals", "i+1", ruleWords},
		{"lifecycle/options.go", "config.positive", "is not a", ruleWords},
		{"lifecycle/options.go", "config.notNegative", "is negative", ruleWords},
		{"lifecycle/http_listener.go", "listener.address", "", ruleWords},
		{"lifecycle/http_serve.go", "serveCall.check", "err == nil", ruleWords},
		{"lifecycle/http_listener.go", "listener.hangs", "", ruleWords},
		{"lifecycle/http_stop.go", "", "warnHangingListeners", ruleWords},
		{"lifecycle/http_stop.go", "server.warnHangingListeners", "", ruleWords},
		{"lifecycle/http_serve.go", "serveCall.check", "option %d", ruleWords},
		{"lifecycle/http_serve.go", "serveCall.check", "does not come from Run", ruleWords},
		{"lifecycle/http_listener.go", "listener.Accept", "l.accepting", ruleWords}, // for listener.hangs
		{"lifecycle/http_listener.go", "listener.Close", "l.gone", ruleWords},
		{"lifecycle/http_until.go", "untilStoppedServers.any", "", ruleWords}, // for a hint
		{"lifecycle/stack.go", "goroutineID", "", ruleWords},
		{"lifecycle/stack.go", "framesOfAll", "", ruleWords},
		{"lifecycle/stack.go", "notReturnedError.Error", "", ruleWords},
		{"lifecycle/stack.go", "run.mainRunningError", "", ruleWords},
		{"lifecycle/stack.go", "stackOf", "", ruleWords},
		{"lifecycle/stack.go", "userFrames", "", ruleWords},

		{"lifecycle/inflight.go", "inFlight.idleGroups", "", ruleRecord},
		{"lifecycle/log.go", "asyncLog.idleGroups", "", ruleRecord},
		{"lifecycle/log.go", "asyncLog.panicked", "", ruleRecord}, // RUN-4 asks for the stack in the error
		{"lifecycle/phase_draining.go", "run.logIdleGroups", "", ruleRecord},
		{"lifecycle/http_stop.go", "server.failed", "log.add", ruleRecord},
		{"lifecycle/http_background.go", "backgroundCalls.do", "err != nil", ruleRecord},
		{"lifecycle/http_background.go", "backgroundCalls.do", "log.add", ruleRecord},
		{"lifecycle/http_conn_stop.go", "connections.requests", "", ruleRecord},
		{"lifecycle/http_serve.go", "serveCall.serveOn", "log.refused", ruleRecord}, // DRAIN-3's are of Track, Go and DrainGroup
		{"lifecycle/http_stop.go", "server.cut", "requests", ruleRecord},
		{"lifecycle/http_until.go", "run.serverFailed", "tooLate", ruleRecord},
		{"lifecycle/http_until.go", "server.warnTasks", "stop()", ruleRecord}, // one too many, of a server that has ended
		{"lifecycle/http_until.go", "server.warnTasks", "t != nil", ruleRecord},
		{"lifecycle/log.go", "asyncLog.tooLate", `"at"`, ruleRecord},
		{"lifecycle/log.go", "asyncLog.tooLate", "pc != 0", ruleRecord},
		{"lifecycle/phase_hooks.go", "run.interruptHooks", "log.add", ruleRecord},
		{"lifecycle/serve_func.go", "funcServer.serve", "log.add", ruleRecord},
		{"lifecycle/serve_func.go", "funcServer.serveEnded", "log.add", ruleRecord},
		{"lifecycle/serve_func.go", "", "log.panicked", ruleRecord},
		{"lifecycle/phase_hooks.go", "run.hookEnded", "tooLate", ruleRecord}, // HOOK-3's is startHook's
		{"lifecycle/stop.go", "Stop", "tooLate", ruleRecord},
		{"lifecycle/http_handler.go", "run.refuse", "addLimited", ruleRecord}, // DRAIN-3's are of Track, Go and DrainGroup

		{"lifecycle/http_hijack.go", "connections.find", "isHijacked", ruleForeign},
		{"lifecycle/http_hijack.go", "innerConn", "", ruleForeign},
		{"lifecycle/http_conn_stop.go", "connection.closeTime", "e.state == http.StateIdle {", ruleForeign},
		{"lifecycle/http_conn_stop.go", "connection.closeTime", "e.idle.Add(http2Linger)", ruleForeign},
		{"lifecycle/http_connections.go", "", "c.hijacked.Add", ruleForeign},
		{"lifecycle/http_connections.go", "connections.end", "alias != nil", ruleForeign},
		{"lifecycle/http_connections.go", "connections.end", "c.all.Delete", ruleForeign},
		{"lifecycle/http_hijack.go", "connections.find", "c.hijacked", ruleForeign},
		{"lifecycle/http_hijack.go", "connections.find", "inner", ruleForeign},
		{"lifecycle/http_hijack.go", "connections.find", "known", ruleForeign},
		{"lifecycle/http_hijack.go", "connections.find", "c.setAlias", ruleForeign},
		{"lifecycle/http_hijack.go", "connections.setAlias", "", ruleForeign},
		{"lifecycle/http_hijack.go", "connection.isHijacked", "", ruleForeign},
		{"lifecycle/http_server.go", "server.connContext", "conn.Close", ruleForeign},
		{"lifecycle/http_server.go", "server.connState", "conn.Close", ruleForeign},
		{"lifecycle/http_server.go", "server.connState", "conns.drop", ruleForeign},
		{"lifecycle/http_server.go", "server.connState", "state != http.StateNew", ruleForeign}, // which is about a panic
		{"lifecycle/http_stop.go", "server.crashed", "", ruleForeign},
		{"lifecycle/http_listener.go", "userConn", "", ruleForeign},
		{"lifecycle/http_server.go", "", "userConn", ruleForeign},
		{"lifecycle/http_server.go", "", "known", ruleForeign},                     // ConnContext and ConnState that panic
		{"lifecycle/http_listener.go", "listener.closeContained", "", ruleForeign}, // a Close that panics
		{"lifecycle/http_stop.go", "", "crash", ruleForeign},                       // and an Accept
		{"lifecycle/http_protocols.go", "", "", ruleForeign},

		{"health/scheduler.go", "scheduler.startWorker", "s.workerStarting = true", ruleSpeed},
		{"health/scheduler_checks.go", "scheduler.all", "s.sorted.Load", ruleSpeed},
		{"health/scheduler_timer.go", "scheduler.setAlarm", "now+maxCounted", ruleSpeed},
		{"lifecycle/hooks.go", "hookNames.of", "unnamed", ruleSpeed},

		{"health/http.go", "Handler.respond", "scratch.Put", ruleCapacity},
		{"health/scheduler_checks.go", "scheduler.put", "len(s.added)", ruleCapacity},
		{"health/scheduler_checks.go", "scheduler.put", "isRemoved", ruleCapacity},
		{"health/scheduler_queue.go", "alarms.Pop", "= nil", ruleCapacity},
		{"health/scheduler_queue.go", "queue.Pop", "entry{}", ruleCapacity},
		{"health/http.go", "Handler.respond", "maxPooled", ruleCapacity},

		{"lifecycle/http_handler.go", "answerOptions", "", ruleKept},

		{"fsm/machine.go", "New", "panic(err)", ruleNever},
		{"fsm/machine.go", "newMachine", "check(table)", ruleNever},
		{"lifecycle/group.go", "findCounter", "", ruleNever}, // or in another version of package sync
		{"lifecycle/loop.go", "run.transition", "panic(err)", ruleNever},

		{"lifecycle/http_until.go", "server.warnTasks", "drainTimeout/2", ruleBound},
		{"lifecycle/log.go", "asyncLog.addLimited", "depth", ruleBound}, // of a logger that calls the library
		{"lifecycle/log.go", "handle", "e.nested", ruleBound},
	}
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
			if m.File == s.file && (s.function == "" || m.Func == s.function) && strings.Contains(m.source, s.code) {
				m.Rule, stale = cmp.Or(m.Rule, s.rule), false
			}
		}
		if stale {
			return fmt.Errorf("rules.go: no mutant is at %s %s %q", s.file, s.function, s.code)
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
// of slog.String, slog.Any and the like, and how a function is called in the log.
func (f *finder) ruleOfArgument(call *ast.CallExpr, nth int) string {
	if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "logMisuse" && nth == 1 {
		return ruleWords
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

func isContext(t types.Type) bool { return isNamed(t, "context", "Context") }

// isNamed reports whether t is that type, or a pointer to it.
func isNamed(t types.Type, path, name string) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == path && n.Obj().Name() == name
}
