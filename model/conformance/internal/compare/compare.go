// Package compare says how what was seen of a scenario differs from what must
// happen, and which clause that breaks.
package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Verdict is one scenario that was played: what must happen beside what did.
//
// A mistake early in a life changes all that comes after it. So the trace is
// compared in the order of cause and effect, aspect by aspect, and the first
// aspect that differs is the one that is reported. What does not change the
// course of a life (its errors, the answers of probes) is compared only when
// the course is right.
type Verdict struct {
	s         model.Scenario
	full      model.Trace // what must happen
	want, Got model.Trace // what can be seen of it, and what was seen
	offered   subject.Offers
	mains     int           // how often main was called
	launched  time.Duration // when it was first
	odd       []subject.Difference
	escaped   string // out of Run
	Found     []subject.Difference
	Nth       int           // of the traces that may come, from 0, that with which it was compared
	several   bool          // whether it is one of several
	apart     time.Duration // when it differs first
	right     int           // how many aspects of the course are right
}

// observerWait is how long Run may wait, once it has stopped, until its observers have
// seen so and its log is written (STATE-4).
const observerWait = 100 * time.Millisecond

// judge compares what was seen with one of the traces that may come.
func judge(impl *subject.Implementation, offered subject.Offers, seen play.Seen, want model.Trace) *Verdict {
	r := reader{Seen: seen, is: impl.Is}
	got, odd := seen.Trace, slices.Clone(seen.Odd)
	got.Cancelled.Cause = r.causeKind(seen.Cause, want.Cancelled.Cause)
	got.WorkEnded.Cause = r.causeKind(seen.WorkCause, want.WorkEnded.Cause)
	got.NotRun = notRun(got, want)
	if late := got.Returned - want.Returned; got.Returns() && want.Returns() && late > 0 && late <= observerWait {
		got.Returned = want.Returned
	}
	if got.Returns() {
		got.Errors = r.readErrors(want.Errors)
		if want.AsItIs() && seen.Err != seen.Values[model.MainError] && len(got.Errors) == 1 {
			odd = append(odd, subject.Difference{Clause: "RUN-6", Text: "main's error is the only one, and is not returned as it is"})
		}
	}
	v := &Verdict{
		s: seen.Scenario, full: want, offered: offered,
		want: project(seen.Scenario, offered, want), Got: project(seen.Scenario, offered, got),
		mains: seen.Mains, launched: seen.Launched, odd: odd, escaped: seen.Escaped, several: len(seen.Wants) > 1,
	}
	v.apart = apart(v.want, v.Got)
	v.compare()
	if len(v.Found) > 0 {
		v.Got.Returned = seen.Trace.Returned // as it is shown beside what differs
	}
	return v
}

// Closest returns the verdict on the trace that was seen. Where several may come, it is
// compared with the one that it agrees with for longest; of several such, with the one of
// which most aspects are right.
func Closest(impl *subject.Implementation, offered subject.Offers, seen play.Seen) *Verdict {
	var best *Verdict
	for n, want := range seen.Wants {
		v := judge(impl, offered, seen, want)
		v.Nth = n
		if best == nil || cmp.Or(cmp.Compare(v.apart, best.apart), cmp.Compare(v.right, best.right), cmp.Compare(len(best.Found), len(v.Found))) > 0 {
			best = v
		}
	}
	return best
}

// apart is when two traces begin to differ: the first instant at which something happens
// in one and not in the other.
func apart(a, b model.Trace) time.Duration {
	ours, theirs := events(a), events(b)
	first := model.Never
	for e := range ours {
		if !theirs[e] {
			first = min(first, e.at)
		}
	}
	for e := range theirs {
		if !ours[e] {
			first = min(first, e.at)
		}
	}
	return first
}

// An event is something of the course of a life, when it happens.
type event struct {
	at   time.Duration
	what string
}

func events(t model.Trace) map[event]bool {
	all := map[event]bool{
		{t.Cancelled.At, "cancelled"}: true, {t.MainEnded, "main ends"}: true, {t.WorkEnded.At, "work ends"}: true, {t.Returned, "returned"}: true,
	}
	for _, s := range t.Steps {
		all[event{s.At, s.Edge.String()}] = true
	}
	for _, r := range t.Hooks {
		all[event{r.Start, fmt.Sprint("hook begins ", r.Hook)}] = true
		all[event{r.End, fmt.Sprint("hook ends ", r.Hook, r.Outcome)}] = true
	}
	return all
}

// notRun returns the hooks that did not begin and need not. Which of them were
// registered in time is the scenario's doing, so the order is the model's; that
// none of them ran is what can be seen (see project).
func notRun(got, want model.Trace) (hooks []int) {
	for _, h := range want.NotRun {
		if !slices.ContainsFunc(got.Hooks, func(r model.HookRun) bool { return r.Hook == h }) {
			hooks = append(hooks, h)
		}
	}
	return hooks
}

// course are the aspects that each depend on the ones before.
var course = []func(*Verdict){
	(*Verdict).path, (*Verdict).launch, (*Verdict).start, (*Verdict).stop, (*Verdict).cancel,
	(*Verdict).mainEnd, (*Verdict).drainEnd, onTime((*Verdict).hooks), onTime((*Verdict).stopped), onTime((*Verdict).returned),
}

// outcome are the aspects that do not depend on one another.
var outcome = []func(*Verdict){
	(*Verdict).work, (*Verdict).takeBacks, (*Verdict).lateHooks, (*Verdict).errors, (*Verdict).answers,
}

