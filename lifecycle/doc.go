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
//	Draining   + drain delay (default 0)      the context is still live
//	           ─ cancel                       the context is cancelled
//	           + return grace (default 5s)    main is waited for first,
//	           + drain timeout (default 15s)  then the work in flight
//	Hooks      + shutdown timeout (10s)       hooks run, last registered first
//	Stopped    Run returns
//
// Whatever main, work and hooks do, Run returns within the sum of the drain
// delay and the two timeouts, counted from the stop, and at most 100 ms more
// for observers and the log to have seen the end (STATE-2, STATE-4). Nothing it
// gives up on is given up in silence: the error names the groups that were
// still busy, the hook that was running and the hooks that never ran, each by
// the place in the code that made it.
//
// # How it works
//
// One loop, on the goroutine that called Run, owns the machine. Whatever
// happens (a signal, a timer, main's return, a hook's end, a call of [Stop])
// reaches that loop as an event; it fires the machine and then acts on the new
// state, so that a state can be seen before what belongs to it happens: Draining
// before the context is cancelled, Hooks before the first hook begins, Stopped
// before Run returns (STATE-5). No code of yours is called by the loop or under
// a lock: main, tasks and hooks have goroutines of their own, observers and the
// logger are fed through queues.
package lifecycle
