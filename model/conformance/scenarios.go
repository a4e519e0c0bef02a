package conformance

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/model"
)

// leastPremises is in how many scenarios the premise of a clause must hold,
// lest it be true for want of anything to say.
const leastPremises = 20

// otherEvery is how many of the exhaustive scenarios a clause is given of its
// own: STATE-1, which compares whole traces, is given all.
const otherEvery = 20

// scenarios plays the examples of every clause, the exhaustive set, and random
// scenarios.
func (x *exam) scenarios() {
	defer oneProcessor()()
	for _, c := range x.clauses {
		for _, s := range c.examples {
			x.scenario(s, c.ID)
		}
	}
	every := x.cfg.Every
	if x.cfg.Only != "" && x.cfg.Only != "STATE-1" {
		every = max(every, otherEvery)
	}
	n := 0
	for s := range model.Exhaustive() {
		if n++; n%every == 0 {
			x.scenario(s, "")
		}
	}
	if x.cfg.Only == "" {
		for i := range x.cfg.Random {
			if s, ok := x.reduce(x.generator().Example(i + 1)); ok {
				x.scenario(s, "")
			}
		}
		return
	}
	x.property()
	x.vacuous()
}

func (x *exam) generator() *rapid.Generator[model.Scenario] {
	if x.offered[NeedRunWith] {
		return anyScenario
	}
	return coreScenario
}

var (
	anyScenario  = rapid.OneOf(model.Scenarios(), model.Scenarios(), model.CoreSignalScenarios())
	coreScenario = model.CoreScenarios()
)

// property plays random scenarios for one clause. The first that fails is
// made as small as it can be.
func (x *exam) property() {
	if x.clauses[0].premise == nil {
		return
	}
	var smallest string
	t := &quiet{name: x.t.Name()}
	over := make(chan struct{})
	go func() {
		defer close(over)
		rapid.Check(t, func(rt *rapid.T) {
			s, ok := x.reduce(x.generator().Draw(rt, "scenario"))
			if !ok {
				return
			}
			if text := x.scenario(s, ""); text != "" {
				smallest = text
				rt.Fatal("broken")
			}
		})
	}()
	<-over
	if smallest != "" {
		x.fail(x.cfg.Only, smallest)
	} else if t.failed {
		x.fail(x.cfg.Only, "the scenarios could not be drawn: "+t.said)
	}
}

// vacuous draws more scenarios until the premise has held often enough.
func (x *exam) vacuous() {
	c := x.clauses[0]
	if c.premise == nil || len(x.offered.lacks(c.needs...)) > 0 || x.failed[c.ID] {
		return
	}
	for seed := 1; seed < 50_000 && x.premises[c.ID] < leastPremises; seed++ {
		if s, ok := x.reduce(x.generator().Example(seed)); ok {
			x.scenario(s, "")
		}
	}
	if n := x.premises[c.ID]; n < leastPremises && len(x.cfg.Dead) == 0 {
		x.fail(c.ID, fmt.Sprintf("the premise held in %d scenarios only, want at least %d: this says something about the suite", n, leastPremises))
	}
	if c.ID == "STATE-1" && x.offered[NeedRunWith] && len(x.cfg.Dead) == 0 {
		if missing := x.paths.missing(); len(missing) > 0 {
			x.fail(c.ID, fmt.Sprintf("never taken: %q", missing))
		}
	}
}

// scenario plays one scenario and returns what breaks the clause that is asked
// for, or, when all are, any.
func (x *exam) scenario(s model.Scenario, owner string) (broken string) {
	x.played++
	if x.played <= x.cfg.From || !x.offered.playable(s) {
		return ""
	}
	wants := model.Predict(s)
	want := wants[0]
	if unordered(s, want) || x.outside(want) || !x.concerns(s, want) {
		return ""
	}
	blame := x.blame(s, want, owner)
	if slices.Contains(x.cfg.Dead, blame) {
		return ""
	}
	x.begin(progress{Scenario: x.played, Blame: blame})
	v, ds := x.judge(s, wants)
	x.paths.see(v.got)
	for _, d := range ds {
		text := d.Text + "\n" + v.String()
		if x.cfg.Only == d.Clause {
			return text
		}
		if x.cfg.Only == "" {
			x.fail(d.Clause, text)
		}
	}
	return ""
}

// outside says whether something happens that only the wider API promises:
// a hook that is registered after Stopped (HOOK-4).
func (x *exam) outside(want model.Trace) bool {
	return !x.offered[NeedRunWith] && slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool { return r.Late })
}

// judge plays a scenario, and returns the verdict. Where the contract allows
// several traces, any of them will do.
func (x *exam) judge(s model.Scenario, wants []model.Trace) (v *verdict, ds []Difference) {
	for _, want := range wants {
		v = play(x.t, x.impl, x.offered, s, want)
		if ds = v.differences(); len(ds) == 0 {
			break
		}
	}
	if x.race() {
		clause := "HOOK-7"
		if len(s.Probes) > 0 {
			clause = "HEALTH-14"
		}
		ds = append(ds, Difference{clause, "the race detector objects; see the output of the process"})
	}
	return v, ds
}

// concerns counts the premises, and says whether any clause that is asked for
// is put to the test.
func (x *exam) concerns(s model.Scenario, want model.Trace) (any bool) {
	for _, c := range x.clauses {
		if c.premise != nil && len(x.offered.lacks(c.needs...)) == 0 && c.premise(s, want) {
			x.premises[c.ID]++
			any = true
		}
	}
	return any
}

// blame is the clause that is broken when a scenario ends the process, or
// makes it stand still: the one about what in it is likely to.
func (x *exam) blame(s model.Scenario, want model.Trace, owner string) string {
	var suspects []string
	suspect := func(when bool, clause string) {
		if when {
			suspects = append(suspects, clause)
		}
	}
	suspect(panics(s.Main.Ends) && want.MainEnded != model.Never, "RUN-4")
	suspect(s.Main.Ends == model.CallsGoexit && want.MainEnded != model.Never, "RUN-5")
	suspect(slices.ContainsFunc(s.Hooks, func(h model.Hook) bool { return panics(h.Ends) || h.Ends == model.CallsGoexit }), "HOOK-2")
	suspect(slices.ContainsFunc(s.Tasks, func(k model.Task) bool { return panics(k.Ends) || k.Ends == model.CallsGoexit }), "DRAIN-8")
	suspect(len(s.Probes) > 0 && wildCheck(s), "HEALTH-8")
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
