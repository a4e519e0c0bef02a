// Package lifecycle carries a service from its first line to its last.
//
// [Run] launches main with a context, waits for a reason to stop, and then
// takes the service down in order: the context is cancelled, work in flight is
// waited for, clean-up hooks run last registered first, and what went wrong on
// the way is returned. It is an explicit state machine; the states and every
// transition between them are the table in package fsm.
//
//	Starting   start-up; over at once unless WithManualStart is given
//	Running    the only state in which a service is ready
//	─ stop     a signal, the parent context, Stop, a failed task, or main's end
//	Draining   drain delay (default 0)        the context is still live
//	           ─ cancel                       the context is cancelled
//	           drain timeout (default 15s)    main is waited for first, for at
//	                                          most the return grace (5s), then
//	                                          the work in flight
//	Hooks      shutdown timeout (10s)         hooks run, last registered first
//	Stopped    Run returns
//
// Whatever main, work and hooks do, Run returns within the sum of the drain
// delay and the two timeouts, counted from the stop, and at most 100 ms more
// for observers and the log to have seen the end (STATE-2, STATE-4). Nothing is
// abandoned silently: the error names the groups and tasks that were busy, the
// hook that was running and the hooks that never ran, each by the file and line
// that made it.
//
// IDs such as DRAIN-4 are clauses of the contract, which docs/spec.md lists
// with what checks them:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
//
// # How it works
//
// One loop, on the goroutine that called Run, owns the machine. Whatever
// happens (a signal, a timer, main's return, a hook's end, a call of [Stop])
// reaches that loop as an event; it fires the machine and then acts on the new
// state. So each state is visible before its effects: Draining before the
// context is cancelled, Hooks before the first hook begins, Stopped before Run
// returns (STATE-5). The loop calls no code of yours, and none is called with a
// lock held: main, tasks and hooks have goroutines of their own, observers and
// the logger are fed through queues.
//
// To read the code, begin with run.go (the call) and loop.go (the loop, and what
// reaches it); then stop.go (every way in which a stop begins),
// phase_draining.go and phase_hooks.go (a phase each, from entering to leaving
// it). What users call is in hooks.go, work.go, options.go, errors.go and
// snapshot.go; what they serve in http_serve.go and serve_func.go. inflight.go
// counts work, await.go waits for it, and log.go is all that is logged.
package lifecycle