// compare finds what is wrong, by the clauses that it breaks.
func (v *Verdict) compare() {
	if v.escaped != "" {
		v.object(v.escapeFault(), "%s", v.escaped)
		return
	}
	for _, compare := range course {
		if compare(v); len(v.Found) > 0 {
			return
		}
		v.right++
	}
	for _, d := range v.odd {
		v.object(d.Clause, "%s", d.Text)
	}
	if v.hooksAreLate() {
		return // what comes after is at other instants
	}
	for _, compare := range outcome {
		compare(v)
	}
	if len(v.Found) == 0 && !v.want.Equal(v.Got) {
		v.object("STATE-1", "a difference that no clause explains")
	}
}

// Spoilt is the clause whose failure changes the course of the life, so that what
// comes after it says nothing of other clauses; "" if none does.
func (v *Verdict) Spoilt() string {
	if v.right == len(course) || len(v.Found) == 0 {
		return ""
	}
	return v.Found[0].Clause
}

// object notes that a clause is broken.
func (v *Verdict) object(clause, format string, args ...any) {
	v.suspect([]string{clause}, format, args...)
}

// suspect notes that one of some clauses is broken, of which the first is the likeliest.
func (v *Verdict) suspect(all []string, format string, args ...any) {
	var offered []string
	for _, clause := range all {
		if core, ok := beside[clause]; ok && !v.offers(clause) {
			clause = core
		}
		if !slices.Contains(offered, clause) {
			offered = append(offered, clause)
		}
	}
	v.Found = append(v.Found, subject.Difference{Clause: offered[0], Or: offered[1:], Text: fmt.Sprintf(format, args...)})
}

// beside has, for extended clauses, the Core clause that says the same in general:
// what breaks one that is not offered breaks that.
var beside = map[string]string{
	"RUN-7": "RUN-6", "RUN-12": "RUN-2", "RUN-13": "RUN-1", "RUN-14": "RUN-6",
	"DRAIN-7": "RUN-2", "DRAIN-8": "DRAIN-1", "SIG-2": "SIG-1",
	"HOOK-5": "HOOK-1", "HOOK-6": "HOOK-3", "HOOK-10": "HOOK-1",
	"HEALTH-4": "HEALTH-3", "HEALTH-5": "HEALTH-3", "HEALTH-9": "HEALTH-2", "HEALTH-15": "HEALTH-2",
}

// offers says whether anything of a clause is examined.
func (v *Verdict) offers(clause string) bool {
	c, err := clauses.Find(clause)
	return err == nil && c.Missing(v.offered) == ""
}

// escapeFault is the clause about what came out of Run: the panic or Goexit of the
// last hook, of main, or of a hook before.
func (v *Verdict) escapeFault() string {
	panicked := strings.HasPrefix(v.escaped, "Run panicked")
	may := func(e model.Exit) bool { return scenarios.Wild(e) && scenarios.Panics(e) == panicked }
	hook := func(r model.HookRun) bool { return may(v.s.Hooks[r.Hook-1].Ends) }
	ran := v.Got.Hooks
	switch {
	case len(ran) > 0 && hook(ran[len(ran)-1]):
		return "HOOK-2"
	case v.Got.MainEnded != model.Never && may(v.s.Main.Ends):
		return v.mainFault("RUN-4")
	case slices.ContainsFunc(ran, hook):
		return "HOOK-2"
	}
	return "RUN-1"
}

// String shows the scenario and both traces.
func (v *Verdict) String() string {
	diff := model.Diff(v.want, v.Got)
	if diff == "" {
		diff = "the traces are the same:\n" + v.Got.String()
	}
	return "the scenario:\n" + v.s.String() + "\n" + diff
}

// seesSteps says whether the transitions are seen.
func (v *Verdict) seesSteps() bool { return v.offered[subject.NeedObserve] }

// into returns the transition into a state. Without one it is never taken.
func into(t model.Trace, s model.State) model.Step {
	for _, step := range t.Steps {
		if step.To == s {
			return step
		}
	}
	return model.Step{At: model.Never}
}

// mainFault is the clause that main's way of ending is about, or other when it
// ended in an ordinary way. A life that does not go on after a panic is not
// one in which the next phase is at fault.
func (v *Verdict) mainFault(other string) string {
	if v.full.MainEnded == model.Never {
		return other
	}
	switch v.s.Main.Ends {
	case model.Panics, model.PanicsNil, model.PanicsError, model.PanicsCanceled:
		return "RUN-4"
	case model.CallsGoexit:
		return "RUN-5"
	}
	return other
}

// stoppedByTask says whether the failure of a task was.
func stoppedByTask(t model.Trace) bool {
	name, _ := t.Cancelled.Cause.Parts()
	return name == "task error" || name == "task panic" || name == "task goexit"
}

// when says at which instant, or that it is never.
func when(d time.Duration) string {
	if d == model.Never {
		return "never"
	}
	return "at " + d.String()
}

// happens says when something does, or that it does not.
func happens(does, doesNot string, at time.Duration) string {
	if at == model.Never {
		return doesNot
	}
	return does + " " + when(at)
}

// steps is happens for a step, with its event.
func steps(does, doesNot string, s model.Step) string {
	if s.At == model.Never {
		return doesNot
	}
	return does + " " + taken(s)
}

func returns(at time.Duration) string { return happens("returns", "does not return", at) }

// taken says when a step was taken, and on what event where that is seen.
func taken(s model.Step) string {
	if s.On == "" {
		return when(s.At)
	}
	return fmt.Sprintf("%s (%s)", when(s.At), s.On)
}
