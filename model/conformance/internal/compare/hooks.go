package compare

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

// hooks compares the hooks that ran between Draining and Stopped, one by one.
func (v *Verdict) hooks() {
	want, got := scenarios.InTime(v.want.Hooks), scenarios.InTime(v.Got.Hooks)
	if len(got) > 0 && got[0].Start < v.full.Entered(model.Hooks) {
		v.suspect(v.earlyFaults(got[0].Start, v.earlyFault(got[0].Start)), "hook %d begins at %s, and Draining ends at %s", got[0].Hook, scenarios.Show(got[0].Start), scenarios.Show(v.full.Entered(model.Hooks)))
		return
	}
	if a, b, ok := v.overlap(got); ok {
		v.object("HOOK-1", "hook %d begins at %s, while hook %d is running", b.Hook, scenarios.Show(b.Start), a.Hook)
		return
	}
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			v.suspect(v.missingHook(want, i), "hook %d does not begin, want it at %s", want[i].Hook, scenarios.Show(want[i].Start))
		case i < len(got) && v.takenBackBefore(got[i]):
			v.object("HOOK-10", "hook %d begins at %s, and was taken back", got[i].Hook, scenarios.Show(got[i].Start))
		case i >= len(want):
			v.object(v.extraHook(got, i), "hook %d begins at %s, and should not", got[i].Hook, scenarios.Show(got[i].Start))
		case want[i].Hook != got[i].Hook:
			v.suspect(v.otherHook(want, got, i), "hook %d begins at %s, want hook %d", got[i].Hook, scenarios.Show(got[i].Start), want[i].Hook)
		case want[i].Start != got[i].Start:
			v.suspect(v.hookStart(want, got, i), "hook %d begins at %s, want %s", got[i].Hook, scenarios.Show(got[i].Start), scenarios.Show(want[i].Start))
		case want[i].End != got[i].End || want[i].Outcome != got[i].Outcome:
			v.suspect(v.hookEnd(want[i], got[i]), "hook %d is %s %s, want %s %s",
				got[i].Hook, got[i].Outcome, when(got[i].End), want[i].Outcome, when(want[i].End))
		case want[i].Deadline != got[i].Deadline:
			v.suspect(v.orOwnTimeout(got[i].Hook, "HOOK-5", "HOOK-3"), "the context of hook %d has its deadline at %s, want %s",
				got[i].Hook, scenarios.Show(got[i].Deadline), scenarios.Show(want[i].Deadline))
		default:
			continue
		}
		return
	}
}

// overlap finds a hook that begins before the one before it has ended or been
// let go of.
func (v *Verdict) overlap(got []model.HookRun) (a, b model.HookRun, ok bool) {
	for i := 1; i < len(got); i++ {
		a, b = got[i-1], got[i]
		over := min(a.End, v.Got.Returned)
		if own := v.s.Hooks[a.Hook-1].Timeout; own > 0 {
			over = min(over, a.Start+own)
		}
		if b.Start < over {
			return a, b, true
		}
	}
	return a, b, false
}

// takeBacks compares what was answered to those who took hooks back.
func (v *Verdict) takeBacks() {
	for i, b := range v.s.TakeBacks {
		if want, got := v.want.TakeBacks[i], v.Got.TakeBacks[i]; want != got {
			v.object("HOOK-10", "hook %d is taken back, and the answer is %t, want %t", b.Hook, got, want)
			return
		}
	}
}

// takenBackBefore says whether a hook that has begun was to be taken back by then.
func (v *Verdict) takenBackBefore(r model.HookRun) bool {
	for i, b := range v.s.TakeBacks {
		if b.Hook != r.Hook || !v.full.TakeBacks[i] {
			continue
		}
		from := time.Duration(0)
		if b.By != 0 {
			by, ran := v.Got.Run(b.By)
			if !ran || by.Start >= r.Start {
				continue
			}
			from = by.Start
		}
		if from+b.At <= r.Start {
			return true
		}
	}
	return false
}

// duringHooks says whether a hook is registered while Hooks is under way.
func (v *Verdict) duringHooks(hook int) bool {
	h := v.s.Hooks[hook-1]
	return h.By != 0 || h.At >= v.full.Entered(model.Hooks)
}

