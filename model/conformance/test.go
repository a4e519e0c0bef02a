package conformance

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/examine"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Test examines an implementation clause by clause, in subtests that are named by
// the clause: TestConformance/HOOK-1. It calls t.Fatal when a field that must be set
// is nil, when fields or options contradict each other, and when the implementation
// cannot be used at all; a field that panics is reported once.
//
// Each subtest examines its clause in a process of its own, so that a hang, a crash
// or a leak is the failure of one clause, with a message. What it shows of another
// clause is the other's failure; so the subtests end together. The process is this test
// binary, started again with its flags and environment to run that subtest alone, and
// must have the same implementation; so TestMain and what the test does
// before it calls Test run once more in each. Where that is in the way, see [Child].
// One more process plays the scenarios that are for all clauses together.
//
// A Core clause that cannot be checked is skipped, which makes the report partial.
// An Extended clause is skipped if the implementation does not offer what it needs.
// A clause that cannot be tested because another failed is undecided.
func Test(t *testing.T, impl Implementation, opts ...Option) {
	t.Helper()
	examined, set, err := prepare(impl, opts)
	if err != nil {
		t.Fatal(err)
	}
	s, err := preflight(t, examined, set)
	if err != nil {
		t.Fatal(err)
	}
	set.Without = s.without()
	all := clauses.All()
	found := &findings{found: examine.NewFindings(), others: map[string]map[string]string{}}
	var waiting jobs
	for _, c := range all {
		t.Run(c.ID, func(t *testing.T) {
			child(t, examined, set)
			name := t.Name()
			waiting.add(c.ID, func() {
				if c.Missing(s.offered) == "" && set.About(c.ID) {
					found.examined(c.ID, set.Examine(process.Config{Test: name, Only: c.ID}))
				}
			})
			t.Parallel()
			together := found.together(t, set.Options, examined)
			// What the examination of another clause shows of this one counts too.
			waiting.wait()
			<-together
			found.logOthers(t, c.ID, waiting.ids)
			o := found.outcome(c, s)
			switch o.Result {
			case Fail:
				t.Errorf("%s (%s): %s\n%s", c.ID, clauseOf(c).URL(), c.Sentence, o.Reason)
			case Skipped, NotOffered, Undecided:
				t.Skip(o.Reason)
			case Pass:
				if o.Reason != "" {
					t.Log(o.Reason)
				}
			}
		})
	}
	t.Cleanup(func() {
		if len(waiting.ids) < len(all) {
			return // -test.run or -test.skip leaves out some
		}
		r := reportOf(impl.Name, s, found.found)
		t.Logf("the verdict on %s: %s, %s", r.Implementation, r.Verdict, r.counts())
		for _, result := range []Result{Fail, Undecided} {
			if ids := r.ids(func(o Outcome) bool { return o.Result == result }); len(ids) > 0 {
				t.Logf("%s, in the order of the contract: %s", result, strings.Join(ids, ", "))
			}
		}
		if set.report != nil {
			set.report(t, r)
		}
	})
}

// findings is what the processes of one Test have found, by clause. Most of
// what one of them finds is about the clause that it examines, but not all.
type findings struct {
	once sync.Once
	all  chan struct{} // closed when the process for all clauses is over

	mu     sync.Mutex
	found  examine.Findings
	others map[string]map[string]string // by the clause examined: the failures of others
}

// together starts the process for all clauses together, if that has not been done, and
// returns a channel that is closed when its findings are there.
func (f *findings) together(t *testing.T, set examine.Options, examined *subject.Implementation) <-chan struct{} {
	f.once.Do(func() {
		f.all = make(chan struct{})
		go func() {
			defer close(f.all)
			found := examineAll(t, set, examined, process.Config{Test: t.Name(), Traces: true})
			f.mu.Lock()
			defer f.mu.Unlock()
			f.found.Add(found)
		}()
	})
	return f.all
}

