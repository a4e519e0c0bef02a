package conformance

import (
	"strings"
	"testing"

	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/examine"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// A process that cannot be started is a failure of what it was to examine, and
// never a reason to skip it.
func TestAProcessThatCannotBeStartedIsAFailure(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/is not there")
	set, _ := settle(nil)
	for _, only := range []string{"HOOK-1", ""} {
		failures := set.Examine(process.Config{Test: t.Name(), Only: only}).Failed
		clause := only
		if only == "" {
			clause = "STATE-2"
		}
		if reason := failures[clause]; !strings.Contains(reason, "could not be run") {
			t.Errorf("asked for %q: the failures are %q", only, failures)
		}
	}
}

func newFindings() *findings {
	return &findings{found: examine.NewFindings(), others: map[string]map[string]string{}}
}

func expectOutcome(t *testing.T, f *findings, id string, want Result, reason string) {
	t.Helper()
	c, _ := clauses.Find(id)
	if o := f.outcome(c, scope{offered: subject.Everything()}); o.Result != want || o.Reason != reason {
		t.Errorf("%s is %s: %q; want %s: %q", id, o.Result, o.Reason, want, reason)
	}
}

func TestThatOneClauseWasGivenUpSaysNothingOfOthers(t *testing.T) {
	f := newFindings()
	f.examined("HOOK-1", examine.Findings{Failed: map[string]string{"HOOK-1": "it died"}, GivenUp: "given up"})
	expectOutcome(t, f, "HOOK-1", Fail, "it died")
	expectOutcome(t, f, "RUN-1", Pass, "")
}

// What the examination of one clause shows of another fails the other alone, with what its
// own examination says of it, whichever comes first.
func TestAFailureIsThatOfItsClause(t *testing.T) {
	hook := examine.Findings{Failed: map[string]string{"RUN-6": "seen beside", "HOOK-2": "seen beside"}}
	run := examine.Findings{Failed: map[string]string{"RUN-6": "seen itself"}}
	for _, hookFirst := range []bool{true, false} {
		f := newFindings()
		if hookFirst {
			f.examined("HOOK-1", hook)
		}
		f.examined("RUN-6", run)
		if !hookFirst {
			f.examined("HOOK-1", hook)
		}
		expectOutcome(t, f, "HOOK-1", Pass, "")
		expectOutcome(t, f, "HOOK-2", Fail, "seen beside")
		expectOutcome(t, f, "RUN-6", Fail, "seen itself")
	}
}
