package main

import (
	"slices"
	"strings"
)

// site is code that no clause is about.
type site struct {
	file     string // in the module
	function string // as Mutant.Func has it; "" is all
	code     string // that the mutant's line has, or, with =>, its change; "" is all
	rule     string
}

// has reports whether a mutant is there.
func (s site) has(m *Mutant) bool {
	text := m.source
	if strings.Contains(s.code, "=>") {
		text = m.Change()
	}
	return m.File == s.file && (s.function == "" || m.Func == s.function) && strings.Contains(text, s.code)
}

// sites returns the code that is left out, and why. What the suite cannot be asked
// about is asked of the packages' own tests, with -own.
func sites() []site { return slices.Concat(silentSites(), invisibleSites()) }

// silentSites is code that no clause asks for, in what it says or offers.
func silentSites() []site {
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
		{"fsm/event.go", "Event.String", "event(%d)", ruleAPI}, // of what is none
		{"fsm/state.go", "State.String", "state(%d)", ruleAPI},
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
		{"health/options.go", "", "d <= 0", ruleAPI},
		{"health/options.go", "", "d < 0", ruleAPI},
		{"health/options.go", "", "n < 1", ruleAPI},
		{"health/options.go", "WithLogger", "l == nil", ruleAPI},
		{"health/options.go", "WithLogger", "return", ruleAPI},
		{"health/options.go", "WithObserver", "observe == nil", ruleAPI},
		{"health/options.go", "WithObserver", "return", ruleAPI},
		{"health/options.go", "WithCheckTimeout", "", ruleAPI},
		{"health/options.go", "WithoutDetails", "", ruleAPI},
		{"health/check.go", "failure.display", "hideDetails", ruleAPI}, // of WithoutDetails
		{"health/check.go", "failure.display", `"failed"`, ruleAPI},
		{"health/readiness.go", "Handler.check", "context.Background()", ruleAPI}, // of a nil context
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
		{"lifecycle/hooks.go", "HookName", "", ruleAPI},
		{"lifecycle/hooks.go", "hookEntry.String", "h.name", ruleAPI},
		{"lifecycle/hooks.go", "hookEntry.failed", "h.name", ruleAPI},
		{"lifecycle/hooks.go", "hookText", `name == "" => `, ruleAPI},
		{"lifecycle/hooks.go", "hookText", `"" => "x"`, ruleAPI},
		{"lifecycle/hooks.go", "hookText", `"hook " + name`, ruleAPI},
		{"lifecycle/errors.go", "HookError.Error", "e.Name => ", ruleAPI},
		{"lifecycle/http_handler.go", "Handler", "http.DefaultServeMux", ruleAPI}, // what a nil handler means
		{"lifecycle/http_handler.go", "CancelOnStop", "http.DefaultServeMux", ruleAPI},
		{"lifecycle/http_handler.go", "copyBack", "", ruleAPI},                        // what middleware reads
		{"lifecycle/hooks.go", "OnShutdownContext", "opt == nil", ruleAPI},            // as of health's
		{"lifecycle/http_serve.go", "serveCall.requestStop", "named := err", ruleAPI}, // ListenAndServe with UntilStopped
		{"lifecycle/hooks.go", "OnShutdownContext", "r != nil", ruleAPI},
		{"lifecycle/hooks.go", "OnShutdownContext", "option %d", ruleAPI},
		{"lifecycle/phase_hooks.go", "run.unfinishedHooks", "phase.ran", ruleAPI}, // fields of an error
		{"lifecycle/phase_hooks.go", "run.removeRunning", "r.phase.ran", ruleAPI},
		{"lifecycle/phase_hooks.go", "run.unfinishedHooks", "e.Ran", ruleAPI},
		{"lifecycle/phase_draining.go", "run.enterDraining", "drain.deadline", ruleAPI}, // as a snapshot shows it in a delay
		{"lifecycle/signals_unix.go", "uncatchableSignals", "", ruleAPI},                // of WithSignals
		{"lifecycle/options.go", "WithSignals", "sig) => true", ruleAPI},
		{"lifecycle/options.go", "WithSignals", "c.signals = sigs => ", ruleAPI},
		{"lifecycle/snapshot.go", "", "", ruleAPI},
		{"fsm/state.go", "States", "", ruleAPI},
		{"lifecycle/run.go", "run.finish", "=> q.close(); break", ruleAPI}, // several observers
		{"lifecycle/options.go", "configure", "15 * time.Second", ruleAPI}, // the suite sets the timeouts
		{"lifecycle/options.go", "configure", "10 * time.Second", ruleAPI},
		{"lifecycle/phase_draining.go", "run.cancelMain", "drain.deadline", ruleAPI},
		{"lifecycle/context.go", "run.Reached", "", ruleAPI},
		{"lifecycle/options.go", "WithSignals", "uncatchableSignals", ruleAPI},
		{"lifecycle/phase_hooks.go", "run.unfinishedHooks", "a.began =>", ruleAPI},
		{"lifecycle/run.go", "run.listen", "=> len(r.cfg.signals) >= 0", ruleAPI},
		{"lifecycle/capture.go", "recovered", "debug.Stack() =>", ruleAPI},            // a field of PanicError
		{"lifecycle/hooks.go", "OnShutdownContext", "continue =>", ruleAPI},           // of an option that is nil
		{"lifecycle/run.go", "run.listen", "len(r.cfg.signals) > 0 => true", ruleAPI}, // WithSignals()
		{"lifecycle/http_serve.go", "", `":http" =>`, ruleAPI},                        // a server without an address
		{"lifecycle/http_serve.go", "", `":https" =>`, ruleAPI},
		{"lifecycle/http_serve.go", "serveCall.listenAndServe", "opts => nil", ruleAPI}, // ListenAndServe with options
		{"lifecycle/http_serve.go", "serveCall.listenAndServe", "c.cfg =", ruleAPI},
		{"lifecycle/hooks.go", "OnShutdownContext", "=> opt(&h.v); break", ruleAPI}, // several options
		{"lifecycle/loop.go", "run.report", "=> q.put(step); break", ruleAPI},       // several observers
		{"lifecycle/run.go", "newRun", "=> r.observers = append(r.observers, newQueue(observe, r.log.observerFailed)); break", ruleAPI},
		{"lifecycle/http_handler.go", "CancelOnStop", "copyBack(req, inner)", ruleAPI}, // what middleware reads
		{"lifecycle/inflight.go", "inFlight.beginTask", "t.v.began", ruleAPI},          // as a snapshot shows it

		{"fsm/machine.go", "TransitionError.Error", "", ruleWords},
		{"health/changes.go", "Handler.logChange", "c.newText", ruleWords},
		{"health/changes.go", "Handler.logChange", "c.tolerated", ruleWords},
		{"health/changes.go", "Handler.logMisuse", "frame", ruleWords},
		{"health/changes.go", "Handler.logMisuse", "runtime.Callers", ruleWords},
		{"health/changes.go", "Handler.logChange", "stack", ruleWords},
		{"health/changes.go", "Handler.logChange", "msg =", ruleWords},
		{"health/changes.go", "Handler.logChange", "optional", ruleWords},
		{"health/changes.go", "Handler.logChange", `"error", c.out.text`, ruleKey},
		{"health/changes.go", "Handler.logMisuse", "AddAttrs", ruleWords},
		{"health/changes.go", "Handler.logMisuse", "msg", ruleWords},
		{"health/check.go", "timedOut", "Sprintf", ruleWords},
		{"health/scheduler_results.go", "scheduler.await", "not waited for", ruleWords},
		{"health/check.go", "panicText", "Sprint", ruleWords},
		{"health/check.go", "check.call", "panicText", ruleWords},
		{"health/check.go", "check.call", "out.stack", ruleWords},
		{"lifecycle/capture.go", "panicPlace", "", ruleWords},
		{"lifecycle/log.go", "asyncLog.transition", "case fsm.Hooks", ruleKey}, // at_most is asked of draining alone
		{"lifecycle/work.go", "Go", "refused", ruleWords},
		{"lifecycle/hooks.go", "run.runAfterStopped", "misuse", ruleWords},
		{"lifecycle/phase_draining.go", "run.unfinished", "mainBack", ruleWords}, // main is in the result too
		{"lifecycle/phase_draining.go", "run.unfinished", "mainRunningError", ruleWords},
		{"lifecycle/hooks.go", "hookNames.of", "h.name", ruleWords},
		{"lifecycle/hooks.go", "hookNames.of", `"" => "x"`, ruleWords},
		{"lifecycle/errors.go", "groupRepeats", "n == 1", ruleWords},
		{"lifecycle/errors.go", "groupRepeats", "n > 1", ruleWords},
		{"lifecycle/errors.go", "groupRepeats", "what => nil", ruleWords},
		{"lifecycle/errors.go", "groupRepeats", "n => nil", ruleWords}, // DRAIN-2 and HOOK-3 ask for the place, not for how many are of it
		{"lifecycle/errors.go", "plural", "n == 1 => false", ruleWords},
		{"lifecycle/errors.go", "plural", "1 => 0", ruleWords},
		{"lifecycle/errors.go", "plural", "what => nil", ruleWords},
		{"lifecycle/errors.go", "DrainTimeoutError.Error", "ErrDrainTimeout => nil", ruleWords}, // errors.Is asks Is
		{"lifecycle/errors.go", "DrainTimeoutError.Error", "e.Timeout => nil", ruleWords},
		{"lifecycle/errors.go", "DrainTimeoutError.text", "> 0 => true", ruleWords}, // that there is none of a kind
		{"lifecycle/errors.go", "DrainTimeoutError.text", "=> e.Tracked >= 0", ruleWords},
		{"lifecycle/errors.go", "DrainTimeoutError.text", "=> e.Requests >= 0", ruleWords},
		{"lifecycle/errors.go", "DrainTimeoutError.text", "=> len(parts) >= 0", ruleWords},
		{"lifecycle/errors.go", "DrainTimeoutError.text", "len(text) == 0 => false", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.Error", "ErrShutdownTimeout => nil", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.Error", "e.Timeout => nil", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.allHaveRun", "", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", "e.allHaveRun() => false", ruleWords},
		{"lifecycle/log.go", "asyncLog.transition", "what => ", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", `e.Running != "" => true`, ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", "len(e.NotRun) > 0 => true", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", "=> len(e.NotRun) >= 0", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", "e.RunningFor.Round(time.Millisecond) => ", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", "time.Millisecond => ", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", `plural(len(e.NotRun), "hook") => nil`, ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", "len(e.NotRun) => 0", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", `"hook" => ""`, ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", `"" => "x"`, ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", "e.Ran)", ruleWords},
		{"lifecycle/errors.go", "ShutdownTimeoutError.text", "longest", ruleWords},
		{"lifecycle/errors.go", "PanicError.Error", "e.Place => ", ruleWords},
		{"lifecycle/errors.go", "SignalError.Error", "e.Signal => ", ruleWords}, // RUN-2 asks for the error
		{"lifecycle/phase_draining.go", "run.warnMainNotBack", "grace-grace/5", ruleWords},
		{"lifecycle/phase_draining.go", "run.endGrace", `duration("grace", r.returnGrace()) => `, ruleWords},
		{"lifecycle/phase_draining.go", "run.endGrace", "r.returnGrace() => 0", ruleWords},
		{"lifecycle/phase_draining.go", "run.graceHint", "r.untilStopped.any()", ruleWords},
		{"lifecycle/phase_draining.go", "run.enterDraining", "=> !(s.delay > 0)", ruleWords}, // of LOG-2's hint
		{"lifecycle/hooks.go", "hookStack.size", "", ruleKey},                                // the attribute "hooks"
		{"lifecycle/phase_hooks.go", "run.enterHooks", "r.hooks.size() => ", ruleKey},
		{"lifecycle/phase_hooks.go", "run.enterHooks", "hooks => 0", ruleKey},
		{"lifecycle/log.go", "asyncLog.transition", "d.hooks =>", ruleKey},
		{"lifecycle/log.go", "asyncLog.addLimited", "records_of_this_place", ruleKey},
		{"lifecycle/log.go", "asyncLog.misuse", "place(pc) =>", ruleKey},
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
		{"lifecycle/run.go", "run.start", "functionName", ruleWords},          // for mainRunningError
		{"lifecycle/stack.go", "calledByStart", "", ruleWords},
		{"lifecycle/stack.go", "framesOfMain", "", ruleWords},
		{"lifecycle/stack.go", "functionAt", "", ruleWords},
		{"lifecycle/stack.go", "functionName", "", ruleWords},
		{"lifecycle/stack.go", "run.mainRunningError", "", ruleWords},
		{"lifecycle/stack.go", "notReturnedError.Error", "", ruleWords},
		{"lifecycle/stack.go", "standard", "", ruleWords},
		{"lifecycle/phase_draining.go", "run.unfinished", "message", ruleWords},
		{"lifecycle/phase_hooks.go", "run.interruptHooks", "message", ruleWords},
		{"lifecycle/phase_hooks.go", "run.interruptHooks", "unfinished.allHaveRun", ruleWords},
		{"lifecycle/stack.go", "stateOf", "", ruleWords},
		{"lifecycle/stack.go", "userFrames", "", ruleWords},
		{"lifecycle/inflight.go", "busyWork.err", "timeout =>", ruleWords},
		{"lifecycle/log.go", "logMisuse", `consequence => ""`, ruleWords},
		{"lifecycle/log.go", "run.waits", "=> !(!r.mainBack)", ruleWords},
		{"lifecycle/options.go", "WithSignals", "sig => nil", ruleWords},
		{"health/changes.go", "changes.record", "note.newText", ruleWords},
		{"health/scheduler_results.go", "scheduler.finish", "c.timeout =>", ruleWords},
		{"lifecycle/http_until.go", "server.warnTasks", "slog.Int", ruleWords},
		{"lifecycle/hooks.go", "OnShutdown", `"OnShutdown"`, ruleWords},
		{"lifecycle/phase_draining.go", "run.graceHint", "", ruleWords},
		{"lifecycle/http_serve.go", "serveCall.requestStop", "c.ln", ruleAPI},
		{"lifecycle/log.go", "asyncLog.transition", "what =", ruleWords},
		{"lifecycle/log.go", "waits.String", `"nothing"`, ruleWords},
		{"lifecycle/log.go", "signalText.LogValue", "", ruleWords},
		{"lifecycle/serve_func.go", "servedError.Error", "", ruleWords},
		{"lifecycle/work.go", "run.runTask", "fn == nil => false", ruleWords},
		{"lifecycle/capture.go", "panicInGoexit.Error", `"\n" =>`, ruleWords},
		{"lifecycle/capture.go", "recovered", "panicPlace() =>", ruleWords},
		{"lifecycle/errors.go", "DrainTimeoutError.text", `"request" =>`, ruleWords},
		{"lifecycle/errors.go", "DrainTimeoutError.text", `"tracked unit" =>`, ruleWords},
		{"lifecycle/hooks.go", "OnShutdownContext", `"OnShutdownContext" =>`, ruleWords},
		{"lifecycle/http_serve.go", "", `"Serve" =>`, ruleWords},
		{"lifecycle/http_serve.go", "", `"ServeTLS" =>`, ruleWords},
		{"lifecycle/http_serve.go", "", `"ListenAndServe" =>`, ruleWords},
		{"lifecycle/http_serve.go", "", `"ListenAndServeTLS" =>`, ruleWords},
		{"lifecycle/http_serve.go", "serveCall.failed", "c.function =>", ruleWords},
		{"lifecycle/http_serve.go", "serveCall.check", "errUntilStoppedInTask =>", ruleWords},
		{"lifecycle/http_serve.go", "serveCall.check", "err => nil", ruleWords}, // what was wrong
		{"lifecycle/http_stop.go", "server.inBackgroundIf", `what => ""`, ruleWords},
		{"lifecycle/http_stop.go", "", `"Shutdown" =>`, ruleWords},
		{"lifecycle/log.go", "asyncLog.add", "msg =>", ruleWords},
		{"lifecycle/log.go", "newRecord", `"lifecycle: "+msg =>`, ruleWords},
		{"lifecycle/log.go", "asyncLog.refused", `what+" refused after`, ruleWords},
		{"lifecycle/log.go", "asyncLog.tooLate", `what+" failed too late`, ruleWords},
		{"lifecycle/log.go", "asyncLog.transition", "step.To.String() =>", ruleWords},
		{"lifecycle/log.go", "asyncLog.transition", "d.delayed", ruleWords},
		{"lifecycle/options.go", "configure", `"Run" =>`, ruleWords},
		{"lifecycle/phase_draining.go", "run.endGrace", "r.graceHint()", ruleWords}, // the first warning names the remedy
		{"lifecycle/phase_draining.go", "run.unfinished", "r.cfg.drainTimeout => 0", ruleWords},
		{"lifecycle/phase_draining.go", "run.warnMainNotBack", "r.returnGrace() => 0", ruleWords},
		{"lifecycle/serve_func.go", "serveCallSite", "", ruleWords}, // DRAIN-2 asks for the places of Go's tasks
		{"lifecycle/serve_func.go", "ServeFunc", "serveCallSite(pc, serve) =>", ruleWords},
		{"lifecycle/serve_func.go", "funcServer.serve", `"closeNow" =>`, ruleWords},
		{"lifecycle/log.go", "asyncLog.misuse", `"at" =>`, ruleKey},
		{"lifecycle/log.go", "logMisuse", `"at" =>`, ruleKey},
		{"lifecycle/log.go", "asyncLog.refused", "state => nil", ruleKey},
		{"lifecycle/log.go", "asyncLog.refused", `slog.Any("state", state) =>`, ruleKey},
		{"lifecycle/log.go", "asyncLog.transition", `slog.Int("hooks"`, ruleKey},
		{"lifecycle/log.go", "asyncLog.addLimited", "=> n, logged := l.limits.next(pc); n = 0", ruleKey},
		{"lifecycle/log.go", "asyncLog.addLimited", "n > unlimitedRecords =>", ruleKey},
		{"lifecycle/log.go", "limits.next", "n => 0", ruleKey},
		{"lifecycle/stop.go", "run.warnLongStart", `"elapsed", d) =>`, ruleKey},
		{"lifecycle/options.go", "WithSignals", "sig == nil => true", ruleAPI},
		{"lifecycle/serve_func.go", "ServeFunc", "pc => 0", ruleWords}, // as of serveCallSite
		{"lifecycle/log.go", "waits.String", "len(parts) == 0 => false", ruleWords},
		{"model/conformance/internal/plain/call.go", "PanicError.Error", "text = fmt.Sprintf", ruleWords},
		{"model/conformance/internal/plain/call.go", "call", "debug.Stack() =>", ruleAPI}, // as of lifecycle's
		{"model/conformance/internal/plain/run.go", "Run", "15 * time.Second", ruleAPI},   // the suite sets the timeouts
		{"model/conformance/internal/plain/run.go", "Run", "10 * time.Second", ruleAPI},
		{"model/conformance/internal/plain/run.go", "from", "ok => true", ruleAPI}, // of a context that comes from no Run (HOOK-9)
		{"model/conformance/internal/plain/run.go", "from", "1 =>", ruleAPI},
		{"model/conformance/internal/plain/health.go", "Handler.endpoint", "Cache-Control", ruleAPI}, // the extended part of HEALTH-6
		{"model/conformance/internal/plain/drain.go", "", "slog.", ruleAPI},                          // it offers no log
		{"model/conformance/internal/plain/hooks.go", "", "slog.", ruleAPI},
		{"model/conformance/internal/plain/run.go", "", "slog.", ruleAPI},
	}
}
