package examine

import (
	"maps"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

func withSignals(offered subject.Offers) subject.Offers {
	with := maps.Clone(offered)
	with[subject.NeedSignals] = true
	return with
}

// A life is a scenario that may be played, and what it puts to the test: each pair of
// what can be said of it, as numbers.
type life struct {
	drawn, grid model.Scenario
	want        model.Trace
	pairs       []int // those that no life that is chosen puts to the test
}

// chooseLives draws scenarios in which a signal comes, and chooses those that put most to
// the test together: as far as their number goes, whatever two things can be said of one
// that was drawn, such as that hooks fail and that the signal comes after main's exit, can
// be said of one that is chosen.
func (o Options) chooseLives(offered subject.Offers) (chosen []model.Scenario) {
	drawn := o.drawLives(withSignals(offered))
	for count := min(liveCount, 4*o.Random); len(chosen) < count && len(drawn) > 0; {
		best := slices.MaxFunc(drawn, func(a, b *life) int { return len(a.pairs) - len(b.pairs) })
		drawn = slices.DeleteFunc(drawn, func(l *life) bool { return l == best })
		if len(best.pairs) == 0 {
			break
		}
		if !liveable(offered, best.grid, best.want) {
			continue
		}
		chosen = append(chosen, best.drawn)
		for _, l := range drawn {
			l.pairs = without(l.pairs, best.pairs)
		}
	}
	return chosen
}

// without leaves out of a sorted list what is in another.
func without(all, gone []int) []int {
	return slices.DeleteFunc(all, func(n int) bool { _, found := slices.BinarySearch(gone, n); return found })
}

// drawLives draws scenarios in which a signal comes and that put a Core clause to the test
// that is wanted.
func (o Options) drawLives(offered subject.Offers) (drawn []*life) {
	contract := slices.DeleteFunc(clauses.All(), func(c clauses.Clause) bool {
		return c.Level != clauses.Core || c.Premise == nil || !o.About(c.ID) || len(offered.Lacks(c.Needs...)) > 0
	})
	numbers := map[[2]string]int{}
	for i := range liveDraws {
		l := &life{drawn: model.CoreSignalScenarios().Example(i + 1)}
		var ok bool
		if l.grid, ok = l.drawn.OnGrid(liveStep, liveSteps*liveStep); !ok || !offered.Playable(l.grid) {
			continue
		}
		l.want = model.Predict(l.grid)[0]
		moments := scenarios.Signals(l.grid, l.want)
		if len(moments) == 0 {
			continue
		}
		var said []string
		for _, c := range contract {
			if c.Premise(l.grid, l.want) {
				said = append(said, c.ID)
			}
		}
		if len(said) == 0 {
			continue
		}
		said = append(append(said, moments...), scenarios.Ends(l.grid, l.want)...)
		for i, one := range said {
			for _, other := range said[:i] {
				number, known := numbers[[2]string{one, other}]
				if !known {
					number = len(numbers)
					numbers[[2]string{one, other}] = number
				}
				l.pairs = append(l.pairs, number)
			}
		}
		slices.Sort(l.pairs)
		drawn = append(drawn, l)
	}
	return drawn
}

// onLiveGrid is a scenario as it is played first.
func onLiveGrid(s model.Scenario) model.Scenario {
	s, _ = s.OnGrid(liveStep, liveSteps*liveStep)
	return s
}

// liveable says whether what comes of a scenario is defined for every grace and needs
// nothing that is not offered, no two probes come at once, of which one would get what the
// other began, and no signal comes that would end the process.
func liveable(offered subject.Offers, s model.Scenario, want model.Trace) bool {
	for i, p := range s.Probes {
		if slices.ContainsFunc(s.Probes[:i], func(q model.Probe) bool { return q.At == p.At }) {
			return false
		}
	}
	for _, g := range s.Groups {
		for _, u := range g.Units {
			if scenarios.Plus(g.At, u.After) >= scenarios.StopAt(want) {
				return false
			}
		}
	}
	wants, _ := liveWants(s, liveStep)
	for _, t := range wants {
		if outside(offered, t) {
			return false
		}
		for _, stop := range s.Stops {
			if t.Returned > liveSteps*liveStep || stop.At >= t.Returned {
				return false
			}
		}
	}
	return len(wants) > 0
}

// liveWants returns what may come of a scenario: how long main is waited for is up
// to an implementation that has no setting for it. Beside each trace is the shortest
// grace with which it comes. Nothing, if one of them is not defined.
func liveWants(s model.Scenario, step time.Duration) (all []model.Trace, graces []time.Duration) {
	longest := s.DrainTimeout / 2 // of which no more counts
	if longest == 0 {
		longest = liveSteps * step
	}
	for grace := time.Duration(0); grace < longest+step; grace += step {
		s.ReturnGrace = grace
		if grace == 0 {
			s.ReturnGrace = model.NoGrace
		}
		if s.Validate() != nil || !s.AnyOrder(liveSteps*step) {
			return nil, nil
		}
		for _, t := range model.Predict(s) {
			if !slices.ContainsFunc(all, t.Equal) {
				all, graces = append(all, t), append(graces, grace)
			}
		}
	}
	return all, graces
}