// examined takes what the examination of one clause has found. Of its failure this has
// most to say, and of those of others nothing that their own examinations do not. That
// it could not be decided, or was given up, is said of this clause alone.
func (f *findings) examined(id string, found examine.Findings) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if reason, failed := found.Failed[id]; failed {
		f.found.Failed[id] = reason
	}
	f.found.Add(found)
	f.others[id] = found.Settled().Failed
	if why := cmp.Or(found.Undecided[id], found.GivenUp); why != "" {
		f.found.Undecided[id] = why
	}
}

// logOthers logs what the examination of a clause shows of those that -test.run or
// -test.skip leaves out.
func (f *findings) logOthers(t *testing.T, id string, running map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, clause := range slices.Sorted(maps.Keys(f.others[id])) {
		if clause != id && !running[clause] {
			t.Logf("%s fails, which is not examined now: %s", clause, f.others[id][clause])
		}
	}
}

func (f *findings) outcome(c clauses.Clause, s scope) Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	return outcomeOf(c, s, f.found.Settled())
}

// Examine examines an implementation as [Test] does, in one child process or in as
// many as it ends, and returns the report without failing the test. It is for those
// who examine many implementations. Like Test, it calls t.Fatal when the
// implementation or the options cannot be used.
//
// The child process runs the test up to this call, in which earlier calls of Examine
// return at once, with a report in which everything passes. Each call is a subtest,
// so the child finds it by its name.
func Examine(t *testing.T, impl Implementation, opts ...Option) Report {
	t.Helper()
	r, err := examineIn(t, impl, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// examineIn examines an implementation in a subtest.
func examineIn(t *testing.T, impl Implementation, opts []Option) (r Report, err error) {
	examined, set, err := prepare(impl, opts)
	if err != nil {
		return r, err
	}
	ran := false
	t.Run("Examine", func(t *testing.T) {
		ran = true
		child(t, examined, set)
		var s scope
		if s, err = preflightOf(t.Name(), examined, set); err != nil {
			return
		}
		set.Without = s.without()
		r = reportOf(impl.Name, s, examineAll(t, set.Options, examined, process.Config{Test: t.Name()}))
	})
	switch {
	case ran:
	case process.IsChild(): // of a later call
		r = reportOf(impl.Name, scope{offered: subject.Everything()}, examine.NewFindings())
	default:
		t.Skip("-test.run or -test.skip leaves out the subtest in which this is examined")
	}
	return r, err
}

// reportOf puts together what is known of all clauses.
func reportOf(name string, s scope, found examine.Findings) Report {
	found = found.Settled()
	var outcomes []Outcome
	for _, c := range clauses.All() {
		outcomes = append(outcomes, outcomeOf(c, s, found))
	}
	return newReport(name, outcomes, s)
}

// examineAll examines all clauses together, and plays lives after a signal meanwhile.
func examineAll(t *testing.T, set examine.Options, examined *subject.Implementation, cfg process.Config) examine.Findings {
	var lives examine.Findings
	var note string
	played := make(chan struct{})
	go func() {
		defer close(played)
		lives, note = set.Lives(cfg.Test, examined.Without(set.Without))
	}()
	found := set.Examine(cfg)
	<-played
	if note != "" {
		t.Log(note)
	}
	for clause, why := range lives.Undecided {
		found.Undecided[clause] = cmp.Or(found.Undecided[clause], why)
	}
	found.Add(lives)
	return found
}

// outcomeOf puts together what is known of a clause.
func outcomeOf(c clauses.Clause, s scope, found examine.Findings) Outcome {
	o := Outcome{Clause: c.ID, Level: Level(c.Level), Result: Pass, Reason: c.Unchecked(s.offered)}
	missing := c.Missing(s.offered)
	if reason, failed := found.Failed[c.ID]; failed {
		o.Result, o.Reason = Fail, reason
	} else if reason := s.because(c, missing); reason != "" {
		o.Result, o.Reason = Skipped, reason
	} else if missing != "" {
		o.Result, o.Reason = NotOffered, missing
		if c.Level == clauses.Core {
			o.Result = Skipped
		}
	} else if why := cmp.Or(found.Undecided[c.ID], found.GivenUp); why != "" {
		o.Result, o.Reason = Undecided, why
	}
	return o
}
