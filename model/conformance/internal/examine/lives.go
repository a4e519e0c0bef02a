package examine

import (
	"cmp"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Where signals cannot be given to an implementation, what happens after one is
// examined in real time: whole lives, each in a process of its own with real
// signals. What happens is at least a step apart or at one instant, so that small delays
// do not change its order.
const (
	liveStep  = 50 * time.Millisecond
	liveSteps = 24   // the longest life
	liveCount = 30   // lives, or four for each random scenario, if that is less
	liveDraws = 1500 // scenarios that they are chosen from
	liveMany  = 20   // at a time
	liveAgain = 5    // how many of those that differ are played again
	// liveFailures is how many failures are confirmed of lives that were late. More of
	// them would mostly be what follows from these.
	liveFailures = 2
)

// stepsAgain are the steps of the tries of a life that differs. The longer the step,
// the later the machine may be.
var stepsAgain = []time.Duration{2 * liveStep, 4 * liveStep, 4 * liveStep}

// Lives plays lives after a signal. It returns what was found, and how many were played
// and how often again. Nothing is played where signals can be given, or there are
// none.
func (o Options) Lives(test string, impl *subject.Implementation) (found Findings, note string) {
	found = NewFindings()
	offered := subject.OffersOf(impl)
	if offered[subject.NeedSignals] || !offered[subject.NeedUnix] {
		return found, ""
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
	again, tries, left := 0, 0, 0
	replay := func(differing []lifeEnd, enough func() bool) { // once more one at a time, with the machine less busy
		for _, e := range differing {
			switch {
			case found.knows(e.found()[0]):
				continue
			case enough():
				left++
				continue
			}
			again++
			tries += o.playAgain(test, e, &found)
		}
	}
	// Those first that leave no doubt about the machine, and of these those that leave none
	// about the clause.
	var inTime, late []lifeEnd
	for _, e := range ends {
		switch {
		case e.differs && e.Late == 0:
			inTime = append(inTime, e)
		case e.differs:
			late = append(late, e)
		}
	}
	replay(inOrder(inTime), func() bool { return false })
	failures, most := found.count(), again+liveAgain
	replay(inOrder(late), func() bool { return again >= most || found.count()-failures >= liveFailures })
	note = fmt.Sprintf("%d scenarios were played in real time, with real signals", len(lives))
	if again > 0 {
		note += fmt.Sprintf("; %d differed and were played again, %d times in all", again, tries)
	}
	if left > 0 {
		note += fmt.Sprintf("; %d more differed while the machine was late, and were not played again", left)
	}
	return found, note
}

// inOrder puts those lives last that do not tell which clause is broken, and of the others
// those first in which little happens.
func inOrder(all []lifeEnd) []lifeEnd {
	doubt := func(e lifeEnd) int { return min(1, len(e.found()[0].Or)) }
	size := func(e lifeEnd) int { return len(fmt.Sprint(e.s)) }
	slices.SortStableFunc(all, func(a, b lifeEnd) int { return cmp.Or(doubt(a)-doubt(b), size(a)-size(b)) })
	return all
}

// knows says whether a difference would add nothing to what was found.
func (f *Findings) knows(d subject.Difference) bool {
	for _, clause := range append([]string{d.Clause}, d.Or...) {
		if _, failed := f.Failed[clause]; failed {
			return true
		}
	}
	return slices.ContainsFunc(f.Unsure, func(other subject.Difference) bool {
		return other.Clause == d.Clause && slices.Equal(other.Or, d.Or)
	})
}

// count is how many failures there are.
func (f *Findings) count() int { return len(f.Failed) + len(f.Unsure) }

// lifeEnd is what came of a life.
type lifeEnd struct {
	process.End
	s       model.Scenario
	differs bool
	inTime  bool // the machine was not so late that this is why
	hangs   bool // Run has not returned, however late the machine is
}

// playAgain plays a life that differed once more, until it does not, and notes what
// differs if it does twice in time. A life that the machine was too busy for every
// time is not decided, but for a Run that does not return.
func (o Options) playAgain(test string, e lifeEnd, found *Findings) (tries int) {
	inTime, hangs := 0, e.hangs
	for _, step := range stepsAgain {
		if e.inTime {
			inTime++
		}
		tries++
		if e = o.live(test, e.s, step); !e.differs {
			return tries
		}
		hangs = hangs && e.hangs
		if e.inTime && inTime > 0 {
			if e.killed() {
				// Run may have returned too early, at the instant of a signal. If so,
				// that is what differs.
				if survives := o.liveWith(test, e.s, step, true); survives.Clean && survives.differs {
					e = survives
				}
			}
			for _, d := range e.found() {
				found.Fail(d)
			}
			return tries
		}
	}
	d := e.found()[0]
	if hangs {
		found.Fail(subject.Difference{Clause: "STATE-2", Text: fmt.Sprintf("Run has not returned %v after it should, each of %d times\n%s", play.LivePatience, tries+1, d.Text)})
	} else if _, known := found.Undecided[d.Clause]; !known {
		found.Undecided[d.Clause] = fmt.Sprintf("not decided, because the machine was late each of %d times: %s", tries+1, d.Text)
	}
	return tries
}

// found is what differs in a life.
func (e lifeEnd) found() (all []subject.Difference) {
	if !e.Clean {
		s := onLiveGrid(e.s)
		suspected := e.suspects(s)
		all = append(all, subject.Difference{
			Clause: suspected[0], Or: suspected[1:],
			Text: fmt.Sprintf("the process did not survive a scenario in real time (%s)\nthe scenario:\n%v%s", e.How, s, itsOutput(e.End)),
		})
	}
	for _, r := range e.Records {
		if r.Failed != nil {
			all = append(all, *r.Failed)
		}
	}
	return all
}

// suspects are the clauses about what in a life may have ended the process. A process that
// a panic has ended has not died of the signal.
func (e lifeEnd) suspects(s model.Scenario) []string {
	if e.killed() {
		return []string{"SIG-1"}
	}
	wants, _ := liveWants(s, liveStep)
	cut := func(r model.HookRun) bool { return r.Outcome != model.Ended } // it returns at last when the life is over
	returned := slices.ContainsFunc(e.Records, func(r process.Record) bool { return r.Returned })
	if returned && slices.ContainsFunc(wants, func(t model.Trace) bool { return slices.ContainsFunc(t.Hooks, cut) }) {
		return append([]string{"HOOK-8"}, suspects(s, wants[0])...)
	}
	if all := suspects(s, wants[0]); len(all) > 0 {
		return all
	}
	return []string{"STATE-2"}
}

// killed says whether a signal has ended the process, or it has ended itself as shells say
// so.
func (e lifeEnd) killed() bool {
	return strings.HasPrefix(e.How, "signal") || e.How == "exit status 130" || e.How == "exit status 143"
}

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
		End: end, s: s,
		differs: !end.Clean || slices.ContainsFunc(end.Records, func(r process.Record) bool { return r.Failed != nil }),
		inTime:  end.Late <= step/2,
		hangs:   slices.ContainsFunc(end.Records, func(r process.Record) bool { return r.Hangs }),
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
		d.Text = fmt.Sprintf("%s\nin real time, with real signals. Of the return graces that an implementation may have, %v fits best:\n%s", d.Text, graces[v.Nth], v)
		records = append(records, process.Record{Failed: &d})
	}
	hangs := !seen.Trace.Returns() && late < play.LivePatience/2
	return append(records, process.Record{Late: late, Hangs: hangs, End: true})
}

// Life plays the life that a child process is for, writes down what was found, and
// ends the process.
func (x *examiner) life() {
	for _, r := range playLife(x.impl, x.cfg) {
		x.write(r)
	}
	os.Exit(0)
}
