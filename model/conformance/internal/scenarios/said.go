package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model"
)

// Signals says of each signal that comes before Run returns when that is.
func Signals(s model.Scenario, want model.Trace) (all []string) {
	stop := StopAt(want)
	for _, sig := range s.Stops {
		if sig.By != model.SIGINT && sig.By != model.SIGTERM || sig.At >= want.Returned {
			continue
		}
		if sig.At <= stop {
			if ByRequest(want) {
				all = append(all, fmt.Sprint("stopped by ", want.Cancelled.Cause))
			}
			continue
		}
		after := "main's exit"
		if ByRequest(want) {
			after = string(want.Cancelled.Cause)
		}
		when := fmt.Sprintf("a signal after %s, in %s", after, StateAt(want, sig.At))
		all = append(all, when)
		if sig.At-stop >= model.ForceAfter {
			all = append(all, when+", late")
		}
		if want.MainEnded > sig.At {
			all = append(all, when+", while main is out")
		}
	}
	return unique(all)
}

// Ends says how work, main and hooks end.
func Ends(s model.Scenario, want model.Trace) (all []string) {
	all = append(all, fmt.Sprint("draining ends by ", want.Left(model.Draining)), fmt.Sprint("hooks end by ", want.Left(model.Hooks)))
	for _, err := range want.Errors {
		kind, _, _ := strings.Cut(string(err), " #")
		all = append(all, "the result has "+kind)
	}
	if want.MainEnded < want.Returned && Fails(s.Main.Ends) {
		all = append(all, fmt.Sprint("main ends by ", s.Main.Ends))
	}
	for n, r := range want.Hooks {
		h := s.Hooks[r.Hook-1]
		if Fails(h.Ends) {
			all = append(all, "a hook fails")
		}
		if r.Outcome != model.Ended {
			all = append(all, fmt.Sprint("a hook is ", r.Outcome))
		}
		if h.By != 0 && slices.ContainsFunc(want.Hooks[n+1:], func(r model.HookRun) bool { return s.Hooks[r.Hook-1].By == 0 }) {
			all = append(all, "a hook of a hook runs before others")
		}
		if h.By == 0 && h.At > StopAt(want) && h.At < want.Entered(model.Hooks) {
			all = append(all, "a hook is registered while draining")
			if h.At > want.MainEnded {
				all = append(all, "a hook is registered while draining, with main back")
			}
		}
	}
	if len(want.NotRun) > 0 {
		all = append(all, "hooks are not run")
	}
	if len(s.Groups) > 0 && want.Entered(model.Hooks) > StopAt(want) {
		all = append(all, "there are groups")
	}
	return unique(all)
}

func unique(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}
