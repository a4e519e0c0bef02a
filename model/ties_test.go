package model

import (
	"fmt"
	"slices"
	"testing"
)

// outcomes are what each tie shows of what it is about, and all that it may.
var outcomes = map[string]struct {
	show func(Trace) any
	want []string
}{
	"DRAIN-2 work that ends exactly when the drain timeout does is finished or not": {
		func(t Trace) any { return t.Errors },
		[]string{"[]", "[drain timeout]"}},
	"RUN-7 main that returns as a signal arrives has been asked, or has not": {
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Cancelled.Cause, t.Errors) },
		[]string{"SIGTERM []", "canceled [main error]"}},
	"RUN-2 of two stops at once either is the first": {
		func(t Trace) any { return t.Cancelled.Cause },
		[]string{"SIGTERM", "parent"}},
	"RUN-6 the errors of two Stops at once may come in either order": {
		func(t Trace) any { return t.Errors },
		[]string{"[stop error #1 stop error #2]", "[stop error #2 stop error #1]"}},
	"RUN-11 main that comes back exactly when the shutdown timeout ends is in or out": {
		func(t Trace) any { return t.Errors },
		[]string{"[]", "[shutdown timeout main running]"}},
	"RUN-13 MarkStarted and a stop at once may come in either order": {
		func(t Trace) any { return t.Steps[0].Edge },
		[]string{"starting --started--> running", "starting --stop_requested--> draining"}},
	"DRAIN-3 work that is tracked exactly when Draining ends is taken or refused": {
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Tracks[1], t.Returned) },
		[]string{"true 4s", "false 3s"}},
	"DRAIN-4 main that comes back exactly when its grace ends makes no difference": {
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Left(Draining), t.Returned) },
		[]string{"drained 3s"}},
	"HOOK-1 hooks registered by two goroutines at once may run in either order": {
		func(t Trace) any { return []int{t.Hooks[0].Hook, t.Hooks[1].Hook} },
		[]string{"[1 2]", "[2 1]"}},
	"HOOK-4 a hook registered exactly when Hooks ends is run by Run or by its caller": {
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Hooks[1].Late, t.Returned) },
		[]string{"true 2s", "false 3s"}},
	"HOOK-6 a hook's own timeout that ends exactly with the phase's is the phase's": {
		func(t Trace) any { return t.Errors },
		[]string{"[shutdown timeout]"}},
	"HOOK-6 a hook that ends exactly with its own timeout is too late": {
		func(t Trace) any { return t.Errors },
		[]string{"[hook timeout #1]"}},
	"SIG-2 a forcing signal that comes as the last work ends is too late, or ends Draining, but not both phases": {
		func(t Trace) any { return t.Errors },
		[]string{"[]", "[forced]"}},
	"SIG-2 of two SIGINTs at once the second is the same key press": {
		func(t Trace) any { return t.Errors },
		[]string{"[]"}},
	"HEALTH-4 a probe that asks exactly when draining begins may get either answer": {
		func(t Trace) any { return fmt.Sprintf("%v %v", t.Answers[0].Code, t.Answers[0].State) },
		[]string{"200 running", "503 draining"}},
	"HEALTH-9 a check that ends exactly at its timeout is in time or not": {
		func(t Trace) any { return t.Answers[0].Code },
		[]string{"200", "503"}},
}

func TestTiesHaveEveryOutcomeThatTheContractAllows(t *testing.T) {
	if len(ties()) != len(outcomes) {
		t.Errorf("%d ties, and the outcomes of %d", len(ties()), len(outcomes))
	}
	for _, tie := range ties() {
		t.Run(tie.name, func(t *testing.T) {
			show, want := outcomes[tie.name].show, outcomes[tie.name].want
			if show == nil {
				t.Fatal("nobody says what it shows")
			}
			var got []string
			for _, trace := range Predict(tie.given) {
				if shown := fmt.Sprint(show(trace)); !slices.Contains(got, shown) {
					got = append(got, shown)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("for\n%v\nallowed: %q\npredicted: %q", tie.given, want, got)
			}
		})
	}
}
