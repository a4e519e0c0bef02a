// Package lifecycle starts a service and shuts it down in order.
//
// [Run] calls main with a context and waits for a reason to stop. Then it
// cancels the context, waits for in-flight work, runs the clean-up hooks, last
// registered first, and returns every error that occurred on the way. It is an
// explicit state machine: package fsm has the table of states and transitions.
//
//	Starting   start-up; over at once unless WithManualStart is given
//	Running    the only state in which a service is ready
//	─ stop     a signal, the parent context, Stop, a failed task, or main's return
//	Draining   drain delay (default 0)        the context is still live
//	           ─ cancel                       the context is cancelled
//	           drain timeout (default 15s)    main is waited for first, for at
//	                                          most the return grace (5s), then
//	                                          in-flight work
//	Hooks      shutdown timeout (10s)         hooks run, last registered first
//	Stopped    Run returns
//
// Whatever main, work and hooks do, Run returns within the sum of the drain
// delay and the two timeouts, counted from the stop, plus at most 100 ms for
// observers and the log to catch up (STATE-2, STATE-4). Nothing is abandoned
// silently: the error lists the groups and tasks that were busy, the hook that
// was running and the hooks that never ran, each by file and line.
//
// IDs such as DRAIN-4 are clauses of the contract. docs/spec.md lists them, with
// the tests that check each:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
//
// # How it works
//
// One loop, on the goroutine that called Run, owns the machine. Everything that
// happens (a signal, a timer, main's return, a hook's end, a call of [Stop])
// reaches that loop as an event; it fires the machine and then acts on the new
// state. So each state is visible before its effects: Draining before the
// context is cancelled, Hooks before the first hook begins, Stopped before Run
// returns (STATE-5). The loop never calls your code, and your code is never
// called with a lock held: main, tasks and hooks run on their own goroutines;
// observers and the logger are fed through queues.
//
// To read the code, begin with run.go (Run itself) and loop.go (the loop and its
// events); then stop.go (every way a stop begins), phase_draining.go and
// phase_hooks.go (one phase each, from entry to exit). The functions users call
// are in hooks.go, work.go, options.go, errors.go and snapshot.go; servers are
// in http_serve.go and serve_func.go. inflight.go counts work, await.go waits
// for it, and log.go writes the log.
package lifecycle
