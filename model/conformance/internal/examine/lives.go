package examine

import (
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Where signals cannot be given to an implementation, what happens after one is
// examined in real time: whole lives, each in a process of its own with real
// signals. What happens is a step apart or at one instant, so that a life is the
// predicted one even if it is a little late.
const (
	liveStep  = 50 * time.Millisecond
	liveSteps = 24   // the longest life
	liveCount = 60   // lives, or four for each random scenario, if that is less
	liveDraws = 3000 // scenarios that they are chosen from
	liveMany  = 20   // at a time
	liveAgain = 5    // how many of those that differ are played again
	// liveFailures is of how many clauses a failure is looked for. More of them
	// would mostly be what follows from these.
	liveFailures = 2
)

// stepsAgain are the steps of the tries of a life that differs. The longer the step,
// the later the machine may be.
var stepsAgain = []time.Duration{2 * liveStep, 4 * liveStep, 4 * liveStep}

// Lives plays lives after a signal. It returns what failed, and how many were played
// and how often again. Nothing is played where signals can be given, or there are
// none.
func (o Options) Lives(test string, impl *subject.Implementation) (failures map[string]string, note string) {
	offered := subject.OffersOf(impl)
	if offered[subject.NeedSignals] || !offered[subject.NeedUnix] {
		return nil, ""
	}
	defer process.HearSignals()()
	lives := o.chooseLives(offered)
	ends := make([]lifeEnd, len(lives))
	var wg sync.WaitGroup
	many := make(chan struct{}, liveMany)
	for i, s := range lives {
		many <- struct{}{}
		wg.Go(func() {
			defer func() { <-many }()
			ends[i] = o.live(test, s, liveStep)
		})
	}
	wg.Wait()
	failures = map[string]string{}
	again, tries, undecided := 0, 0, 0
	play := func(i int) { // once more one at a time, with the machine less busy
		again++
		more, decided := o.playAgain(test, lives[i], ends[i], failures)
		tries += more
		if !decided {
			undecided++
		}
	}
	for i := range lives {
		if e := ends[i]; e.differs && e.Late == 0 && failures[e.clause(lives[i])] == "" {
			play(i)
		}
	}
	sure := len(failures)
	most := again + liveAgain
	for i := range lives {
		if e := ends[i]; e.differs && e.Late > 0 && failures[e.clause(lives[i])] == "" && again < most && len(failures)-sure < liveFailures {
			play(i)
		}
	}
	note = fmt.Sprintf("%d scenarios were played in real time, with real signals", len(lives))
	if again > 0 {
		note += fmt.Sprintf("; %d of them again, %d times in all, because the machine was late or the trace was another one", again, tries)
	}
	if undecided > 0 {
		note += fmt.Sprintf("; %d are not decided, because the machine was late each time", undecided)
	}
	return failures, note
}

// lifeEnd is what came of a life.
type lifeEnd struct {
	process.End
	differs bool
	inTime  bool // the machine was not so late that this is why
}

// playAgain plays a life that differed once more, until it does not, and says what
// differs if it does twice in time. A life that the machine was too busy for every
// time is not decided.
func (o Options) playAgain(test string, s model.Scenario, e lifeEnd, failures map[string]string) (tries int, decided bool) {
	inTime := 0
	for _, step := range stepsAgain {
		if e.inTime {
			inTime++
		}
		tries++
		if e = o.live(test, s, step); !e.differs {
			return tries, true
		}
		if e.inTime && inTime > 0 {
			if e.killed() {
				// Run may have returned too early, at the instant of a signal. If so,
				// that is what differs.
				if survives := o.liveWith(test, s, step, true); survives.Clean && survives.differs {
					e = survives
				}
			}
			e.report(s, failures)
			return tries, true
		}
	}
	return tries, false
}

// clause is the first one that a life that differs breaks. A process that a panic
// has ended has not died of the signal.
func (e lifeEnd) clause(s model.Scenario) string {
	for _, r := range e.Records {
		if r.Failed != nil {
			return r.Failed.Clause
		}
	}
	if suspected := suspects(s, model.Predict(s)[0]); len(suspected) > 0 && !e.killed() {
		return suspected[0]
	}
	return "SIG-1"
}

func (e lifeEnd) report(s model.Scenario, failures map[string]string) {
	if !e.Clean {
		output := ""
		if e.Output != "" {
			output = "\nits output:\n" + e.Output
		}
		failures[e.clause(s)] = fmt.Sprintf("the process did not survive a scenario in real time (%s)\nthe scenario:\n%v%s", e.How, s, output)
	}
	for _, r := range e.Records {
		if r.Failed != nil && failures[r.Failed.Clause] == "" {
			failures[r.Failed.Clause] = r.Failed.Text
		}
	}
}

// killed says whether a signal has ended the process.
func (e lifeEnd) killed() bool { return strings.HasPrefix(e.How, "signal") }

// live plays a life in a child process.
func (o Options) live(test string, s model.Scenario, step time.Duration) lifeEnd {
	return o.liveWith(test, s, step, false)
}

// liveWith is live, and if so said, no signal ends the process.
func (o Options) liveWith(test string, s model.Scenario, step time.Duration, survives bool) lifeEnd {
	end, err := process.Config{Test: test, Life: &s, LifeStep: step, LifeSurvives: survives, Without: o.Without, Limit: 4 * process.Soon}.Start()
	if err != nil {
		end.How = err.Error()
	}
	return lifeEnd{
		End:     end,
		differs: !end.Clean || slices.ContainsFunc(end.Records, func(r process.Record) bool { return r.Failed != nil }),
		inTime:  end.Late <= step/2,
	}
}

// playLife is what such a child does.
func playLife(impl *subject.Implementation, cfg process.Config) (records []process.Record) {
	if cfg.LifeSurvives {
		heard := make(chan os.Signal, 1)
		signal.Notify(heard, os.Interrupt, process.Terminate)
		defer signal.Stop(heard)
	}
	offered := withSignals(subject.OffersOf(impl))
	s, _ := cfg.Life.OnGrid(cfg.LifeStep, liveSteps*cfg.LifeStep)
	wants, graces := liveWants(s, cfg.LifeStep)
	seen, late := play.Live(impl, offered, s, wants, cfg.LifeStep)
	v := compare.Closest(impl, offered, seen)
	if v.Spoilt() == "" {
		late = 0 // every instant is as predicted: that is not why it differs
	}
	for _, d := range v.Found {
		records = append(records, process.Record{Failed: &subject.Difference{Clause: d.Clause, Text: fmt.Sprintf("%s\nin real time, with real signals and a return grace of %v, of those that an implementation may have:\n%s", d.Text, graces[v.Nth], v)}})
	}
	return append(records, process.Record{Late: late, End: true})
}

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
	pairs       []int
}

