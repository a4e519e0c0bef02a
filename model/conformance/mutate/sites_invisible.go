package main

// invisibleSites is code whose effect the suite does not see.
func invisibleSites() []site {
	return []site{
		{"lifecycle/inflight.go", "inFlight.idleGroups", "", ruleRecord},
		{"lifecycle/log.go", "asyncLog.idleGroups", "", ruleRecord},
		{"lifecycle/log.go", "asyncLog.panicked", "", ruleRecord}, // RUN-4 asks for the stack in the error
		{"lifecycle/phase_draining.go", "run.logIdleGroups", "", ruleRecord},
		{"lifecycle/phase_draining.go", "run.cancelMain", "logIdleGroups() => ", ruleRecord},
		{"lifecycle/phase_draining.go", "run.cancelMain", "!r.mainBack => grace > 0", ruleRecord}, // the timers find main back
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
		{"lifecycle/hooks.go", "run.runAfterStopped", "err != nil => true", ruleRecord}, // one more, of a hook that has not failed
		{"lifecycle/serve_func.go", "funcServer.serve", "log.add", ruleRecord},
		{"lifecycle/serve_func.go", "funcServer.serveEnded", "log.add", ruleRecord},
		{"lifecycle/serve_func.go", "", "log.panicked", ruleRecord},
		{"lifecycle/phase_hooks.go", "run.hookEnded", "tooLate", ruleRecord}, // HOOK-3's is startHook's
		{"lifecycle/phase_hooks.go", "run.hookEnded", `log.panicked(a.hook.pc, "hook", err) => `, ruleRecord},
		{"lifecycle/phase_hooks.go", "run.hookTimedOut", "log.add", ruleRecord},
		{"lifecycle/stop.go", "run.mainExited", "log.panicked", ruleRecord},
		{"lifecycle/stop.go", "run.taskFailed", `log.panicked(pc, "task", o.err) => `, ruleRecord},
		{"lifecycle/stop.go", "Stop", "tooLate", ruleRecord},
		{"lifecycle/http_handler.go", "run.refuse", "addLimited", ruleRecord}, // DRAIN-3's are of Track, Go and DrainGroup
		{"lifecycle/phase_draining.go", "run.cancelMain", "=> grace >= 0", ruleRecord},
		{"lifecycle/serve_func.go", "funcServer.shutdownEnded", "!taken =>", ruleRecord},
		{"lifecycle/stop.go", "run.handleSignal", "signal ignored", ruleRecord},
		{"lifecycle/work.go", "run.runTask", "tooLate", ruleRecord},
		{"lifecycle/http_stop.go", "server.serve", "c.pc => 0", ruleRecord}, // of warnTasks
		{"lifecycle/stop.go", "run.force", "log.add", ruleRecord},
		{"lifecycle/stop.go", "run.taskFailed", "log.add", ruleRecord},
		{"lifecycle/http_until.go", "server.warnTasks", "pc => 0", ruleRecord},
		{"lifecycle/phase_draining.go", "run.cancelMain", "!r.mainBack => true", ruleRecord},
		{"lifecycle/run.go", "", "r.log.observerFailed =>", ruleRecord},
		{"lifecycle/serve_func.go", "ServeFunc", "log.refused", ruleRecord},
		{"lifecycle/serve_func.go", "", "tooLate", ruleRecord},
		{"lifecycle/queue.go", "", "q.failed(err)", ruleRecord},
		{"lifecycle/log.go", "asyncLog.observerFailed", "", ruleRecord},
		{"lifecycle/log.go", "asyncLog.tooLate", "pc => 0", ruleRecord}, // its source
		{"lifecycle/run.go", "run.start", "tooLate", ruleRecord},
		{"lifecycle/serve_func.go", "funcServer.serveEnded", "!taken", ruleRecord},
		{"lifecycle/serve_func.go", "funcServer.shutdownEnded", "=> !(r.do", ruleRecord},
		{"lifecycle/stop.go", "run.handleSignal", "return =>", ruleRecord}, // that a signal was ignored
		{"lifecycle/http_until.go", "server.warnTasks", "t.Stop()", ruleRecord},
		{"lifecycle/http_until.go", "server.warnTasks", "r.State() == fsm.Draining => true", ruleRecord}, // one too many
		{"lifecycle/http_until.go", "server.warnTasks", "=> n > 0", ruleRecord},
		{"lifecycle/http_until.go", "server.warnTasks", "=> n >= 0", ruleRecord},
		{"lifecycle/http_until.go", "run.serverFailed", "!o.clean", ruleRecord},
		{"lifecycle/http_server.go", "serveCall.claim", "r.log => nil", ruleRecord}, // of a Close that fails
		{"lifecycle/http_stop.go", "server.cut", "!s.cfg.untilStopped =>", ruleRecord},
		{"lifecycle/hooks.go", "run.runAfterStopped", "h.pc => 0", ruleRecord}, // its source

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
		{"lifecycle/http_conn_stop.go", "connections.unanswered", "=> e.handlers > 0", ruleForeign},
		{"lifecycle/http_hijack.go", "connections.find", "ok => true", ruleForeign},
		{"lifecycle/clean.go", "newErrorNode", "WrappedErrors", ruleForeign},
		{"lifecycle/http_hijack.go", "connections.find", "continue =>", ruleForeign},
		{"lifecycle/http_connections.go", "connections.setState", "e.http2 || e.hijacked", ruleForeign},
		{"lifecycle/http_connections.go", "connections.end", "e.alias => nil", ruleForeign},
		{"lifecycle/http_server.go", "server.connContext", "defer func()", ruleForeign}, // a ConnContext that panics
		{"lifecycle/http_server.go", "server.connState", "defer func()", ruleForeign},
		{"lifecycle/http_server.go", "server.install", "TLSNextProto", ruleForeign},
		{"lifecycle/http_server.go", "server.baseContext", "values == nil", ruleForeign}, // a BaseContext that returns nil
		{"lifecycle/http_server.go", "server.call", "answerOptions(w, req)", ruleKept},

		{"health/scheduler.go", "scheduler.startWorker", "s.workerStarting = true", ruleSpeed},
		{"health/scheduler_checks.go", "scheduler.all", "s.sorted.Load", ruleSpeed},
		{"health/scheduler_checks.go", "scheduler.all", "s.sorted.Store", ruleSpeed},
		{"health/scheduler.go", "scheduler.probe", "runtime.Gosched()", ruleSpeed},
		{"health/scheduler_timer.go", "scheduler.setAlarm", "now+maxCounted", ruleSpeed},
		{"lifecycle/hooks.go", "hookNames.of", "unnamed", ruleSpeed},
		{"lifecycle/hooks.go", "hookNames.of", "!known => true", ruleSpeed},
		{"lifecycle/inflight.go", "inFlight.end", "now&hasWaiter != 0 => true", ruleSpeed}, // a token that wakes for nothing
		{"lifecycle/inflight.go", "inFlight.end", "=> now&unitMask == 0", ruleSpeed},
		{"lifecycle/inflight.go", "inFlight.end", "=> now&hasWaiter != 0", ruleSpeed},
		{"lifecycle/phase_hooks.go", "run.enterHooks", "r.work.serves() => true", ruleSpeed},
		{"lifecycle/await.go", "drainWaiter.await", "false => true", ruleSpeed},                // Draining has ended, and one more event does nothing
		{"lifecycle/phase_draining.go", "run.enterDraining", "s.delay > 0 => true", ruleSpeed}, // a timer for a delay that is over
		{"lifecycle/phase_draining.go", "run.awaitWork", "return => ", ruleSpeed},              // a wait that ends with Draining, at once

		// A timer that is not stopped finds, when it fires, that what it is for has ended.
		{"lifecycle/loop.go", "run.arm", "timer => nil", ruleSpeed},
		{"lifecycle/loop.go", "run.arm", "r.timers = append", ruleSpeed},
		{"lifecycle/loop.go", "run.disarm", "", ruleSpeed},
		{"lifecycle/loop.go", "run.transition", "range r.timers", ruleSpeed},
		{"lifecycle/loop.go", "run.transition", "timer.Stop()", ruleSpeed},
		{"lifecycle/loop.go", "run.transition", "r.timers[:0] => (nothing)", ruleSpeed},
		{"lifecycle/phase_hooks.go", "run.removeRunning", "r.disarm(a.timer) => (nothing)", ruleSpeed},
		{"lifecycle/phase_hooks.go", "run.removeRunning", "a.timer => nil", ruleSpeed},
		{"health/http.go", "writer.length", "=> false", ruleSpeed},
		{"health/scheduler.go", "scheduler.startWorker", "=> s.ready.first != nil", ruleSpeed},
		{"lifecycle/place.go", "places.of", "p[pc] = text => (nothing)", ruleSpeed},
		{"health/scheduler_timer.go", "scheduler.timerFired", "s.timerAt = now", ruleSpeed},
		{"lifecycle/http_server.go", "server.disableKeepAlives", "<-s.noKeepAlives", ruleSpeed},
		{"health/scheduler.go", "scheduler.request", "s.sequence++ =>", ruleSpeed},
		{"health/scheduler_timer.go", "scheduler.setTimer", "never => 0", ruleSpeed},
		{"health/scheduler_timer.go", "scheduler.timerFired", "=> c.streak <= c.failAfter", ruleSpeed},

		{"health/http.go", "Handler.respond", "scratch.Put", ruleCapacity},
		{"health/scheduler_checks.go", "scheduler.put", "len(s.added)", ruleCapacity},
		{"health/scheduler_checks.go", "scheduler.put", "isRemoved", ruleCapacity},
		{"health/scheduler_queue.go", "alarms.Pop", "= nil", ruleCapacity},
		{"health/scheduler_queue.go", "queue.Pop", "entry{}", ruleCapacity},
		{"health/http.go", "Handler.respond", "maxPooled", ruleCapacity},
		{"lifecycle/queue.go", "queue.next", "q.head >= len(q.values) => true", ruleCapacity}, // when the head is cut off
		{"lifecycle/queue.go", "queue.next", "=> 2*q.head > len(q.values)", ruleCapacity},
		{"lifecycle/queue.go", "queue.next", "2 => ", ruleCapacity},
		{"health/http.go", "scratch.set", "len(s.values) == 0 => true", ruleCapacity},
		{"health/scheduler.go", "scheduler.request", "16 =>", ruleCapacity},
		{"health/scheduler_timer.go", "scheduler.setTimer", "s.timer == nil => true", ruleCapacity},

		{"lifecycle/http_handler.go", "answerOptions", "", ruleKept},

		{"fsm/machine.go", "New", "panic(err)", ruleNever},
		{"fsm/machine.go", "newMachine", "check(table)", ruleNever},
		{"lifecycle/group.go", "findCounter", "", ruleNever}, // or in another version of package sync
		{"lifecycle/group.go", "group.state", "!wgCounter.known => false", ruleNever},
		{"lifecycle/group.go", "group.state", "groupUnknown", ruleNever},
		{"lifecycle/errors.go", "DrainTimeoutError.text", "MayBeBusy", ruleNever},
		{"lifecycle/loop.go", "run.transition", "panic(err)", ruleNever},
		{"lifecycle/inflight.go", "busyWork.err", "b.unknown) => nil", ruleNever},
		{"lifecycle/loop.go", "run.transition", "err != nil => false", ruleNever},

		{"lifecycle/await.go", "drainWaiter.awaitGroup", "time.Millisecond => ", ruleRace},
		{"lifecycle/await.go", "drainWaiter.awaitGroup", "groupBusy || a.ordered()", ruleRace},
		{"lifecycle/await.go", "drainWaiter.awaitGroup", "select {", ruleRace},
		{"lifecycle/await.go", "drainWaiter.awaitGroup", "break", ruleRace},
		{"lifecycle/await.go", "drainWaiter.awaitGroup", "time.After(pause)", ruleRace},
		{"lifecycle/await.go", "drainWaiter.awaitGroup", "case <-a.drainEnded", ruleRace},
		{"lifecycle/await.go", "drainWaiter.awaitGroup", "false => true", ruleRace},
		{"lifecycle/await.go", "drainWaiter.ordered", "", ruleRace},
		{"lifecycle/phase_draining.go", "run.awaitWork", "r.drain.mainReturned => nil", ruleRace},
		{"lifecycle/phase_draining.go", "run.advanceDraining", "=> !isClosed(d.mainReturned)", ruleRace},

		{"lifecycle/http_until.go", "server.warnTasks", "drainTimeout/2", ruleBound},
		{"lifecycle/log.go", "asyncLog.addLimited", "depth", ruleBound}, // of a logger that calls the library
		{"lifecycle/log.go", "handle", "e.nested", ruleBound},
		{"lifecycle/log.go", "limits.next", "n&(n-1) => ", ruleBound}, // how many of the later records of a place there are
		{"lifecycle/log.go", "limits.next", "1 => ", ruleBound},
		{"lifecycle/log.go", "limits.next", "0 => 1", ruleBound},
		{"health/changes.go", "mailbox.put", "=> true", ruleBound},
		{"health/scheduler.go", "scheduler.request", "4 => 5", ruleBound}, // HEALTH-10 does not number its part of the timeout
		{"health/scheduler.go", "scheduler.request", "4 => 3", ruleBound},
		{"lifecycle/clean.go", "everyLeaf", "0 => 1", ruleBound},
		{"lifecycle/hooks.go", "hookStack.pending", "=> len(hooks) <= limit", ruleBound},
		{"lifecycle/inflight.go", "inFlight.counts", "oneRequest => oneRequest-1", ruleBound},
		{"lifecycle/log.go", "limits.next", "=> n <= unlimitedRecords", ruleBound},
		{"lifecycle/run.go", "run.listen", "16 =>", ruleBound},
		{"health/scheduler_timer.go", "scheduler.timerFired", "=> now + c.began", ruleBound},

		{"lifecycle/inflight.go", "inFlight.end", "=> now | hasWaiter", ruleSpeed},
		{"lifecycle/inflight.go", "inFlight.end", "unitMask => unitMask-1", ruleSpeed},
		{"lifecycle/inflight.go", "inFlight.end", "hasWaiter => hasWaiter+1", ruleSpeed},
		{"lifecycle/inflight.go", "inFlight.closeIfIdle", "w.word.Load() => 0", ruleSpeed}, // it is waited for then, and at once over
		{"lifecycle/phase_draining.go", "run.awaitWork", "closeIfIdle() => false", ruleSpeed},
		{"lifecycle/phase_hooks.go", "run.startHook", "r.hookTimedOut(a) }) =>", ruleSpeed},         // a timer that is not stopped
		{"lifecycle/http_server.go", "server.ServeHTTP", "=> s.run.cfg.drainDelay >= 0", ruleSpeed}, // a response is wrapped that need not be
		{"lifecycle/http_server.go", "server.ServeHTTP", "req.ProtoMinor == 0 && !req.Close =>", ruleSpeed},
		{"lifecycle/http_stop.go", "", "s.conns.open.Load() > 0 => s.conns.open.Load() >= 0", ruleSpeed}, // in the background
		{"lifecycle/http_stop.go", "server.inBackgroundIf", "open => true", ruleSpeed},

		{"lifecycle/loop.go", "run.loop", "handleBrokenPipe", rulePipe},
		{"lifecycle/loop.go", "run.loop", "brokenPipe", rulePipe},
		{"lifecycle/stop.go", "run.handleBrokenPipe", "", rulePipe},
		{"lifecycle/stop.go", "run.takePendingStop", "fsm.Draining =>", ruleTie},
		{"lifecycle/inflight.go", "inFlight.busy", "b.running = make", ruleCapacity},
		{"lifecycle/stop.go", "run.takePendingStop", "sig", ruleTie},
		{"lifecycle/stop.go", "run.takePendingStop", "select {", ruleTie},
		{"lifecycle/stop.go", "run.takePendingStop", "!ok", ruleTie},
		{"lifecycle/stop.go", "run.takePendingStop", "r.source = nil", ruleTie},

		{"lifecycle/loop.go", "run.transition", "=> step, err := r.machine.Fire(event); err = nil", ruleNever},
		{"lifecycle/inflight.go", "busyWork.none", "=> b.tasks+b.tracked+b.requests+len(b.busy) - len(b.unknown)", ruleNever},
		{"lifecycle/inflight.go", "inFlight.busy", "nknown", ruleNever},
		{"lifecycle/inflight.go", "busyWork.err", "b.unknown => nil", ruleNever},
		{"lifecycle/stop.go", "run.listenForBrokenPipe", "len(sigs) ", ruleNever}, // where there is no SIGPIPE

		{"lifecycle/stop.go", "run.listenForBrokenPipe", "1 => 2", ruleCapacity},
		{"lifecycle/http_connections.go", "newConnections", "1 => 2", ruleCapacity},
		{"lifecycle/inflight.go", "newInFlight", "1 => 2", ruleCapacity},

		{"lifecycle/phase_draining.go", "run.advanceDraining", "close(d.mainReturned)", ruleRace},
		{"lifecycle/phase_draining.go", "run.advanceDraining", "r.mainBack && !isClosed(d.mainReturned) => false", ruleRace},

		{"lifecycle/log.go", "logMisuse", "depth < 2", ruleBound}, // of a logger that calls the library
		{"lifecycle/log.go", "logMisuse", "nested: depth == 1", ruleBound},
		{"lifecycle/log.go", "handle", "handle(ctx, logger, e)", ruleBound},
		{"lifecycle/log.go", "handle", "return => (nothing)", ruleBound},
		{"lifecycle/log.go", "asyncLog.addLimited", "unlimitedRecords =>", ruleBound},
		{"lifecycle/log.go", "asyncLog.addLimited", "return =>", ruleBound},
		{"lifecycle/log.go", "limits.next", "=> n < unlimitedRecords", ruleBound},
		{"lifecycle/log.go", "limits.next", "unlimitedRecords => ", ruleBound},
		{"lifecycle/options.go", "config.positive", "0 => 1", ruleBound}, // a timeout of a nanosecond
		{"lifecycle/phase_draining.go", "run.cancelMain", "0 => 1", ruleBound},
		{"lifecycle/phase_draining.go", "run.enterDraining", "0 => 1", ruleBound},
		{"lifecycle/http_server.go", "server.ServeHTTP", "0 => 1", ruleBound},
		{"lifecycle/phase_draining.go", "sum", "=> a >= math.MaxInt64-b", ruleBound},
	}
}
