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

func TestThatOneClauseWasGivenUpSaysNothingOfOthers(t *testing.T) {
	f := &findings{found: examine.NewFindings()}
	hook, _ := clauses.Find("HOOK-1")
	run, _ := clauses.Find("RUN-1")
	f.examined(t, hook, examine.Findings{Failed: map[string]string{"HOOK-1": "it died"}, GivenUp: "given up"})
	if o := f.outcome(hook, scope{offered: subject.Everything()}); o.Result != Fail {
		t.Errorf("HOOK-1: %+v", o)
	}
	if o := f.outcome(run, scope{offered: subject.Everything()}); o.Result != Pass {
		t.Errorf("RUN-1: %+v", o)
	}
}
