package conformance

import (
	"sync"
	"testing"

	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/examine"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

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
	examined := subjectOf(impl)
	offered := subject.OffersOf(examined)
	contract := clauses.All()
	found := &findings{failures: map[string]string{}}
	outcomes := map[string]Outcome{}
	if set.report != nil {
		t.Cleanup(func() {
			var all []Outcome
			for _, c := range contract {
				if o, ok := outcomes[c.ID]; ok {
					all = append(all, found.correct(o))
				}
			}
			if len(all) == len(contract) {
				set.report(t, newReport(impl.Name, all))
			}
		})
	}
	for _, c := range contract {
		t.Run(c.ID, func(t *testing.T) {
			if cfg, ok := process.ConfigOf(t.Name()); ok {
				examine.Child(t, examined, cfg, settle(opts).About)
			} else if process.IsChild() {
				t.Skip("this process examines something else")
			}
			t.Parallel()
			together := found.together(t, set.Options, examined)
			if c.Missing(offered) == "" {
				found.examined(t, c, set.Examine(process.Config{Test: t.Name(), Only: c.ID}))
			}
			<-together
			o := found.outcome(c, offered)
			found.mu.Lock()
			outcomes[c.ID] = o
			found.mu.Unlock()
			switch o.Result {
			case Fail:
				t.Errorf("%s (%s): %s\n%s", c.ID, clauseOf(c).Anchor(), c.Sentence, o.Reason)
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
func (f *findings) together(t *testing.T, set examine.Options, examined *subject.Implementation) <-chan struct{} {
	f.once.Do(func() {
		f.all = make(chan struct{})
		go func() {
			defer close(f.all)
			f.add(examineAll(t, set, examined, process.Config{Test: t.Name(), Traces: true}))
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
func (f *findings) examined(t *testing.T, c clauses.Clause, failures map[string]string) {
	delete(failures, examine.NotExamined)
	f.add(failures)
	for clause, reason := range failures {
		if clause != c.ID {
			t.Errorf("%s, seen when %s was examined: %s", clause, c.ID, reason)
		}
	}
}

func (f *findings) outcome(c clauses.Clause, offered subject.Offers) Outcome {
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
	examined := subjectOf(impl)
	if cfg, ok := process.ConfigOf(t.Name()); ok {
		examine.Child(t, examined, cfg, settle(opts).About)
	} else if process.IsChild() {
		t.Skip("this process examines something else")
	}
	offered := subject.OffersOf(examined)
	failures := examineAll(t, settle(opts).Options, examined, process.Config{Test: t.Name()})
	var outcomes []Outcome
	for _, c := range clauses.All() {
		outcomes = append(outcomes, outcomeOf(c, offered, failures))
	}
	return newReport(impl.Name, outcomes)
}

// examineAll examines all clauses together, and plays lives after a signal meanwhile.
func examineAll(t *testing.T, set examine.Options, examined *subject.Implementation, cfg process.Config) map[string]string {
	var lives map[string]string
	var note string
	played := make(chan struct{})
	go func() {
		defer close(played)
		lives, note = set.Lives(cfg.Test, examined)
	}()
	failures := set.Examine(cfg)
	<-played
	if note != "" {
		t.Log(note)
	}
	for clause, reason := range lives {
		if _, known := failures[clause]; !known {
			failures[clause] = reason
		}
	}
	return failures
}

// outcomeOf puts together what is known of a clause.
func outcomeOf(c clauses.Clause, offered subject.Offers, failures map[string]string) Outcome {
	o := Outcome{Clause: c.ID, Level: Level(c.Level), Result: Pass, Reason: c.Unchecked(offered)}
	missing := c.Missing(offered)
	if reason, failed := failures[c.ID]; failed {
		o.Result, o.Reason = Fail, reason
	} else if missing != "" {
		o.Result, o.Reason = NotOffered, missing
		if c.Level == clauses.Core {
			o.Result = Skipped
		}
	} else if reason, gaveUp := failures[examine.NotExamined]; gaveUp {
		o.Result, o.Reason = Skipped, reason
	}
	return o
}
