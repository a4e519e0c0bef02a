//go:build mutants

package asked

import (
	"os"
	"testing"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/plain"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

func TestMist(t *testing.T)  { ask(t, mist.Implementation()) }
func TestPlain(t *testing.T) { ask(t, plain.Implementation()) }

// ask holds an implementation to the contract: as anybody would, or, where the
// environment says so, with few scenarios and all in one process.
func ask(t *testing.T, impl conformance.Implementation) {
	if os.Getenv(Quick) == "" {
		conformance.Test(t, impl)
		return
	}
	r := conformance.Examine(t, impl, conformance.Random(100), conformance.Every(200), conformance.StepLimit(QuickStep))
	for _, text := range r.Errors {
		t.Error(text)
	}
	for _, o := range r.Clauses {
		if o.Result == conformance.Fail || r.Verdict != conformance.Conforms && o.Result == conformance.Skipped {
			t.Errorf("%s: %s", o.Clause, o.Reason)
		}
	}
}