// registeredBefore says whether a hook is registered before an instant.
func (v *Verdict) registeredBefore(hook int, at time.Duration) bool {
	h := v.s.Hooks[hook-1]
	if h.By == 0 {
		return h.At < at
	}
	by, ran := v.Got.Run(h.By)
	return ran && scenarios.Plus(by.Start, h.At) < at
}

// before is the clause that the hook before the i-th gives cause to look at.
func (v *Verdict) before(want []model.HookRun, i int, other string) string {
	if i == 0 {
		return other
	}
	h := v.s.Hooks[want[i-1].Hook-1]
	switch {
	case h.Timeout > 0 && (h.Lasts == model.Never || h.Lasts >= h.Timeout):
		return "HOOK-6"
	case scenarios.Fails(h.Ends):
		return "HOOK-2"
	}
	return other
}

// missingHook returns the clauses that may be broken where a hook does not begin.
func (v *Verdict) missingHook(want []model.HookRun, i int) (all []string) {
	early := v.Got.Returned <= want[i].Start
	if i > 0 && v.furtherSignal(want[i-1].Start, want[i].Start) {
		all = append(all, "HOOK-1") // which does not change anything
	}
	switch last := v.before(want, i, ""); {
	case last != "":
		all = append(all, last)
	case i == 0 && v.drainsOn():
		all = append(all, v.drainFault(never()), "STATE-2")
	case v.Got.Returned == want[i].Start && v.duringHooks(want[i].Hook):
		all = append(all, "HOOK-4") // Run returned when the one before had ended
	case early && v.full.Left(model.Hooks) != model.HooksFinished:
		all = append(all, "HOOK-3")
	}
	if v.duringHooks(want[i].Hook) {
		all = append(all, "HOOK-4")
	}
	if main := v.mainFault(""); main != "" && v.Got.Returned == model.Never && v.full.MainEnded <= want[i].Start {
		all = append(all, main) // nothing may come after that
	}
	if early && v.Got.Returned > v.full.Entered(model.Hooks) {
		all = append(all, "HOOK-3")
	}
	return append(all, "HOOK-1")
}

// furtherSignal says whether a signal comes in Hooks between two instants, where none
// changes anything.
func (v *Verdict) furtherSignal(from, to time.Duration) bool {
	return slices.ContainsFunc(v.s.Stops, func(stop model.Stop) bool {
		return stop.At > scenarios.StopAt(v.full) && stop.At >= from && stop.At <= to
	})
}

func (v *Verdict) extraHook(got []model.HookRun, i int) string {
	seen := slices.ContainsFunc(got[:i], func(r model.HookRun) bool { return r.Hook == got[i].Hook })
	switch on := v.full.Left(model.Hooks); {
	case seen:
		return "HOOK-1"
	case on == model.PhaseForced:
		return "SIG-2"
	case on == model.ShutdownTimedOut:
		return "HOOK-3"
	}
	return "HOOK-4"
}

// otherHook returns the clauses that may be broken where another hook begins than should.
func (v *Verdict) otherHook(want, got []model.HookRun, i int) []string {
	seen := slices.ContainsFunc(got[:i], func(r model.HookRun) bool { return r.Hook == got[i].Hook })
	if seen || !v.duringHooks(want[i].Hook) && !v.duringHooks(got[i].Hook) {
		return []string{"HOOK-1"}
	}
	// Of those that were there before, the next is to be the one that runs in
	// place of the one that is due; else it is their order that is wrong.
	next := slices.IndexFunc(want[i:], func(r model.HookRun) bool { return !v.duringHooks(r.Hook) })
	if !v.duringHooks(got[i].Hook) && next >= 0 && want[i+next].Hook != got[i].Hook {
		return []string{"HOOK-1"}
	}
	return []string{"HOOK-4", "HOOK-1"}
}

// hookStart returns the clauses that may be broken where a hook begins at another instant.
func (v *Verdict) hookStart(want, got []model.HookRun, i int) []string {
	switch {
	case i > 0 && got[i].Start < want[i].Start:
		return []string{"HOOK-1"} // two at a time
	case v.duringHooks(want[i].Hook):
		return []string{"HOOK-4"}
	}
	return []string{v.before(want, i, "HOOK-1"), "HOOK-1"}
}

