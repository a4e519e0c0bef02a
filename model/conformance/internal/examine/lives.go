package examine

import (
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
// signals. What happens is a step apart or at one instant, so that a life is the
// predicted one even if it is a little late.
const (
	liveStep  = 50 * time.Millisecond
	liveSteps = 24   // the longest life
	liveCount = 30   // lives, or four for each random scenario, if that is less
	liveDraws = 1500 // scenarios that they are chosen from
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

// Life plays the life that a child process is for, writes down what was found, and
// ends the process.
func (x *examiner) life() {
	for _, r := range playLife(x.impl, x.cfg) {
		x.write(r)
	}
	os.Exit(0)
}
