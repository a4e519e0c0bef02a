//go:build mutants

package asked

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/plain"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

func TestMist(t *testing.T)  { ask(t, mist.Implementation()) }
func TestPlain(t *testing.T) { ask(t, plain.Implementation()) }

// wanted says whether a clause is of the families that the environment lists, if
// it lists any.
func wanted(clause string) bool {
	families := strings.Fields(os.Getenv(Families))
	family, _, _ := strings.Cut(clause, "-")
	return len(families) == 0 || slices.Contains(families, family)
}

// ask holds an implementation to the contract: as anybody would, or, where the
// environment says so, with few scenarios and all in one process.
func ask(t *testing.T, impl conformance.Implementation) {
	if os.Getenv(Quick) == "" {
		conformance.Test(t, impl, conformance.Limit(Limit))
		return
	}
	r := conformance.Examine(t, impl, conformance.Random(100), conformance.Every(200), conformance.StepLimit(QuickStep), conformance.About(wanted))
	for _, text := range r.Errors {
		t.Error(text)
	}
	for _, o := range r.Clauses {
		if o.Result == conformance.Fail || r.Verdict != conformance.Conforms && o.Result == conformance.Skipped {
			t.Errorf("%s: %s", o.Clause, o.Reason)
		}
	}
}
