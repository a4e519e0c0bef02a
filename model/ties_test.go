package model

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// ties are scenarios in which several things happen at one instant, with
// every outcome that the contract allows. Each shows only what it is about.
var ties = []struct {
	name  string
	given Scenario
	show  func(Trace) any
	want  []string
}{
	{"DRAIN-2 work that ends exactly when the drain timeout does is finished or not",
		Scenario{DrainTimeout: 4 * s, Main: Main{After: 1 * s}, Groups: []Group{{Units: []Unit{{Lasts: 5 * s}}}}},
		func(t Trace) any { return t.Errors },
		[]string{"[]", "[drain timeout]"}},
	{"RUN-7 main that returns as a signal arrives has been asked, or has not",
		Scenario{Main: Main{Ends: ReturnsCanceled, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}}},
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Cancelled.Cause, t.Errors) },
		[]string{"SIGTERM []", "canceled [main error]"}},
	{"RUN-2 of two stops at once either is the first",
		Scenario{Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}, {ParentCancelled, 1 * s}}},
		func(t Trace) any { return t.Cancelled.Cause },
		[]string{"SIGTERM", "parent"}},
	{"RUN-6 the errors of two Stops at once may come in either order",
		Scenario{Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{StopWithError, 1 * s}, {StopWithError, 1 * s}}},
		func(t Trace) any { return t.Errors },
		[]string{"[stop error #1 stop error #2]", "[stop error #2 stop error #1]"}},
	{"RUN-11 main that comes back exactly when the shutdown timeout ends is in or out",
		Scenario{ReturnGrace: 1 * s, ShutdownTimeout: 2 * s, Main: Main{AfterCancel: true, After: 3 * s}, Stops: []Stop{{SIGTERM, 1 * s}}},
		func(t Trace) any { return t.Errors },
		[]string{"[]", "[shutdown timeout main running]"}},
	{"RUN-13 MarkStarted and a stop at once may come in either order",
		Scenario{ManualStart: true, Starts: []time.Duration{1 * s}, Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}}},
		func(t Trace) any { return t.Steps[0].Edge },
		[]string{"starting --started--> running", "starting --stop_requested--> draining"}},
	{"DRAIN-3 work that is tracked exactly when Draining ends is taken or refused",
		Scenario{Main: Main{After: 1 * s}, Tracks: []Track{{Lasts: 3 * s}, {At: 3 * s, Lasts: 1 * s}}},
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Tracks[1], t.Returned) },
		[]string{"true 4s", "false 3s"}},
	{"DRAIN-4 main that comes back exactly when its grace ends makes no difference",
		Scenario{ReturnGrace: 2 * s, Main: Main{AfterCancel: true, After: 2 * s}, Stops: []Stop{{SIGTERM, 1 * s}}},
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Left(Draining), t.Returned) },
		[]string{"drained 3s"}},
	{"HOOK-1 hooks registered by two goroutines at once may run in either order",
		Scenario{Main: Main{After: 2 * s}, Hooks: []Hook{{At: 1 * s}, {At: 1 * s}}},
		func(t Trace) any { return []int{t.Hooks[0].Hook, t.Hooks[1].Hook} },
		[]string{"[1 2]", "[2 1]"}},
	{"HOOK-4 a hook registered exactly when Hooks ends is run by Run or by its caller",
		Scenario{Hooks: []Hook{{Lasts: 2 * s}, {At: 2 * s, Lasts: 1 * s}}},
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Hooks[1].Late, t.Returned) },
		[]string{"true 2s", "false 3s"}},
	{"HOOK-6 a hook's own timeout that ends exactly with the phase's is the phase's",
		Scenario{ShutdownTimeout: 3 * s, Hooks: []Hook{{Lasts: Never, Timeout: 3 * s}}},
		func(t Trace) any { return t.Errors },
		[]string{"[shutdown timeout]"}},
	{"HOOK-6 a hook that ends exactly with its own timeout is too late",
		Scenario{Hooks: []Hook{{Lasts: 3 * s, Timeout: 3 * s}}},
		func(t Trace) any { return t.Errors },
		[]string{"[hook timeout #1]"}},
	{"SIG-2 a forcing signal that comes as the last work ends is too late, or ends Draining, but not both phases",
		Scenario{Main: Main{After: 1 * s}, Tracks: []Track{{Lasts: 3 * s}}, Stops: []Stop{{SIGINT, 3 * s}}},
		func(t Trace) any { return t.Errors },
		[]string{"[]", "[forced]"}},
	{"SIG-2 of two SIGINTs at once the second is the same key press",
		Scenario{Main: Main{AfterCancel: true, After: 2 * s}, Stops: []Stop{{SIGINT, 1 * s}, {SIGINT, 1 * s}}},
		func(t Trace) any { return t.Errors },
		[]string{"[]"}},
	{"HEALTH-4 a probe that asks exactly when draining begins may be told either",
		Scenario{Follow: true, Main: Main{After: 1 * s}, Tracks: []Track{{Lasts: 4 * s}}, Probes: []Probe{{Readiness, 1 * s}}},
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Answers[0].Code, t.Answers[0].State) },
		[]string{"200 running", "503 draining"}},
	{"HEALTH-9 a check that ends exactly at its timeout is too late",
		Scenario{CheckTimeout: 2 * s, Main: Main{After: 9 * s}, Checks: []Check{{Lasts: 2 * s}}, Probes: []Probe{{Readiness, 1 * s}}},
		func(t Trace) any { return t.Answers[0].Code },
		[]string{"503"}},
}

func TestTiesHaveEveryOutcomeThatTheContractAllows(t *testing.T) {
	for _, tie := range ties {
		t.Run(tie.name, func(t *testing.T) {
			var got []string
			for _, trace := range Predict(tie.given) {
				if shown := fmt.Sprint(tie.show(trace)); !slices.Contains(got, shown) {
					got = append(got, shown)
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(tie.want))
			if !slices.Equal(got, want) {
				t.Errorf("for\n%v\nallowed: %q\npredicted: %q", tie.given, want, got)
			}
		})
	}
}
