package examine

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// scenarios plays the examples of every clause that is asked for. For one
// clause, random scenarios around them follow; for all together, those in which
// several things happen at one instant, the exhaustive set, and random ones.
func (x *examiner) scenarios() {
	defer OneProcessor()()
	for _, c := range x.clauses {
		if !x.wanted(c.ID) {
			continue
		}
		for _, s := range x.examples(c) {
			x.scenario(s, c.ID)
		}
	}
	if x.cfg.Only != "" {
		x.property()
		x.vacuous()
		return
	}
	for _, s := range model.Ties() {
		for range tieRuns {
			x.scenario(s, "")
		}
	}
	n := 0
	for s := range model.Exhaustive() {
		if n++; n%x.cfg.Every == 0 {
			x.scenario(s, "")
		}
	}
	for i := range x.cfg.Random {
		if s, ok := x.reduce(x.generator().Example(i + 1)); ok {
			x.scenario(s, "")
		}
	}
}

// tieRuns is how often a tie is played: how it is decided is up to the
// scheduler.
const tieRuns = 2

// generator draws scenarios of any kind.
func (x *examiner) generator() *rapid.Generator[model.Scenario] {
	if x.offered[subject.NeedRunWith] {
		return anyScenario
	}
	return coreScenario
}

// examples returns the examples of a clause that can be played. What one needs and
// is not offered is left out of it, if it is an example without.
func (x *examiner) examples(c clauses.Clause) (all []model.Scenario) {
	for _, s := range c.Examples {
		if x.offered.Playable(s) {
			all = append(all, s)
		} else if less, ok := x.reduce(s); ok && c.Premise(less, model.Predict(less)[0]) {
			all = append(all, less)
		}
	}
	return all
}

// around draws scenarios most of which put a clause to the test: they begin as
// one of its examples does.
func (x *examiner) around(c clauses.Clause) *rapid.Generator[model.Scenario] {
	bases := x.examples(c)
	draw := model.CoreAround
	if x.offered[subject.NeedRunWith] {
		draw = model.Around
	}
	if len(bases) == 0 {
		return x.generator()
	}
	return rapid.OneOf(draw(bases...), draw(bases...), x.generator())
}

var (
	anyScenario  = rapid.OneOf(model.Scenarios(), model.Scenarios(), model.CoreSignalScenarios())
	coreScenario = model.CoreScenarios()
)

// property plays random scenarios for one clause, until its premise has held in
// as many as are asked for. The first that fails is made as small as it can be.
func (x *examiner) property() {
	c := x.clauses[0]
	if c.Premise == nil || len(x.offered.Lacks(c.Needs...)) > 0 || x.failed[c.ID] {
		return
	}
	generator := x.around(c)
	var smallest *subject.Difference
	t := &quiet{name: x.t.Name()}
	over := make(chan struct{})
	go func() {
		defer close(over)
		rapid.Check(t, func(rt *rapid.T) {
			s, ok := x.reduce(generator.Draw(rt, "scenario"))
			if !ok {
				rt.SkipNow()
			}
			if given, wants, ok := x.predicted(s); !ok || !c.Premise(given, wants[0]) {
				rt.SkipNow()
			}
			if broken := x.play(s, ""); broken != nil {
				if smallest == nil { // the process may not survive those that are smaller
					x.fail(*broken)
				}
				smallest = broken
				rt.Fatal("broken")
			}
		})
	}()
	<-over
	if smallest != nil {
		x.write(process.Record{Failed: smallest})
	} else if t.failed {
		x.failOf(x.cfg.Only, "the scenarios could not be drawn: "+t.said)
	}
}

// vacuous objects to a premise that has not held often enough for the clause
// to be more than words.
func (x *examiner) vacuous() {
	c := x.clauses[0]
	if c.Premise == nil || len(x.offered.Lacks(c.Needs...)) > 0 || len(x.failed) > 0 || len(x.cfg.Dead) > 0 {
		return // nobody can tell, or there is enough to say
	}
	if n := x.premises[c.ID]; n < process.LeastPremises {
		x.failOf(c.ID, fmt.Sprintf("the premise held in %d scenarios only, want at least %d: this says something about the suite", n, process.LeastPremises))
	}
	if c.ID == "STATE-1" && len(x.offered.Lacks(subject.NeedObserve, subject.NeedSignals, subject.NeedManualStart)) == 0 {
		if missing := x.paths.missing(); len(missing) > 0 {
			x.failOf(c.ID, fmt.Sprintf("never taken: %q", missing))
		}
	}
}

