package conformance

import (
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
// message, and no TestMain is needed.
//
// A Core clause that cannot be checked is skipped, and makes the report
// partial; an extended one whose needs are absent is not offered.
func Test(t *testing.T, impl Implementation, opts ...Option) {
	set := settle(opts)
	offered := offersOf(impl)
	clauses := Clauses()
	var mu sync.Mutex
	outcomes := map[string]Outcome{}
	if set.report != nil {
		t.Cleanup(func() {
			var all []Outcome
			for _, c := range clauses {
				if o, ok := outcomes[c.ID]; ok {
					all = append(all, o)
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
				runChild(t, impl, cfg)
			} else if isChild() {
				t.Skip("this process examines something else")
			}
			t.Parallel()
			o := outcomeOf(c, offered, func() map[string]string { return set.examine(t, c.ID) })
			mu.Lock()
			outcomes[c.ID] = o
			mu.Unlock()
			switch o.Result {
			case Fail:
				t.Errorf("%s (%s): %s\n%s", c.ID, c.Anchor(), c.Sentence, o.Reason)
			case Skipped, NotOffered:
				t.Skip(o.Reason)
			}
		})
	}
}

// Examine holds an implementation to every clause in one child process, or in
// as many as it costs, and returns the report without failing the test: for
// whoever examines many implementations. It must be called by a test or a
// subtest that is found again by its name, at most once in it.
func Examine(t *testing.T, impl Implementation, opts ...Option) Report {
	t.Helper()
	if cfg, ok := childOf(t.Name()); ok {
		runChild(t, impl, cfg)
	} else if isChild() {
		t.Skip("this process examines something else")
	}
	set := settle(opts)
	offered := offersOf(impl)
	failures := set.examine(t, "")
	var outcomes []Outcome
	for _, c := range Clauses() {
		outcomes = append(outcomes, outcomeOf(c, offered, func() map[string]string { return failures }))
	}
	return newReport(impl.Name, outcomes)
}

// outcomeOf puts together what is known of a clause.
func outcomeOf(c Clause, offered offers, examine func() map[string]string) Outcome {
	o := Outcome{Clause: c.ID, Level: c.Level, Result: Pass}
	if missing := c.missing(offered); missing != "" {
		o.Reason, o.Result = missing, NotOffered
		if c.Level == Core {
			o.Result = Skipped
		}
		return o
	}
	failures := examine()
	if reason, failed := failures[c.ID]; failed {
		o.Result, o.Reason = Fail, reason
	} else if reason, gaveUp := failures[notExamined]; gaveUp {
		o.Result, o.Reason = Skipped, reason
	}
	return o
}

// examine examines one clause, or all, and returns what failed. A child that
// dies is the failure of the clause it was at, and the next one goes on behind
// that.
func (s settings) examine(t *testing.T, only string) map[string]string {
	defer hearInterrupts()()
	failures := map[string]string{}
	fail := func(clause, reason string) {
		if _, known := failures[clause]; !known {
			failures[clause] = reason
		}
	}
	cfg := childConfig{
		Test: t.Name(), Only: only,
		Random: s.random, Every: s.every, Step: s.step, Limit: s.limit,
	}
	for deaths := 1; ; deaths++ {
		e, err := cfg.start()
		if err != nil {
			t.Fatalf("conformance: the child process could not be run: %v", err)
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
