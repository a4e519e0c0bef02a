package statedoc

import "github.com/greynewell/mist-go/fsm"

const opening = `# The lifecycle of a service

A service is always in one of five states. It only moves forward and enters no
state twice. Once a stop is requested, it reaches ` + "`stopped`" + ` in bounded time,
whatever its main function, its work and its hooks do.

`

const transitions = `## Transitions

An event without a row for the current state is rejected and changes nothing.

`

const states = `## States

A service can be ready only in ` + "`running`" + `. Liveness does not depend on the state: a
service that is draining is not broken, and must not be restarted.

`

const closing = `
The times are defaults, which ` + "`WithDrainTimeout`, `WithDrainDelay` and `WithShutdownTimeout`" + `
change. Readiness depends on the state if the health handler follows the
lifecycle; otherwise it depends only on ` + "`SetReady`" + ` and the checks.
`

// note is the documentation of a state besides its transitions.
type note struct {
	runs, bound, ready string
}

const (
	alive    = "200"
	notReady = "503 `not_ready`"
)

var notes = map[fsm.State]note{
	fsm.Starting: {
		runs:  "Main is launched, which ends the state; with manual start, main runs in this state until it calls `MarkStarted`.",
		bound: "Nothing with manual start; otherwise it ends immediately.",
		ready: notReady,
	},
	fsm.Running: {
		runs:  "Main, and the work that it starts.",
		bound: "Nothing: it lasts until a stop is requested or main returns.",
		ready: "200 if `SetReady` has not been turned off and every check passes; otherwise 503 (`not_ready` after `SetReady(false)`, `degraded` when a check fails)",
	},
	fsm.Draining: {
		runs:  "Main, until it returns, and in-flight work, until it is done. Main's context stays live for the drain delay and is then cancelled.",
		bound: "The drain delay (default 0), then the drain timeout (default 15s).",
		ready: notReady,
	},
	fsm.Hooks: {
		runs:  "The shutdown hooks, one at a time, last registered first; and main, if it has not returned by then.",
		bound: "The shutdown timeout (default 10s).",
		ready: notReady,
	},
	fsm.Stopped: {
		runs:  "Only code that did not stop in time. `Run` returns the errors that occurred, or nil.",
		bound: "Nothing: it is the final state.",
		ready: notReady,
	},
}
