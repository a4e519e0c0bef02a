package model

import "time"

// A tie is a scenario in which several things happen at one instant, so that
// the contract allows more than one course, or says which of them comes first.
type tie struct {
	name  string // the clause, and what is allowed
	given Scenario
	// unplayed: who has hooks of its own, or hears of a signal and of the end of
	// the work in no order at all, may do right in yet another way.
	unplayed bool
}

// Ties returns scenarios in which several things happen at one instant, one
// for each sort of tie that the contract speaks of. [Predict] returns every
// trace that it allows.
func Ties() []Scenario {
	var all []Scenario
	for _, t := range ties() {
		if !t.unplayed {
			all = append(all, t.given)
		}
	}
	return all
}

func ties() []tie {
	const s = time.Second
	return []tie{
		{"DRAIN-2 work that ends exactly when the drain timeout does is finished or not",
			Scenario{DrainTimeout: 4 * s, Main: Main{After: 1 * s}, Groups: []Group{{Units: []Unit{{Lasts: 5 * s}}}}}, false},
		{"RUN-7 main that returns as a signal arrives has been asked, or has not",
			Scenario{Main: Main{Ends: ReturnsCanceled, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}}}, false},
		{"RUN-2 of two stops at once either is the first",
			Scenario{Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}, {ParentCancelled, 1 * s}}}, false},
		{"RUN-6 the errors of two Stops at once may come in either order",
			Scenario{Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{StopWithError, 1 * s}, {StopWithError, 1 * s}}}, false},
		{"RUN-11 main that comes back exactly when the shutdown timeout ends is in or out",
			Scenario{ReturnGrace: 1 * s, ShutdownTimeout: 2 * s, Main: Main{AfterCancel: true, After: 3 * s}, Stops: []Stop{{SIGTERM, 1 * s}}}, false},
		{"RUN-13 MarkStarted and a stop at once may come in either order",
			Scenario{ManualStart: true, Starts: []time.Duration{1 * s}, Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}}}, false},
		{"DRAIN-3 work that is tracked exactly when Draining ends is taken or refused",
			Scenario{Main: Main{After: 1 * s}, Tracks: []Track{{Lasts: 3 * s}, {At: 3 * s, Lasts: 1 * s}}}, false},
		{"DRAIN-4 main that comes back exactly when its grace ends makes no difference",
			Scenario{ReturnGrace: 2 * s, Main: Main{AfterCancel: true, After: 2 * s}, Stops: []Stop{{SIGTERM, 1 * s}}}, false},
		{"HOOK-1 hooks registered by two goroutines at once may run in either order",
			Scenario{Main: Main{After: 2 * s}, Hooks: []Hook{{At: 1 * s}, {At: 1 * s}}}, false},
		{"HOOK-4 a hook registered exactly when Hooks ends is run by Run or by its caller",
			Scenario{Hooks: []Hook{{Lasts: 2 * s}, {At: 2 * s, Lasts: 1 * s}}}, false},
		{"HOOK-6 a hook's own timeout that ends exactly with the phase's is the phase's",
			Scenario{ShutdownTimeout: 3 * s, Hooks: []Hook{{Lasts: Never, Timeout: 3 * s}}}, false},
		{"HOOK-6 a hook that ends exactly with its own timeout is too late",
			Scenario{Hooks: []Hook{{Lasts: 3 * s, Timeout: 3 * s}}}, false},
		{"SIG-2 a forcing signal that comes as the last work ends is too late, or ends Draining, but not both phases",
			Scenario{Main: Main{After: 1 * s}, Tracks: []Track{{Lasts: 3 * s}}, Stops: []Stop{{SIGINT, 3 * s}}}, true},
		{"SIG-2 of two SIGINTs at once the second is the same key press",
			Scenario{Main: Main{AfterCancel: true, After: 2 * s}, Stops: []Stop{{SIGINT, 1 * s}, {SIGINT, 1 * s}}}, false},
		{"HEALTH-4 a probe that asks exactly when draining begins may get either answer",
			Scenario{Follow: true, Main: Main{After: 1 * s}, Tracks: []Track{{Lasts: 4 * s}}, Probes: []Probe{{Readiness, 1 * s}}}, false},
		{"HEALTH-9 a check that ends exactly at its timeout is in time or not",
			Scenario{CheckTimeout: 2 * s, Main: Main{After: 9 * s}, Checks: []Check{{Lasts: 2 * s}}, Probes: []Probe{{Readiness, 1 * s}}}, false},
	}
}
