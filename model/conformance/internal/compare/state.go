package compare

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

// path objects to a history that is none of the table (STATE-1). One that ends early is
// reported by a later aspect, which says why.
func (v *Verdict) path() {
	state := model.Starting
	for i, step := range v.Got.Steps {
		if step.From != state || !isEdge(step.Edge) {
			v.object("STATE-1", "step %d, %v, is not one that the table has in %s", i+1, step.Edge, state)
			return
		}
		state = step.To
	}
}

func isEdge(e model.Edge) bool {
	for _, known := range model.Edges() {
		if known == e {
			return true
		}
	}
	return false
}

// start compares the end of Starting.
func (v *Verdict) start() {
	want, got := into(v.want, model.Running), into(v.Got, model.Running)
	if want == got {
		return
	}
	clause := "RUN-1"
	switch {
	case v.s.ManualStart:
		clause = "RUN-13"
	case scenarios.BeforeRun(v.s):
		clause = "RUN-12"
	}
	v.object(clause, "Running %s, want %s", steps("is entered", "is not entered", got), taken(want))
}

// returned compares Run's return, where Stopped is entered at the right instant.
func (v *Verdict) returned() {
	want, got := v.want.Returned, v.Got.Returned
	if want == got {
		return
	}
	v.object(v.returnFault(), "Run %s, want %s, when Stopped is entered", returns(got), when(want))
}

// returnFault is the clause that has Run return when Stopped is entered.
func (v *Verdict) returnFault() string {
	if v.Got.Returned == model.Never {
		return "STATE-2"
	}
	return "RUN-1"
}

// stopped compares the end of Hooks, and Run's return if that is all that is seen of it.
func (v *Verdict) stopped() {
	want, got := v.want.Returned, v.Got.Returned
	wantStep, gotStep := into(v.want, model.Stopped), into(v.Got, model.Stopped)
	if wantStep == gotStep && (want == got || v.seesSteps()) {
		return
	}
	if !v.seesSteps() {
		v.suspect(v.stopSuspects(), "Run %s, want %s", returns(got), when(want))
		return
	}
	v.object(v.stopFault(gotStep), "Stopped %s and Run %s, want %s and %s", steps("is entered", "is not entered", gotStep), returns(got), taken(wantStep), when(want))
}

// stopSuspects returns the clauses that may be broken where Run returns at another instant,
// and nothing else shows when Hooks ends.
func (v *Verdict) stopSuspects() []string {
	all := []string{v.stopFault(never())}
	early := v.Got.Returned < v.full.Returned
	if v.full.MainEnded > min(v.Got.Returned, v.full.Returned) { // main is, or is not, waited for
		all = append(all, "HOOK-3")
		if all[0] != "DRAIN-4" {
			all = append([]string{"RUN-11"}, all...)
		}
	}
	if main := v.mainFault(""); main != "" {
		all = append(all, main)
	}
	switch {
	case early && firstHook(v.Got).At == model.Never: // it may have left Draining too early
		all = append(append(all, "HOOK-3"), v.earlyFaults(v.Got.Returned, v.earlyFault(v.Got.Returned))...)
	case early:
		all = append(all, "HOOK-3")
	case firstHook(v.Got).At == model.Never: // it may be in Draining for too long
		all = append(all, "DRAIN-5", "STATE-2")
		if v.drainsOn() && v.full.Left(model.Draining) != model.Drained {
			all = append(all, v.drainFault(never()))
		}
	default:
		all = append(all, "STATE-2")
	}
	if _, failed := v.lastFailed(); failed && !early {
		all = append(all, "HOOK-2") // nothing may come after that
	}
	if slices.ContainsFunc(v.full.Hooks, func(r model.HookRun) bool { return r.Outcome == model.Interrupted }) {
		all = append(all, "HOOK-3") // it may be waited for
	}
	switch at := v.full.Entered(model.Hooks); {
	case early && at == v.Got.Returned && v.full.Left(model.Draining) == model.DrainTimedOut:
		all = append(all, "DRAIN-2") // nothing may come after that
	case v.several && v.afterGrace(at):
		all = append(all, "DRAIN-4", "DRAIN-5") // what is late may look like another grace
	}
	return all
}

// stopFault is the clause that fixes when Hooks ends.
func (v *Verdict) stopFault(gotStep model.Step) string {
	on := v.full.Left(model.Hooks)
	early := v.Got.Returned < v.full.Returned
	switch {
	case !early && v.outDrain():
		return "DRAIN-4"
	case on == model.ShutdownTimedOut && !early && !scenarios.HooksLeft(v.full):
		return "RUN-11"
	case on == model.ShutdownTimedOut && !early:
		return "HOOK-3"
	case on == model.PhaseForced || gotStep.On == model.PhaseForced:
		return "SIG-2"
	case on == model.ShutdownTimedOut && !scenarios.HooksLeft(v.full):
		return "RUN-11"
	case on == model.ShutdownTimedOut || gotStep.On == model.ShutdownTimedOut:
		return "HOOK-3"
	case early:
		return "RUN-1"
	case v.drainsOn() && v.full.Left(model.Draining) != model.Drained:
		return v.drainFault(never())
	}
	switch end, failed := v.lastFailed(); {
	case failed && (v.Got.Returned == model.Never || end == v.full.Returned):
		return "HOOK-2"
	case v.full.MainEnded == v.full.Returned:
		return v.mainFault("STATE-2")
	case failed:
		return "HOOK-2"
	}
	return "STATE-2"
}

// lastFailed says whether the last hook fails, and when it ends.
func (v *Verdict) lastFailed() (end time.Duration, failed bool) {
	n := len(v.full.Hooks)
	if n == 0 || v.full.Hooks[n-1].Late {
		return 0, false
	}
	last := v.full.Hooks[n-1]
	return last.End, scenarios.Fails(v.s.Hooks[last.Hook-1].Ends)
}
