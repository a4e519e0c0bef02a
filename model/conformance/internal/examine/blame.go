package examine

import (
	"cmp"
	"slices"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

// blame is the clause that is broken when a scenario ends the process, or
// makes it stand still: the one about what in it is likely to. If nothing in it is,
// it is not known: then the clause of which it is an example is broken, or STATE-2.
func (x *examiner) blame(s model.Scenario, want model.Trace, owner string) (clause string, known bool) {
	all := suspects(s, want)
	for _, clause := range all {
		if slices.Contains(x.cfg.Dead, clause) {
			return clause, true
		}
	}
	if len(all) > 0 {
		return all[0], true
	}
	return cmp.Or(owner, "STATE-2"), false
}

// suspects are the clauses about what in a scenario may end the process.
func suspects(s model.Scenario, want model.Trace) (all []string) {
	suspect := func(when bool, clause string) {
		if when {
			all = append(all, clause)
		}
	}
	suspect(scenarios.Panics(s.Main.Ends) && want.MainEnded != model.Never, "RUN-4")
	suspect(s.Main.Ends == model.CallsGoexit && want.MainEnded != model.Never, "RUN-5")
	suspect(slices.ContainsFunc(s.Hooks, func(h model.Hook) bool { return scenarios.Panics(h.Ends) || h.Ends == model.CallsGoexit }), "HOOK-2")
	suspect(slices.ContainsFunc(s.Tasks, func(k model.Task) bool { return scenarios.Panics(k.Ends) || k.Ends == model.CallsGoexit }), "DRAIN-8")
	suspect(len(s.Probes) > 0 && scenarios.WildCheck(s), "HEALTH-8")
	return all
}
