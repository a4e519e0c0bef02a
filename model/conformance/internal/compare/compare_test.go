package compare_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// What is not as it must be is reported, whatever it is, and to a clause that
// exists, and is examined.
func TestNoDifferenceGoesUnreported(t *testing.T) {
	any := rapid.OneOf(model.Scenarios(), model.Scenarios(), model.CoreSignalScenarios())
	count, known := 0, map[string]clauses.Clause{}
	for _, c := range clauses.All() {
		known[c.ID] = c
	}
	seeds := 500
	if race.Enabled { // it has nothing to find in one goroutine
		seeds = 50
	}
	for seed := range seeds {
		s := any.Example(seed)
		want := model.Predict(s)[0]
		for what, change := range changes {
			got := copied(want)
			if !change(&got) {
				continue
			}
			for _, o := range []subject.Offers{subject.Everything(), {subject.NeedHealth: true, subject.NeedUnix: true}, {
				subject.NeedRunWith: true, subject.NeedHealth: true, subject.NeedSignals: true, subject.NeedParent: true, subject.NeedStop: true,
				subject.NeedStopFromOutside: true, subject.NeedTrack: true, subject.NeedFollow: true, subject.NeedUnix: true,
			}} {
				v := compare.Traces(s, o, want, got)
				if v == nil {
					continue
				}
				count++
				found := v.Found
				if len(found) == 0 {
					t.Fatalf("%s is not reported:\n%s", what, v)
				}
				for _, d := range found {
					c, ok := known[d.Clause]
					if !ok {
						t.Fatalf("%s is reported for %s, which is not a clause:\n%s", what, d.Clause, v)
					}
					if missing := c.Missing(o); missing != "" && o.Playable(s) {
						t.Fatalf("%s is reported to %s, which is not examined (%s):\n%s", what, d.Clause, missing, v)
					}
				}
			}
		}
	}
	if count < 10*seeds {
		t.Errorf("only %d differences were made", count)
	}
}

// A Run that stays in Draining, which something would have cut short, is never surely the
// failure of a clause about what would have come next, where nothing but hooks and the
// return shows in which state it is.
func TestDrainingThatDoesNotEndIsNoOtherFault(t *testing.T) {
	core := subject.Offers{subject.NeedUnix: true, subject.NeedSignals: true}
	clauses := []string{"DRAIN-2", "SIG-2", "RUN-11"} // the last where main never ends either
	count := 0
	for seed := range 3000 {
		s := model.CoreSignalScenarios().Example(seed)
		want := model.Predict(s)[0]
		end := want.Entered(model.Hooks)
		if end == model.Never || want.Left(model.Draining) == model.Drained || !core.Playable(s) {
			continue
		}
		got := copied(want)
		got.Hooks, got.Errors, got.Returned = nil, nil, model.Never
		if v := compare.Traces(s, core, want, got); v != nil {
			count++
			for _, d := range v.Found {
				suspects := append([]string{d.Clause}, d.Or...)
				if !slices.ContainsFunc(suspects, func(s string) bool { return slices.Contains(clauses, s) }) {
					t.Fatalf("a Draining that does not end is reported to %s:\n%s", suspects, v)
				}
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d scenarios were compared", count)
	}
}

func copied(t model.Trace) model.Trace {
	t.Steps, t.Errors, t.Hooks, t.Answers = slices.Clone(t.Steps), slices.Clone(t.Errors), slices.Clone(t.Hooks), slices.Clone(t.Answers)
	t.Tracks, t.Tasks, t.TakeBacks = slices.Clone(t.Tracks), slices.Clone(t.Tasks), slices.Clone(t.TakeBacks)
	return t
}

// changes each make a trace wrong, and say whether they could.
var changes = map[string]func(t *model.Trace) bool{
	"a step that is missing":         func(t *model.Trace) bool { t.Steps = t.Steps[:len(t.Steps)-1]; return true },
	"a step that is late":            func(t *model.Trace) bool { t.Steps[len(t.Steps)-1].At += time.Second; return true },
	"a step that is doubled":         func(t *model.Trace) bool { t.Steps = append(t.Steps, t.Steps[0]); return true },
	"a step of another event":        func(t *model.Trace) bool { t.Steps[0].On = model.PhaseForced; return true },
	"a late cancel":                  func(t *model.Trace) bool { t.Cancelled.At += time.Second; return true },
	"another cause":                  func(t *model.Trace) bool { t.Cancelled.Cause = "another"; return true },
	"no cancel":                      func(t *model.Trace) bool { t.Cancelled.At = model.Never; return true },
	"a late end of work":             func(t *model.Trace) bool { t.WorkEnded.At += time.Second; return true },
	"a late return":                  func(t *model.Trace) bool { t.Returned += time.Second; return true },
	"no return":                      func(t *model.Trace) bool { t.Returned = model.Never; return true },
	"an error more":                  func(t *model.Trace) bool { t.Errors = append(t.Errors, model.DrainTimeout); return true },
	"an error less":                  func(t *model.Trace) bool { return cut(&t.Errors) },
	"errors in another order":        func(t *model.Trace) bool { slices.Reverse(t.Errors); return len(t.Errors) > 1 },
	"a hook less":                    func(t *model.Trace) bool { return cut(&t.Hooks) },
	"hooks in another order":         func(t *model.Trace) bool { slices.Reverse(t.Hooks); return len(t.Hooks) > 1 },
	"a hook twice":                   func(t *model.Trace) bool { t.Hooks = append(t.Hooks, t.Hooks...); return len(t.Hooks) > 0 },
	"a hook that begins late":        func(t *model.Trace) bool { return first(t.Hooks, func(r *model.HookRun) { r.Start += time.Second }) },
	"a hook that begins early":       func(t *model.Trace) bool { return first(t.Hooks, func(r *model.HookRun) { r.Start = 0 }) },
	"a hook with another end":        func(t *model.Trace) bool { return first(t.Hooks, func(r *model.HookRun) { r.End++ }) },
	"a hook with another deadline":   func(t *model.Trace) bool { return first(t.Hooks, func(r *model.HookRun) { r.Deadline++ }) },
	"a hook not run that was":        func(t *model.Trace) bool { t.NotRun = append(t.NotRun, 1); return true },
	"an answer of Track":             func(t *model.Trace) bool { return first(t.Tracks, func(b *bool) { *b = !*b }) },
	"an answer of a take-back":       func(t *model.Trace) bool { return first(t.TakeBacks, func(b *bool) { *b = !*b }) },
	"an answer of Go":                func(t *model.Trace) bool { return first(t.Tasks, func(b *bool) { *b = !*b }) },
	"an answer with another code":    func(t *model.Trace) bool { return first(t.Answers, func(a *model.Answer) { a.Code++ }) },
	"an answer with another status":  func(t *model.Trace) bool { return first(t.Answers, func(a *model.Answer) { a.Status = "odd" }) },
	"an answer that is late":         func(t *model.Trace) bool { return first(t.Answers, func(a *model.Answer) { a.At++ }) },
	"an answer that ran a check":     func(t *model.Trace) bool { return first(t.Answers, func(a *model.Answer) { a.Ran = append(a.Ran, 9) }) },
	"an answer with another failure": func(t *model.Trace) bool { return first(t.Answers, func(a *model.Answer) { a.Failed = []int{9} }) },
}

func cut[T any](all *[]T) bool {
	if len(*all) == 0 {
		return false
	}
	*all = (*all)[:len(*all)-1]
	return true
}

func first[T any](all []T, change func(*T)) bool {
	if len(all) == 0 {
		return false
	}
	change(&all[0])
	return true
}