// scenario plays one scenario and writes down what is wrong.
func (x *examiner) scenario(s model.Scenario, owner string) {
	if broken := x.play(s, owner); broken != nil {
		x.fail(*broken)
	}
}

// predicted returns a scenario with the return grace that main has, and the traces that
// may come of it. Not ok is one that cannot be played on this implementation, or of
// which it is not defined what happens.
func (x *examiner) predicted(s model.Scenario) (given model.Scenario, wants []model.Trace, ok bool) {
	if !x.offered.Playable(s) {
		return s, nil, false
	}
	s = x.impl.WithGrace(x.offered, s)
	if x.impl.Grace != 0 && s.Validate() != nil {
		return s, nil, false
	}
	wants = model.Predict(s)
	return s, wants, !compare.Unordered(s, wants[0]) && !compare.Inexact(x.impl, s, wants[0]) && !slices.ContainsFunc(wants, func(t model.Trace) bool { return outside(x.offered, t) })
}

// play plays one scenario, if that can be done. It returns what breaks the
// clause that is asked for, and writes down what breaks others.
func (x *examiner) play(s model.Scenario, owner string) (broken *subject.Difference) {
	x.played++
	if x.played <= x.cfg.From {
		if x.played == x.cfg.Lost {
			given, _, _ := x.predicted(s)
			x.write(process.Record{Lost: given.String()})
		}
		return nil
	}
	s, wants, ok := x.predicted(s)
	if !ok || !x.concerns(s, wants[0]) {
		return nil
	}
	blame, known := x.blame(s, wants[0], owner)
	if slices.Contains(x.cfg.Dead, blame) {
		x.example(owner, blame)
		return nil
	}
	x.begin(process.Progress{Scenario: x.played, Blame: blame, Known: known, Of: owner})
	v, ds := x.judge(s, wants)
	x.paths.see(v.Got)
	x.example(owner, v.Spoilt())
	for _, d := range ds {
		d.Text += "\n" + v.String()
		if x.cfg.Only == d.Clause {
			broken = &d
			continue
		}
		x.fail(d)
	}
	return broken
}

// outside says whether something happens that only the wider API promises:
// a hook that is registered after Stopped (HOOK-4).
func outside(offered subject.Offers, want model.Trace) bool {
	return !offered[subject.NeedRunWith] && slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool { return r.Late })
}

// judge plays a scenario, and returns the verdict. Where the contract allows
// several traces, any of them will do.
func (x *examiner) judge(s model.Scenario, wants []model.Trace) (v *compare.Verdict, ds []subject.Difference) {
	v = compare.Closest(x.impl, x.offered, play.Scenario(x.t, x.impl, x.offered, s, wants, true, x.handlersLast))
	ds = v.Found
	if x.race() {
		clause := "HOOK-7"
		if len(s.Probes) > 0 {
			clause = "HEALTH-14"
		}
		ds = append(ds, subject.Difference{Clause: clause, Text: process.RaceObjects})
	}
	return v, ds
}

// example writes down that an example of a clause was played, or left out.
func (x *examiner) example(of, spoiledBy string) {
	if of != "" {
		x.write(process.Record{Example: &process.Example{Of: of, SpoiledBy: spoiledBy}})
	}
}

// concerns counts the premises, and says whether any clause that is asked for
// is put to the test.
func (x *examiner) concerns(s model.Scenario, want model.Trace) (any bool) {
	for _, c := range x.clauses {
		if c.Premise != nil && len(x.offered.Lacks(c.Needs...)) == 0 && c.Premise(s, want) {
			x.premises[c.ID]++
			any = true
		}
	}
	return any
}
