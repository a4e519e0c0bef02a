package examine

import (
	"maps"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model/conformance/internal/process"
)

// Findings is what an examination has found, by clause. A clause of which nothing
// is said has passed.
type Findings struct {
	Failed    map[string]string // why
	Undecided map[string]string // why
	GivenUp   string            // why nothing is known of all other clauses, "" if it is
}

// NewFindings returns findings of which nothing is said yet.
func NewFindings() Findings {
	return Findings{Failed: map[string]string{}, Undecided: map[string]string{}}
}

// Fail notes the first failure of a clause.
func (f Findings) Fail(clause, reason string) {
	if _, known := f.Failed[clause]; !known {
		f.Failed[clause] = reason
	}
}

// spoiled finds the clauses that were not examined, because most of their examples
// break another clause first, or would have ended the process.
func (f Findings) spoiled(examples []process.Example) {
	played, causes := map[string]int{}, map[string]map[string]int{}
	for _, e := range examples {
		played[e.Of]++
		if e.SpoiledBy != "" && e.SpoiledBy != e.Of {
			if causes[e.Of] == nil {
				causes[e.Of] = map[string]int{}
			}
			causes[e.Of][e.SpoiledBy]++
		}
	}
	for clause, by := range causes {
		n := 0
		for _, times := range by {
			n += times
		}
		if 2*n > played[clause] {
			f.Undecided[clause] = "not examined, because most of its examples first break " + strings.Join(slices.Sorted(maps.Keys(by)), ", ")
		}
	}
}
