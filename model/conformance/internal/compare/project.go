package compare

import (
	"slices"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// project takes out of a trace what an implementation does not let anybody
// see, so that two traces differ only in what it does. This is the whole list:
//
//   - The transitions, where there is no observer.
//   - The end of work contexts, where there is no WorkContext.
//   - The kind of an error that the scenario did not make, where there is no Is:
//     what is left of such an error is that there is one.
//   - The cause of a cancelled context, where there is no Is or no RunWith: the
//     documented API promises none (RUN-2).
//   - The deadline of a hook that takes no context.
//   - When a hook that takes no context was let go of, unless it is late: it
//     is seen only in what happens next, and that is in the trace.
//   - Which hooks were registered and did not run (see notRun): only that
//     none of them ran.
//   - The status and the state in an answer of Startup, and the failed checks
//     in one that is not_ready, and the state in one of Liveness: the contract
//     says nothing of them.
//   - Work that would be added to a group after Draining, when nobody waits any
//     more, is not added (see package play).
func project(s model.Scenario, o subject.Offers, t model.Trace) model.Trace {
	if !o[subject.NeedObserve] {
		t.Steps = nil
	}
	if !o[subject.NeedWorkContext] {
		t.WorkEnded = model.Cancellation{At: model.Never}
	}
	if !o[subject.NeedIs] || !o[subject.NeedRunWith] {
		t.Cancelled.Cause, t.WorkEnded.Cause = "", ""
	}
	if !o[subject.NeedIs] {
		t.Errors = unseen(s, slices.Clone(t.Errors))
	}
	t.Hooks = slices.Clone(t.Hooks)
	for i := range t.Hooks {
		r := &t.Hooks[i]
		h := s.Hooks[r.Hook-1]
		if !scenarios.TakesContext(h) {
			r.Deadline = 0
		}
		if r.Outcome != model.Ended && !h.Aware && !r.Late {
			r.End, r.Outcome = model.Never, model.Interrupted
		}
	}
	return t
}

// unseen replaces each error that the scenario did not make by one of which nothing
// is known.
func unseen(s model.Scenario, all []model.Kind) []model.Kind {
	for i, k := range all {
		if !ownKind(s, k) {
			all[i] = unknown
		}
	}
	return all
}

// ownKind says whether an error of that kind wraps one that the scenario made.
func ownKind(s model.Scenario, k model.Kind) bool {
	name, n := k.Parts()
	switch name {
	case "main error", "stop error", "task error", "hook error":
		return true
	case "main panic":
		return s.Main.Ends == model.PanicsError
	case "hook panic":
		return s.Hooks[n-1].Ends == model.PanicsError
	case "task panic":
		return s.Tasks[n-1].Ends == model.PanicsError
	}
	return false
}

// Unordered says whether a scenario begins work in a group at a time when
// nothing but the end of main's grace orders that with the library's Wait. The
// library cannot know of such work any better than WaitGroup itself (DRAIN-3),
// and the race detector rightly calls it a race: it is not played.
func Unordered(s model.Scenario, want model.Trace) bool {
	graceEnd := scenarios.Plus(want.Cancelled.At, scenarios.Grace(s))
	if want.MainEnded <= graceEnd {
		return false
	}
	for _, g := range s.Groups {
		for _, u := range g.Units {
			if begins := scenarios.Plus(g.At, u.After); begins >= scenarios.StopAt(want) && begins <= graceEnd {
				return true
			}
		}
	}
	return false
}

// Inexact says whether a scenario has its end of Draining at an instant that an
// implementation which polls under the race detector sees a moment late: that of
// work in a group, while main is out beyond its grace.
func Inexact(impl *subject.Implementation, s model.Scenario, want model.Trace) bool {
	if !race.Enabled || !impl.Polls {
		return false
	}
	graceEnd := scenarios.Plus(want.Cancelled.At, scenarios.Grace(s))
	busy := slices.ContainsFunc(s.Groups, func(g model.Group) bool { return len(g.Units) > 0 })
	return busy && want.MainEnded > graceEnd && want.Entered(model.Hooks) > graceEnd
}