// chooseLives draws scenarios in which a signal comes, and chooses those that put most to
// the test together: as far as their number goes, whatever two things can be said of one
// that was drawn, such as that hooks fail and that the signal comes after main's exit, can
// be said of one that is chosen. Once all of that holds, it begins anew.
func (o Options) chooseLives(offered subject.Offers) (chosen []model.Scenario) {
	drawn, pairs := o.drawLives(withSignals(offered))
	tested := make([]bool, pairs)
	gain := func(l life) (n int) {
		for _, pair := range l.pairs {
			if !tested[pair] {
				n++
			}
		}
		return n
	}
	for count := min(liveCount, 4*o.Random); len(chosen) < count && len(drawn) > 0; {
		best, most := 0, 0
		for i, l := range drawn {
			if n := gain(l); n > most {
				best, most = i, n
			}
		}
		if most == 0 {
			clear(tested)
			continue
		}
		l := drawn[best]
		drawn = slices.Delete(drawn, best, best+1)
		if !liveable(l.grid, l.want) {
			continue
		}
		for _, pair := range l.pairs {
			tested[pair] = true
		}
		chosen = append(chosen, l.drawn)
	}
	return chosen
}

// drawLives draws scenarios in which a signal comes and that put a Core clause to the test
// that is wanted. It returns them, and how many pairs there are.
func (o Options) drawLives(offered subject.Offers) (drawn []life, pairs int) {
	contract := slices.DeleteFunc(clauses.All(), func(c clauses.Clause) bool {
		return c.Level != clauses.Core || c.Premise == nil || !o.About(c.ID) || len(offered.Lacks(c.Needs...)) > 0
	})
	numbers := map[[2]string]int{}
	for i := range liveDraws {
		l := life{drawn: model.CoreSignalScenarios().Example(i + 1)}
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
		drawn = append(drawn, l)
	}
	return drawn, len(numbers)
}

// liveable says whether what comes of a scenario is defined for every grace, no two
// probes come at once, of which one would get what the other began, and no signal
// comes that would end the process.
func liveable(s model.Scenario, want model.Trace) bool {
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
	longest := s.DrainTimeout
	if longest == 0 {
		longest = liveSteps * step
	}
	for grace := time.Duration(0); grace <= longest; grace += step {
		s.ReturnGrace = grace
		if grace == 0 {
			s.ReturnGrace = model.NoGrace
		}
		if s.Validate() != nil {
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

// Life plays the life that a child process is for, writes down what was found, and
// ends the process.
func (x *examiner) life() {
	for _, r := range playLife(x.impl, x.cfg) {
		x.write(r)
	}
	os.Exit(0)
}
