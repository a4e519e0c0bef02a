package statedoc

import "github.com/greynewell/mist-go/fsm"

const opening = `# The life of a service

A service is always in one of five states. It only ever moves forward, enters
no state twice, and once it is to stop it reaches ` + "`stopped`" + ` in bounded time,
whatever its main function, its work and its hooks do.

`

const transitions = `## Transitions

An event that has no row for the current state changes nothing.

`

const states = `## States

Only ` + "`running`" + ` can be ready. Liveness does not depend on the state: a service that
drains for a while is busy, not broken, and must not be restarted for it.

`

const closing = `
The times are defaults. ` + "`WithDrainTimeout`, `WithDrainDelay` and `WithShutdownTimeout`" + `
change them. Readiness derives from the state once a handler follows the
lifecycle; one that follows none knows only ` + "`SetReady`" + ` and its checks.
`

// note is what the table of transitions does not hold about a state.
type note struct {
	runs, bound, ready string
}

const (
	alive    = "200"
	notReady = "503 `not_ready`"
)

var notes = map[fsm.State]note{
	fsm.Starting: {
		runs:  "Main is launched, which ends the state; with manual start, main runs in it until `MarkStarted` is called.",
		bound: "Nothing with manual start; otherwise nothing is needed, since it is over at once.",
		ready: notReady,
	},
	fsm.Running: {
		runs:  "Main, and the work that it begins.",
		bound: "Nothing: it lasts until a stop is requested or main exits.",
		ready: "200 if `SetReady` has not been turned off and every check passes; otherwise 503 (`not_ready` after `SetReady(false)`, `degraded` when a check fails)",
	},
	fsm.Draining: {
		runs:  "Main, until it comes back, and the work in flight, until it is done. Main's context stays live for the drain delay and is cancelled then.",
		bound: "The drain delay (default 0), then the drain timeout (default 15s).",
		ready: notReady,
	},
	fsm.Hooks: {
		runs:  "The shutdown hooks, one at a time, last registered first; and main, if it has not come back by then.",
		bound: "The shutdown timeout (default 10s).",
		ready: notReady,
	},
	fsm.Stopped: {
		runs:  "Nothing but code that would not stop. `Run` returns what failed on the way, or nil.",
		bound: "It is the end.",
		ready: notReady,
	},
}
