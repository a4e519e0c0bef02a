package conformance

import (
	"cmp"
	"fmt"
	"sync"
	"testing"
)

// mostDeaths is how many processes one examination may cost.
const mostDeaths = 8

// notExamined stands, among what failed, for all that was given up.
const notExamined = ""

// Test holds an implementation to the contract, clause by clause, in subtests
// that are named by the clause: TestConformance/HOOK-1. Each examines its
// clause in a process of its own: this binary, started again for that subtest
// alone. So a hang, a crash or a leak is the failure of one clause, with a
// message, and no TestMain is needed. One more process, beside the first of
// them, plays what is to be played for all clauses together.
//
// A Core clause that cannot be checked is skipped, and makes the report
// partial; an extended one whose needs are absent is not offered.
func Test(t *testing.T, impl Implementation, opts ...Option) {
	set := settle(opts)
	offered := offersOf(impl)
	clauses := Clauses()
	found := &findings{failures: map[string]string{}}
	outcomes := map[string]Outcome{}
	if set.report != nil {
		t.Cleanup(func() {
			var all []Outcome
			for _, c := range clauses {
				if o, ok := outcomes[c.ID]; ok {
					all = append(all, found.correct(o))
				}
			}
			if len(all) == len(clauses) {
				set.report(t, newReport(impl.Name, all))
			}
		})
	}
	for _, c := range clauses {
		t.Run(c.ID, func(t *testing.T) {
			if cfg, ok := childOf(t.Name()); ok {
				runChild(t, impl, cfg, settle(opts))
			} else if isChild() {
				t.Skip("this process examines something else")
			}
			t.Parallel()
			together := found.together(set, t.Name())
			if c.missing(offered) == "" {
				found.examined(t, c, set.examine(childConfig{Test: t.Name(), Only: c.ID}))
			}
			<-together
			o := found.outcome(c, offered)
			found.mu.Lock()
			outcomes[c.ID] = o
			found.mu.Unlock()
			switch o.Result {
			case Fail:
				t.Errorf("%s (%s): %s\n%s", c.ID, c.Anchor(), c.Sentence, o.Reason)
			case Skipped, NotOffered:
				t.Skip(o.Reason)
			}
		})
	}
}

// findings is what the processes of one Test have found, by clause. Most of
// what one of them finds is about the clause that it examines, but not all.
type findings struct {
	once sync.Once
	all  chan struct{} // closed when the process for all clauses is over

	mu       sync.Mutex
	failures map[string]string
}

// together starts the process for all clauses together, if nobody has, and
// returns a channel that is closed when its findings are there.
func (f *findings) together(set settings, test string) <-chan struct{} {
	f.once.Do(func() {
		f.all = make(chan struct{})
		go func() {
			defer close(f.all)
			f.add(set.examine(childConfig{Test: test, Traces: true}))
		}()
	})
	return f.all
}

func (f *findings) add(failures map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for clause, reason := range failures {
		if _, known := f.failures[clause]; !known {
			f.failures[clause] = reason
		}
	}
}

// examined takes what the examination of one clause has found. What it says of
// others must not be lost, even if these were examined before. That it was given
// up is this clause's failure, and nothing that is said of the others.
func (f *findings) examined(t *testing.T, c Clause, failures map[string]string) {
	delete(failures, notExamined)
	f.add(failures)
	for clause, reason := range failures {
		if clause != c.ID {
			t.Errorf("%s, seen when %s was examined: %s", clause, c.ID, reason)
		}
	}
}

func (f *findings) outcome(c Clause, offered offers) Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	return outcomeOf(c, offered, f.failures)
}

// correct is the outcome in the light of what was found later.
func (f *findings) correct(o Outcome) Outcome {
	if reason, failed := f.failures[o.Clause]; failed {
		o.Result, o.Reason = Fail, reason
	}
	return o
}

// Examine holds an implementation to every clause in one child process, or in
// as many as it costs, and returns the report without failing the test: for
// whoever examines many implementations. It must be called by a test or a
// subtest that is found again by its name, at most once in it.
func Examine(t *testing.T, impl Implementation, opts ...Option) Report {
	t.Helper()
	if cfg, ok := childOf(t.Name()); ok {
		runChild(t, impl, cfg, settle(opts))
	} else if isChild() {
		t.Skip("this process examines something else")
	}
	offered := offersOf(impl)
	failures := settle(opts).examine(childConfig{Test: t.Name()})
	var outcomes []Outcome
	for _, c := range Clauses() {
		outcomes = append(outcomes, outcomeOf(c, offered, failures))
	}
	return newReport(impl.Name, outcomes)
}

// outcomeOf puts together what is known of a clause.
func outcomeOf(c Clause, offered offers, failures map[string]string) Outcome {
	o := Outcome{Clause: c.ID, Level: c.Level, Result: Pass, Reason: c.unchecked(offered)}
	missing := c.missing(offered)
	if reason, failed := failures[c.ID]; failed {
		o.Result, o.Reason = Fail, reason
	} else if missing != "" {
		o.Result, o.Reason = NotOffered, missing
		if c.Level == Core {
			o.Result = Skipped
		}
	} else if reason, gaveUp := failures[notExamined]; gaveUp {
		o.Result, o.Reason = Skipped, reason
	}
	return o
}

// examine has children do what cfg says, and returns what failed. A child that
// dies is the failure of the clause it was at, and the next one goes on behind
// that.
func (s settings) examine(cfg childConfig) map[string]string {
	defer hearInterrupts()()
	failures := map[string]string{}
	fail := func(clause, reason string) {
		if _, known := failures[clause]; !known {
			failures[clause] = reason
		}
	}
	cfg.Random, cfg.Every, cfg.Step, cfg.Limit = s.random, s.every, s.step, s.limit
	for deaths := 1; ; deaths++ {
		e, err := cfg.start()
		if err != nil {
			fail(cmp.Or(cfg.Only, "STATE-2"), fmt.Sprintf("the child process could not be run: %v", err))
			fail(notExamined, "not examined: the child process could not be run")
			return failures
		}
		for _, r := range e.records {
			if r.Failed != nil {
				fail(r.Failed.Clause, r.Failed.Text)
			}
			if r.Done != "" {
				cfg.Done = append(cfg.Done, r.Done)
			}
		}
		if e.clean {
			return failures
		}
		if giveUp := cfg.behind(e, deaths, fail); giveUp {
			fail(notExamined, "not examined: the process has ended too often")
			return failures
		}
	}
}

// behind has the next child go on behind what the last one died of. It says
// whether there is no use in that.
func (cfg *childConfig) behind(e end, deaths int, fail func(clause, reason string)) (giveUp bool) {
	reason := fmt.Sprintf("the process did not survive it (%s); its output:\n%s", e.how, e.output)
	blame := e.now.Blame
	switch {
	case e.now.Scenario > 0:
		cfg.From = e.now.Scenario
		cfg.Dead = append(cfg.Dead, blame)
		reason = fmt.Sprintf("scenario %d: %s", e.now.Scenario, reason)
	case e.now.Check != "":
		cfg.Done = append(cfg.Done, e.now.Check)
		reason = e.now.Check + ": " + reason
	default:
		blame, giveUp = "STATE-2", true
		reason = fmt.Sprintf("the process ended (%s) without a word; its output:\n%s", e.how, e.output)
	}
	// What another clause is to blame for is that one's failure, unless the
	// process does not go on at all.
	if cfg.Only != "" && (giveUp || blame == "STATE-2") {
		blame = cfg.Only
	}
	fail(blame, reason)
	return giveUp || deaths >= mostDeaths
}
