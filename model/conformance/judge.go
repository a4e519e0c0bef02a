package conformance

import (
	"fmt"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
)

// Difference is one thing that is not as it must be, and the clause it breaks.
type Difference struct {
	Clause string
	Text   string
}

// verdict is one scenario that was played: what must happen beside what did.
//
// A mistake early in a life changes all that comes after it. So the trace is
// compared in the order of cause and effect, aspect by aspect, and the first
// aspect that differs is the one that is reported. What does not change the
// course of a life (its errors, the answers of probes) is compared only when
// the course is right.
type verdict struct {
	s         model.Scenario
	full      model.Trace // what must happen
	want, got model.Trace // what can be seen of it, and what was seen
	offered   offers
	mains     int           // how often main was called
	launched  time.Duration // when it was first
	odd       []Difference
	found     []Difference
	right     int // how many aspects of the course are right
}

// verdict compares what was seen with one of the traces that may come.
func (p *player) verdict(want model.Trace) *verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	got, odd := p.got, slices.Clone(p.odd)
	got.Cancelled.Cause = p.causeKind(p.cause, want.Cancelled.Cause)
	got.WorkEnded.Cause = p.causeKind(p.workCause, want.WorkEnded.Cause)
	got.NotRun = p.notRun(want)
	if got.Returns() {
		got.Errors = p.readErrors(want)
		if want.AsItIs() && p.err != p.values[model.MainError] && len(got.Errors) == 1 {
			odd = append(odd, Difference{"RUN-6", "main's error is the only one, and is not returned as it is"})
		}
	}
	v := &verdict{
		s: p.s, full: want, offered: p.offered,
		want: project(p.s, p.offered, want), got: project(p.s, p.offered, got),
		mains: p.mains, launched: p.launched, odd: odd,
	}
	v.compare()
	return v
}

// closest returns the verdict on the trace that was seen. Where several may
// come, it was meant to be the one that it follows for longest.
func (p *player) closest() *verdict {
	var best *verdict
	for _, want := range p.wants {
		v := p.verdict(want)
		if best == nil || v.right > best.right || v.right == best.right && len(v.found) < len(best.found) {
			best = v
		}
	}
	return best
}

// notRun returns the hooks that did not begin and need not. Which of them were
// registered in time is the scenario's doing, so the order is the model's; that
// none of them ran is what can be seen (see project).
func (p *player) notRun(want model.Trace) (hooks []int) {
	for _, h := range want.NotRun {
		if !slices.ContainsFunc(p.got.Hooks, func(r model.HookRun) bool { return r.Hook == h }) {
			hooks = append(hooks, h)
		}
	}
	return hooks
}

// course are the aspects that each depend on the ones before.
var course = []func(*verdict){
	(*verdict).path, (*verdict).launch, (*verdict).start, (*verdict).stop, (*verdict).cancel,
	(*verdict).mainEnd, (*verdict).drainEnd, (*verdict).hooks, (*verdict).stopped,
}

// outcome are the aspects that do not depend on one another.
var outcome = []func(*verdict){
	(*verdict).work, (*verdict).takeBacks, (*verdict).lateHooks, (*verdict).errors, (*verdict).answers,
}

// compare finds what is wrong, by the clauses that it breaks.
func (v *verdict) compare() {
	for _, compare := range course {
		if compare(v); len(v.found) > 0 {
			return
		}
		v.right++
	}
	for _, compare := range outcome {
		compare(v)
	}
	for _, d := range v.odd {
		v.object(d.Clause, "%s", d.Text)
	}
	if len(v.found) == 0 && !v.want.Equal(v.got) {
		v.object("STATE-1", "a difference that no clause explains")
	}
}

// object notes that a clause is broken.
func (v *verdict) object(clause, format string, args ...any) {
	v.found = append(v.found, Difference{clause, fmt.Sprintf(format, args...)})
}

// String shows the scenario and both traces.
func (v *verdict) String() string {
	diff := model.Diff(v.want, v.got)
	if diff == "" {
		diff = "the traces are the same:\n" + v.got.String()
	}
	return "the scenario:\n" + v.s.String() + "\n" + diff
}

// seesSteps says whether the transitions are seen.
func (v *verdict) seesSteps() bool { return v.offered[NeedRunWith] }

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
func (v *verdict) mainFault(other string) string {
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

// fails says whether an ending of a hook or a check is a failure.
func fails(e model.Ending) bool { return e != model.ReturnsNil }

func panics(e model.Ending) bool {
	return e == model.Panics || e == model.PanicsNil || e == model.PanicsError || e == model.PanicsCanceled
}

// byRequest says whether the stop was asked for, and not main's own exit.
func byRequest(t model.Trace) bool {
	return t.Left(model.Starting) == model.StopRequested || t.Left(model.Running) == model.StopRequested
}

// stopAt is when the stop was requested or main exited first.
func stopAt(t model.Trace) time.Duration { return t.Entered(model.Draining) }

// beforeRun says whether the parent is cancelled before Run.
func beforeRun(s model.Scenario) bool {
	return slices.ContainsFunc(s.Stops, func(stop model.Stop) bool { return stop.At == model.BeforeRun })
}

// stoppedBySignal says whether a signal was what stopped the run.
func stoppedBySignal(t model.Trace) bool {
	return t.Cancelled.Cause == model.CauseSIGINT || t.Cancelled.Cause == model.CauseSIGTERM
}

// stoppedByTask says whether the failure of a task was.
func stoppedByTask(t model.Trace) bool {
	name, _ := t.Cancelled.Cause.Parts()
	return name == "task error" || name == "task panic" || name == "task goexit"
}

// show prints an instant.
func show(d time.Duration) string {
	if d == model.Never {
		return "never"
	}
	return d.String()
}