// hookEnd returns the clauses that may be broken where a hook ends otherwise.
func (v *Verdict) hookEnd(want, got model.HookRun) []string {
	registers := slices.ContainsFunc(v.s.Hooks, func(h model.Hook) bool { return h.By == got.Hook })
	switch {
	case v.seesSteps() && into(v.want, model.Stopped) == into(v.Got, model.Stopped) && got.End > v.full.Returned && got.End <= v.Got.Returned:
		return []string{v.returnFault(), "HOOK-3"} // it has come to its end before Run has
	case want.Outcome == model.Ended && got.Outcome != model.Ended && registers:
		return []string{"HOOK-7", "HOOK-3"} // OnShutdown may not have returned
	case want.Outcome == model.Abandoned || got.Outcome == model.Abandoned || v.outlives(got.Hook):
		return []string{"HOOK-6", "HOOK-3"}
	case v.full.Left(model.Hooks) == model.PhaseForced || v.Got.Left(model.Hooks) == model.PhaseForced:
		all := []string{"SIG-2", "HOOK-3"}
		if v.Got.Returned > v.full.Returned { // until when it is seen
			all = append(all, v.returnFault(), "STATE-2")
		}
		return all
	case v.seesSteps() || v.Got.Returned <= v.full.Returned:
	case got.End < v.Got.Returned: // Run waits for something else, until when it is seen
		return append(v.stopSuspects(), "HOOK-3")
	default:
		return append([]string{"HOOK-3"}, v.stopSuspects()...)
	}
	return []string{"HOOK-3"}
}

// outlives says whether a hook takes longer than its own timeout.
func (v *Verdict) outlives(hook int) bool {
	h := v.s.Hooks[hook-1]
	return h.Timeout > 0 && h.Lasts > h.Timeout
}

// lateHooks compares the hooks that were registered after Stopped.
func (v *Verdict) lateHooks() {
	late := func(t model.Trace) (rest []model.HookRun) {
		for _, r := range t.Hooks {
			if r.Late {
				rest = append(rest, r)
			}
		}
		return rest
	}
	want, got := late(v.want), late(v.Got)
	if i := otherDeadline(want, got); i >= 0 {
		v.suspect(v.orOwnTimeout(got[i].Hook, "HOOK-5", "HOOK-3"), "the context of hook %d, registered after Stopped, has its deadline at %s, want %s",
			got[i].Hook, scenarios.Show(got[i].Deadline), scenarios.Show(want[i].Deadline))
		return
	}
	for i, r := range v.Got.Hooks {
		wanted := slices.ContainsFunc(want, func(w model.HookRun) bool { return w.Hook == r.Hook })
		if r.Late && !wanted && v.registeredBefore(r.Hook, v.Got.Returned) {
			v.object(v.extraHook(v.Got.Hooks, i), "hook %d begins at %s, after Run has returned at %s", r.Hook, scenarios.Show(r.Start), scenarios.Show(v.Got.Returned))
			return
		}
	}
	if !slices.Equal(want, got) {
		all := []string{"HOOK-4", "HOOK-3"} // which interrupts these too
		for _, r := range want {
			all = v.orOwnTimeout(r.Hook, all...)
		}
		v.suspect(all, "hooks registered after Stopped run %s, want %s", runs(got), runs(want))
	}
}

// orOwnTimeout adds the clause about a hook's own timeout, if it has one.
func (v *Verdict) orOwnTimeout(hook int, all ...string) []string {
	if v.s.Hooks[hook-1].Timeout > 0 {
		all = append(all, "HOOK-6")
	}
	return all
}

// otherDeadline finds the first run that has another deadline, where the runs are the
// same otherwise. It is -1 where there is none, or they are not.
func otherDeadline(want, got []model.HookRun) (first int) {
	first = -1
	if len(want) != len(got) {
		return first
	}
	for i, r := range got {
		if r.Deadline != want[i].Deadline && first < 0 {
			first = i
		}
		if r.Deadline = want[i].Deadline; r != want[i] {
			return -1
		}
	}
	return first
}

// runs shows runs of hooks.
func runs(all []model.HookRun) string {
	if len(all) == 0 {
		return "never"
	}
	var texts []string
	for _, r := range all {
		texts = append(texts, fmt.Sprintf("hook %d %s, %s %s", r.Hook, when(r.Start), r.Outcome, when(r.End)))
	}
	return "(" + strings.Join(texts, "; ") + ")"
}
