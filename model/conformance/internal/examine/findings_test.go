package examine

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// A failure that may be that of several clauses is that of one that is known to be broken;
// else the fewest explain all of them, in whichever order they were found.
func TestAFailureOfSeveralClausesIsThatOfTheLikeliest(t *testing.T) {
	for name, test := range map[string]struct {
		found     string // "HOOK-3|STATE-2": one of them, the first is the likeliest
		failed    string
		undecided string
	}{
		"one":                       {"HOOK-1", "HOOK-1", ""},
		"one of two":                {"HOOK-3|STATE-2", "HOOK-3", ""},
		"one that is known":         {"HOOK-3|STATE-2 STATE-2", "STATE-2", "HOOK-3"},
		"the likeliest is known":    {"HOOK-3|STATE-2 HOOK-3", "HOOK-3", ""},
		"several that are":          {"HOOK-3|STATE-2 RUN-11|STATE-2 STATE-2", "STATE-2", "HOOK-3 RUN-11"},
		"one that explains both":    {"RUN-11|HOOK-3|STATE-2 HOOK-3|STATE-2", "HOOK-3", "RUN-11"},
		"nothing that explains all": {"RUN-11|STATE-2 HOOK-1|DRAIN-5", "HOOK-1 RUN-11", ""},
		"never a mere alternative":  {"RUN-11|STATE-2 HOOK-3|STATE-2", "HOOK-3 RUN-11", ""},
	} {
		differences := strings.Fields(test.found)
		for range 2 {
			slices.Reverse(differences)
			f := NewFindings()
			for _, d := range differences {
				clauses := strings.Split(d, "|")
				f.Fail(subject.Difference{Clause: clauses[0], Or: clauses[1:], Text: "it differs"})
			}
			settled := f.Settled()
			failed := strings.Join(slices.Sorted(maps.Keys(settled.Failed)), " ")
			undecided := strings.Join(slices.Sorted(maps.Keys(settled.Undecided)), " ")
			if failed != test.failed || undecided != test.undecided {
				t.Errorf("%s: %v: failed are %q and undecided %q, want %q and %q", name, differences, failed, undecided, test.failed, test.undecided)
			}
		}
	}
}
