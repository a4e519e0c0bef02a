package examine

import (
	"slices"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

// blame is the clause that is broken when a scenario ends the process, or
// makes it stand still: the one about what in it is likely to.
func (x *examiner) blame(s model.Scenario, want model.Trace, owner string) string {
	var suspects []string
	suspect := func(when bool, clause string) {
		if when {
			suspects = append(suspects, clause)
		}
	}
	suspect(scenarios.Panics(s.Main.Ends) && want.MainEnded != model.Never, "RUN-4")
	suspect(s.Main.Ends == model.CallsGoexit && want.MainEnded != model.Never, "RUN-5")
	suspect(slices.ContainsFunc(s.Hooks, func(h model.Hook) bool { return scenarios.Panics(h.Ends) || h.Ends == model.CallsGoexit }), "HOOK-2")
	suspect(slices.ContainsFunc(s.Tasks, func(k model.Task) bool { return scenarios.Panics(k.Ends) || k.Ends == model.CallsGoexit }), "DRAIN-8")
	suspect(len(s.Probes) > 0 && scenarios.WildCheck(s), "HEALTH-8")
	for _, clause := range suspects {
		if slices.Contains(x.cfg.Dead, clause) {
			return clause
		}
	}
	switch {
	case len(suspects) > 0:
		return suspects[0]
	case owner != "":
		return owner
	}
	return "STATE-2"
}
