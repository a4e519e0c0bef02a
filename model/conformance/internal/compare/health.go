package compare

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

// answers compares what each probe was told.
func (v *Verdict) answers() {
	v.want.Answers = slices.Clone(v.want.Answers)
	for i := range v.want.Answers {
		if v.waitedLess(i) {
			v.want.Answers[i] = v.Got.Answers[i]
		}
		want, got := v.want.Answers[i], v.Got.Answers[i]
		if !want.Equal(got) {
			probe := fmt.Sprintf("probe %d, of %s,", i+1, strings.ToLower(v.s.Probes[i].Of.String()))
			if got.At == want.At {
				v.suspect(v.answerSuspects(i), "%s is answered %v, want %v, %s", probe, got, want, when(got.At))
			} else {
				v.suspect(v.answerSuspects(i), "%s is answered %s: %v; want %s: %v", probe, when(got.At), got, when(want.At), want)
			}
		}
	}
}

// answerSuspects returns the clauses that may be broken where an answer is another.
func (v *Verdict) answerSuspects(i int) []string {
	all := []string{v.answerClause(i)}
	want, got := v.full.Answers[i], v.Got.Answers[i]
	switch {
	case got.Code == 0:
	case all[0] == "HEALTH-5" && v.s.Follow: // it is not ready because of the state
		all = append(all, "HEALTH-4")
	case all[0] == "HEALTH-9" && got.At == want.At && slices.Equal(got.Ran, want.Ran): // a check that has been in time may have failed
		if scenarios.WildCheck(v.s) {
			all = append(all, "HEALTH-8")
		}
		all = append(all, "HEALTH-2")
	case all[0] == "HEALTH-8", all[0] == "HEALTH-15" && len(want.Failed) > len(got.Failed):
		all = append(all, "HEALTH-2") // it is a check that fails, for all that
	}
	return all
}

// answerClause is the clause that fixes an answer.
func (v *Verdict) answerClause(i int) string {
	p, want, got := v.s.Probes[i], v.full.Answers[i], v.Got.Answers[i]
	switch p.Of {
	case model.Liveness:
		return "HEALTH-1"
	case model.Startup:
		return "HEALTH-15"
	}
	return v.readinessClause(p, want, got)
}

func (v *Verdict) readinessClause(p model.Probe, want, got model.Answer) string {
	slow := want.At > p.At
	named := got
	named.State = want.State
	coded := got
	coded.Code = want.Code
	switch {
	case named.Equal(want):
		return "HEALTH-4" // nothing but the state's name differs
	case coded.Equal(want) && want.Status != "not_ready", got.Status == "degraded" && got.Code == http.StatusOK:
		return "HEALTH-2"
	case want.Status == "not_ready" && slow && want.At == got.At:
		return "HEALTH-5"
	case want.Status == "not_ready" && v.s.Follow && scenarios.StateAt(v.full, p.At) != model.Running:
		return "HEALTH-4"
	case want.Status == "not_ready" && !slow:
		return "HEALTH-3"
	case want.Status == "ok" && got.Status == "degraded" && len(want.Failed) > 0 && slices.Equal(want.Failed, got.Failed):
		return "HEALTH-15" // those that failed are optional
	case want.Status == "ok" && got.Status == "ok" && got.At > want.At && v.waitsForOptional(want.At):
		return "HEALTH-15" // one that is optional is waited for
	case got.Status == "not_ready" && !slow && v.s.Follow:
		return "HEALTH-4"
	case got.Status == "not_ready" && !slow:
		return "HEALTH-3"
	case scenarios.WildCheck(v.s) && (got.Code == 0 || !v.offers("HEALTH-9")):
		return "HEALTH-8" // there is no answer, or the checks after it did not run
	case slow || !slices.Equal(want.Ran, got.Ran) || want.At != got.At:
		return "HEALTH-9"
	}
	for _, c := range v.s.Checks {
		if c.Optional && scenarios.Fails(c.Ends) {
			return "HEALTH-15"
		}
	}
	for _, c := range v.s.Checks {
		if scenarios.Wild(c.Ends) {
			return "HEALTH-8"
		}
	}
	return "HEALTH-2"
}

// waitedLess says whether a probe has waited for its optional checks for less than it
// might, and lists those that were still running (HEALTH-15).
func (v *Verdict) waitedLess(i int) bool {
	want, got := v.want.Answers[i], v.Got.Answers[i]
	if got.At >= want.At || got.At < want.At-model.OptionalGrace {
		return false
	}
	slow := v.running(got.At)
	if want.Status == "not_ready" { // when it waits for longer (HEALTH-5)
		if v.readyAt(got.At) == (got.Status == "not_ready") {
			return false
		}
		want.Code, want.Status, want.Failed = got.Code, got.Status, got.Failed
		if want.State != "" {
			want.State = scenarios.StateAt(v.full, got.At)
		}
	}
	want.At, want.Failed = got.At, slices.Clone(want.Failed)
	for _, n := range slow {
		if !v.s.Checks[n-1].Optional {
			return false
		}
		if want.Status != "not_ready" {
			want.Failed = append(want.Failed, n)
		}
	}
	slices.Sort(want.Failed)
	want.Failed = slices.Compact(want.Failed)
	return len(slow) > 0 && want.Equal(got)
}

// readyAt says whether the service was ready at an instant, checks aside.
func (v *Verdict) readyAt(at time.Duration) bool {
	ready, last := true, time.Duration(0)
	for _, r := range v.s.Ready {
		if last <= r.At && r.At <= at {
			ready, last = r.Is, r.At
		}
	}
	return ready && (!v.s.Follow || scenarios.StateAt(v.full, at) == model.Running)
}

// running returns the checks that are under way, within their timeout, at an instant.
func (v *Verdict) running(at time.Duration) (checks []int) {
	timeout := cmp.Or(v.s.CheckTimeout, model.DefaultCheckTimeout)
	for i, p := range v.s.Probes {
		for _, n := range v.full.Answers[i].Ran {
			if p.At <= at && min(v.s.Checks[n-1].Lasts, timeout) > at-p.At {
				checks = append(checks, n)
			}
		}
	}
	return checks
}

// waitsForOptional says whether an optional check is still under way, within its
// timeout, at an instant.
func (v *Verdict) waitsForOptional(at time.Duration) bool {
	return slices.ContainsFunc(v.running(at), func(n int) bool { return v.s.Checks[n-1].Optional })
}
