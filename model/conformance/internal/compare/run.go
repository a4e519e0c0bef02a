package compare

import (
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

// launch objects to a main that is not called once, at once.
func (v *Verdict) launch() {
	if v.mains != 1 || v.launched != 0 {
		v.object("RUN-1", "main is called %d times, first %s; want once, at 0s", v.mains, when(v.launched))
	}
}

// stop compares the request of a stop, where the transitions are seen.
func (v *Verdict) stop() {
	want, got := into(v.want, model.Draining), into(v.Got, model.Draining)
	if want == got {
		return
	}
	all := []string{"RUN-2"}
	switch t := v.full; {
	case !scenarios.ByRequest(t):
		all[0] = v.mainFault("RUN-3")
	case scenarios.BeforeRun(v.s) && scenarios.StopAt(t) == 0:
		all[0] = "RUN-12"
	case t.Entered(model.Running) == model.Never:
		all[0] = "RUN-13"
		if stoppedByTask(t) { // which may request no stop at all
			all = append(all, "DRAIN-8")
		}
	case scenarios.StoppedBySignal(t):
		all[0] = "SIG-1"
	case stoppedByTask(t):
		all[0] = "DRAIN-8"
	}
	v.suspect(all, "Draining %s, want %s", steps("is entered", "is not entered", got), taken(want))
}

// cancel compares when main's context is cancelled, and why.
func (v *Verdict) cancel() {
	want, got := v.want.Cancelled, v.Got.Cancelled
	if want.At != got.At {
		v.suspect(v.cancelSuspects(), "main's context %s, want %s", happens("is cancelled", "is not cancelled", got.At), when(want.At))
	} else if want.Cause != got.Cause {
		v.object("RUN-2", "the cause of main's context is %q, want %q", got.Cause, want.Cause)
	}
}

// cancelSuspects returns the clauses that may be broken where main's context is cancelled at
// another instant. Where all that comes of main's end is right but for that, it is RUN-2's.
func (v *Verdict) cancelSuspects() []string {
	fault := v.cancelFault()
	if fault != "RUN-4" && fault != "RUN-5" {
		return []string{fault}
	}
	if v.Got.Returned == v.full.Returned && slices.Equal(v.want.Hooks, v.Got.Hooks) {
		return []string{"RUN-2", fault}
	}
	return []string{fault}
}

// cancelFault is the clause that fixes when main's context is cancelled.
func (v *Verdict) cancelFault() string {
	t := v.full
	if !scenarios.ByRequest(t) {
		if v.Got.Cancelled.At < t.MainEnded {
			return "RUN-2"
		}
		return v.mainFault("RUN-2")
	}
	delayed := v.s.DrainDelay > 0 && !(scenarios.BeforeRun(v.s) && scenarios.StopAt(t) == 0)
	switch {
	case scenarios.BeforeRun(v.s) && scenarios.StopAt(t) == 0:
		return "RUN-12"
	case delayed && v.Got.Cancelled.At == model.Never && t.Cancelled.At == t.MainEnded:
		return v.mainFault("RUN-2")
	case delayed && v.Got.Cancelled.At != scenarios.StopAt(t) && signalAt(v.s, min(t.Cancelled.At, v.Got.Cancelled.At)):
		return "SIG-2" // which ended the delay, or should have
	case delayed:
		return "DRAIN-7"
	case scenarios.StoppedBySignal(t) && !v.seesSteps():
		return "SIG-1"
	}
	return "RUN-2"
}

// signalAt says whether a signal is what happens at that instant.
func signalAt(s model.Scenario, at time.Duration) bool {
	return slices.ContainsFunc(s.Stops, func(stop model.Stop) bool {
		return (stop.By == model.SIGINT || stop.By == model.SIGTERM) && stop.At == at
	})
}

// mainEnd compares when main came back, which is its own doing when all that
// came before is right.
func (v *Verdict) mainEnd() {
	if v.want.MainEnded != v.Got.MainEnded {
		v.object("RUN-1", "main %s, want %s", returns(v.Got.MainEnded), when(v.want.MainEnded))
	}
}

// errors compares what Run returned.
func (v *Verdict) errors() {
	want, got := v.want.Errors, v.Got.Errors
	if slices.Equal(want, got) {
		return
	}
	object := func(clause string) { v.object(clause, "Run returns %s, want %s", kinds(got), kinds(v.full.Errors)) }
	missing, extra := subtract(want, got), subtract(got, want)
	if first := len(got) == 1 && len(want) > 1 && got[0] == want[0] && got[0] != unknown && !isSignal(want[1]); first || v.dropsOwn(missing, got) {
		all := []string{"RUN-6"}
		for _, k := range missing {
			all = append(all, v.missingKind(k, got, extra)...)
		}
		v.suspect(all, "Run returns %s, want %s", kinds(got), kinds(v.full.Errors))
		return
	}
	if len(missing)+len(extra) == 0 {
		if isSignal(want[len(want)-1]) && !isSignal(got[len(got)-1]) {
			object("RUN-14")
			return
		}
		object("RUN-6") // the order
		return
	}
	changed := slices.ContainsFunc(extra, func(k model.Kind) bool { return strings.HasPrefix(string(k), "unexpected: ") })
	for _, k := range missing {
		if k == model.MainError && changed { // it is an error, but not as it was returned
			object("RUN-6")
			continue
		}
		v.suspect(v.missingKind(k, got, extra), "Run returns %s, want %s", kinds(got), kinds(v.full.Errors))
	}
	for _, k := range extra {
		if len(missing) == 0 {
			object(v.extraClause(k))
		}
	}
}

// dropsOwn says whether of several errors some are returned, and those that are not are
// all the scenario's own.
func (v *Verdict) dropsOwn(missing, got []model.Kind) bool {
	if len(missing) == 0 || len(got) == 0 || len(got)+len(missing) != len(v.full.Errors) {
		return false
	}
	return !slices.ContainsFunc(missing, func(k model.Kind) bool { return !ownKind(v.s, k) && !isWild(k) })
}

// isWild says whether an error says how code of the scenario's has ended without an error.
func isWild(k model.Kind) bool {
	name, _ := k.Parts()
	return strings.HasSuffix(name, " panic") || strings.HasSuffix(name, " goexit")
}

// isShutdownTimeout says whether a kind, without its number, is of those that look like a
// shutdown timeout.
func isShutdownTimeout(name string) bool {
	return name == string(model.ShutdownTimeout) || name == "hook timeout"
}

// kinds lists errors.
func kinds(all []model.Kind) string {
	if len(all) == 0 {
		return "nil"
	}
	texts := make([]string, len(all))
	for i, k := range all {
		texts[i] = string(k)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func isSignal(k model.Kind) bool { return k == model.CauseSIGINT || k == model.CauseSIGTERM }

// subtract returns what is in a and not in b, with repetitions.
func subtract(a, b []model.Kind) (rest []model.Kind) {
	b = slices.Clone(b)
	for _, k := range a {
		if i := slices.Index(b, k); i >= 0 {
			b = slices.Delete(b, i, i+1)
		} else {
			rest = append(rest, k)
		}
	}
	return rest
}

// kindClause is the clause that puts an error into Run's result.
func (v *Verdict) kindClause(k model.Kind) string {
	name, n := k.Parts()
	switch name {
	case "main error":
		if scenarios.SaysStopped(v.s.Main.Ends) {
			return "RUN-7"
		}
		return "RUN-6"
	case "main panic":
		return "RUN-4"
	case "main goexit":
		return "RUN-5"
	case "task error":
		if scenarios.SaysStopped(v.s.Tasks[n-1].Ends) {
			return "RUN-7"
		}
		return "DRAIN-8"
	case "task panic", "task goexit":
		return "DRAIN-8"
	case "hook error", "hook panic", "hook goexit":
		return "HOOK-2"
	case "hook timeout":
		return "HOOK-6"
	case string(model.ShutdownTimeout):
		if !scenarios.HooksLeft(v.full) {
			return "RUN-11"
		}
		return "HOOK-3"
	case string(unknown):
		return v.unknownClause()
	}
	switch k {
	case model.CauseSIGINT, model.CauseSIGTERM:
		return "RUN-14"
	case model.DrainTimeout:
		return "DRAIN-2"
	case model.MainRunning:
		return "RUN-11"
	case model.Forced:
		return "SIG-2"
	}
	return "RUN-6"
}

// missingKind returns the clauses that may be broken where an error is missing from the
// result, which may have others. Where its kind cannot be seen, or another error looks
// the same, it may be any of them that is missing.
func (v *Verdict) missingKind(k model.Kind, got, extra []model.Kind) (all []string) {
	name, _ := k.Parts()
	_, how, _ := strings.Cut(name, " ")
	for _, kind := range v.full.Errors {
		other, _ := kind.Parts()
		same := (how == "panic" || how == "goexit") && strings.HasSuffix(other, how) || isShutdownTimeout(name) && isShutdownTimeout(other)
		if same || k == unknown && !ownKind(v.s, kind) {
			all = append(all, v.kindClause(kind))
			if kind == model.DrainTimeout {
				all = append(all, "DRAIN-1") // nothing may have been waited for
			}
		}
	}
	switch {
	case k == model.DrainTimeout:
		all = []string{v.kindClause(k), "DRAIN-1"}
	case k != unknown || len(all) == 0:
		all = append([]string{v.kindClause(k)}, all...)
	}
	for _, kind := range extra {
		if !ownKind(v.s, kind) && kind != unknown {
			all = append(all, v.extraClause(kind))
		}
		if kind == model.ShutdownTimeout {
			all = append(all, "HOOK-3")
		}
	}
	if v.several || len(got) > 0 {
		all = append(all, "RUN-6") // which has none dropped
	}
	return all
}

// unknownClause is kindClause where the kind cannot be seen: the clause of the
// first expected error that is no error of the scenario's own.
func (v *Verdict) unknownClause() string {
	for _, k := range v.full.Errors {
		if !ownKind(v.s, k) {
			return v.kindClause(k)
		}
	}
	return "RUN-6"
}

// extraClause is the clause that keeps an error out of Run's result.
func (v *Verdict) extraClause(k model.Kind) string {
	name, n := k.Parts()
	switch {
	case name == "main error" || name == "task error":
		return "RUN-7"
	case strings.HasPrefix(name, "hook"):
		if r, began := v.full.Run(n); began && r.Outcome != model.Ended {
			return "HOOK-8"
		}
	case k == model.DrainTimeout && v.full.Left(model.Draining) == model.Drained:
		return "DRAIN-4"
	case k == unknown:
		return "RUN-6"
	}
	return v.kindClause(k)
}
