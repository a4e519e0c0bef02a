package compare

import (
	"cmp"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

// drainEnd compares the end of Draining: the transition where it is seen, else
// the first hook, which begins at that instant.
func (v *Verdict) drainEnd() {
	var want, got model.Step
	if v.seesSteps() {
		want, got = into(v.want, model.Hooks), into(v.Got, model.Hooks)
	} else {
		want, got = firstHook(v.want), firstHook(v.Got)
		switch entered := v.full.Entered(model.Hooks); {
		case want.At == entered:
		case want.At == model.Never && v.want.Returned == entered:
			want, got = model.Step{At: v.want.Returned}, model.Step{At: v.Got.Returned}
		default:
			return // nothing is seen to happen then
		}
	}
	if want == got || v.hooksAreLate() {
		return
	}
	if !v.seesSteps() && got.At == model.Never && !v.drainsOn() {
		v.suspect(v.dropSuspects(), "Run returns %s and hook %d does not begin, want it %s", when(v.Got.Returned), v.want.Hooks[0].Hook, when(want.At))
		return
	}
	if i, ok := v.refused(min(want.At, got.At)); ok {
		v.object("DRAIN-3", "Track or Go number %d is answered wrong, and Draining %s, want %s", i, happens("ends", "does not end", got.At), when(want.At))
		return
	}
	v.suspect(v.drainSuspects(got), "Draining %s, want %s", steps("ends", "does not end", got), taken(want))
}

// drainSuspects returns the clauses that may be broken where Draining ends otherwise. Where the transitions
// are not seen it may be another phase that goes on for too long, or the first hook that
// is not run.
func (v *Verdict) drainSuspects(got model.Step) []string {
	all := []string{v.drainFault(got)}
	at := v.full.Entered(model.Hooks)
	if got.At < at && (!v.seesSteps() || got.On != model.DrainTimedOut && got.On != model.PhaseForced) {
		return v.earlyFaults(got.At, all[0])
	}
	if got.At > at && got.At != model.Never {
		all = append(all, "DRAIN-5") // whatever it waits for is over
	}
	if v.seesSteps() {
		return all
	}
	if main := v.mainFault(""); main != "" && got.At == model.Never && v.Got.MainEnded != model.Never {
		all = append([]string{main}, all...) // nothing may come after that
	}
	all = append(all, "DRAIN-5")
	hook := firstHook(v.want).At == at
	if hook && got.At == model.Never {
		all = append(all, "HOOK-1")
	}
	if !hook || v.Got.Returned == model.Never {
		all = append(all, "STATE-2")
	}
	return all
}

// dropSuspects returns the clauses that may be broken where Run returns no later than it
// should, and no hook has begun.
func (v *Verdict) dropSuspects() []string {
	at := v.full.Entered(model.Hooks)
	switch {
	case v.Got.Returned < at:
		return append(v.earlyFaults(v.Got.Returned, v.earlyFault(v.Got.Returned)), "HOOK-1")
	case v.full.Left(model.Draining) == model.DrainTimedOut:
		return []string{"DRAIN-2", "HOOK-1"}
	case v.full.MainEnded == at:
		return []string{v.mainFault("HOOK-1"), "HOOK-1"}
	case v.Got.Returned > at: // it may have been in Draining until then
		return []string{v.drainFault(never()), "HOOK-1"}
	}
	return []string{"HOOK-1"}
}

// hookWait is how much later than the drain timeout, or a forcing signal, hooks may
// begin (DRAIN-2).
const hookWait = 100 * time.Millisecond

// hooksAreLate says whether hooks begin late because Draining was cut short, and no
// later than they may.
func (v *Verdict) hooksAreLate() bool {
	if on := v.full.Left(model.Draining); on != model.DrainTimedOut && on != model.PhaseForced {
		return false
	}
	late := func(at time.Duration) bool {
		by := at - v.full.Entered(model.Hooks)
		return at != model.Never && by > 0 && by <= hookWait
	}
	want, got := into(v.want, model.Hooks), into(v.Got, model.Hooks)
	first := firstHook(v.want).At
	return want.On == got.On && (late(got.At) || first == v.full.Entered(model.Hooks) && late(firstHook(v.Got).At))
}

// onTime compares an aspect, unless hooks are late.
func onTime(compare func(*Verdict)) func(*Verdict) {
	return func(v *Verdict) {
		if !v.hooksAreLate() {
			compare(v)
		}
	}
}

// firstHook is the beginning of the first hook that is not late.
func firstHook(t model.Trace) model.Step {
	if len(t.Hooks) > 0 && !t.Hooks[0].Late {
		return model.Step{At: t.Hooks[0].Start}
	}
	return never()
}

// never is a step that is not taken.
func never() model.Step { return model.Step{At: model.Never} }

// drainsOn says whether, for all that is seen, Draining goes on until Run returns, later
// than it should, or never.
func (v *Verdict) drainsOn() bool {
	return !v.seesSteps() && v.Got.Returned > v.full.Returned && firstHook(v.Got).At == model.Never
}

// refused finds a Track or a Go before an instant that was answered wrong.
func (v *Verdict) refused(before time.Duration) (int, bool) {
	for i, u := range v.s.Tracks {
		if u.At < before && v.want.Tracks[i] != v.Got.Tracks[i] {
			return i + 1, true
		}
	}
	for i, k := range v.s.Tasks {
		if k.At < before && v.want.Tasks[i] != v.Got.Tasks[i] {
			return i + 1, true
		}
	}
	return 0, false
}

// drainFault is the clause that fixes the end of Draining.
func (v *Verdict) drainFault(got model.Step) string {
	t := v.full
	on, at := t.Left(model.Draining), t.Entered(model.Hooks)
	switch {
	case on == model.DrainTimedOut && got.At > at:
		return "DRAIN-2"
	case got.At < at && got.On != model.DrainTimedOut && got.On != model.PhaseForced:
		return v.earlyFault(got.At)
	case on == model.PhaseForced || got.On == model.PhaseForced:
		return "SIG-2"
	case on == model.DrainTimedOut || got.On == model.DrainTimedOut:
		return "DRAIN-2"
	case at == t.MainEnded:
		return v.mainFault("DRAIN-5")
	case v.afterGrace(at) && got.At == model.Never:
		return v.mainFault("DRAIN-4") // which is seen to be back, unless its end was the end of all
	case v.afterGrace(at), t.MainEnded > at && got.At >= t.MainEnded:
		return "DRAIN-4" // main is waited for without end
	}
	return "DRAIN-5"
}

// afterGrace reports whether Draining ends at an instant because main's grace is over.
// The instant is the trace's: how long the grace is may be up to the implementation.
func (v *Verdict) afterGrace(at time.Duration) bool {
	if at == v.full.Cancelled.At+v.grace() {
		return true
	}
	if v.full.MainEnded <= at || v.full.Left(model.Draining) != model.Drained {
		return false
	}
	for _, g := range v.s.Groups {
		for _, u := range g.Units {
			if u.After != model.Never && u.Lasts != model.Never && g.At+u.After+u.Lasts == at {
				return false // because this is done
			}
		}
	}
	return len(v.s.Tracks)+len(v.s.Tasks) == 0
}

// outDrain reports whether Run returns as if it had waited for main for the whole
// drain timeout, which no hook shows (DRAIN-4).
func (v *Verdict) outDrain() bool {
	drain := cmp.Or(v.s.DrainTimeout, model.DefaultDrainTimeout)
	over := scenarios.Plus(v.full.Cancelled.At, drain)
	shutdown := cmp.Or(v.s.ShutdownTimeout, model.DefaultShutdownTimeout)
	return !v.seesSteps() && firstHook(v.want).At == model.Never && v.afterGrace(v.full.Entered(model.Hooks)) &&
		(v.Got.Returned == over || v.Got.Returned == over+shutdown)
}

// earlyFaults returns first, and the clauses about whatever else is still busy at that instant.
func (v *Verdict) earlyFaults(at time.Duration, first string) []string {
	all := []string{first}
	if t := v.full; at < t.MainEnded && at < t.Cancelled.At+v.grace() {
		all = append(all, "DRAIN-4")
	}
	for _, g := range v.s.Groups {
		if v.busy(g, at) != "" {
			all = append(all, v.busy(g, at))
		}
	}
	if len(v.s.Tracks)+len(v.s.Tasks) > 0 {
		all = append(all, "DRAIN-8")
	}
	return all
}

// earlyFault says what was not waited for.
func (v *Verdict) earlyFault(at time.Duration) string {
	t := v.full
	if at < t.MainEnded && at < t.Cancelled.At+v.grace() {
		return "DRAIN-4"
	}
	for _, g := range v.s.Groups {
		if clause := v.busy(g, at); clause != "" {
			return clause
		}
	}
	return "DRAIN-1"
}

// busy is the clause that has a group waited for that is busy at an instant; "" if it
// is not.
func (v *Verdict) busy(g model.Group, at time.Duration) (clause string) {
	if g.At > at {
		return ""
	}
	for i, u := range g.Units {
		begins := g.At + u.After
		if u.After == model.Never || begins > at || u.Lasts != model.Never && begins+u.Lasts <= at {
			continue
		}
		if g.At > scenarios.StopAt(v.full) || begins >= v.full.Cancelled.At && i > 0 {
			return "DRAIN-3"
		}
		return "DRAIN-1"
	}
	return ""
}

// grace is the return grace as it counts.
func (v *Verdict) grace() time.Duration { return scenarios.Grace(v.s) }

// work compares what Track and Go answered, and the end of work contexts.
func (v *Verdict) work() {
	for i := range v.want.Tracks {
		if v.want.Tracks[i] != v.Got.Tracks[i] {
			v.object("DRAIN-3", "Track number %d answers %t, want %t", i+1, v.Got.Tracks[i], v.want.Tracks[i])
		}
	}
	for i := range v.want.Tasks {
		if v.want.Tasks[i] != v.Got.Tasks[i] {
			v.object("DRAIN-3", "Go number %d answers %t, want %t", i+1, v.Got.Tasks[i], v.want.Tasks[i])
		}
	}
	if v.want.WorkEnded != v.Got.WorkEnded {
		v.object("DRAIN-8", "work contexts end %s, cause %q; want %s, cause %q",
			when(v.Got.WorkEnded.At), v.Got.WorkEnded.Cause, when(v.want.WorkEnded.At), v.want.WorkEnded.Cause)
	}
}
