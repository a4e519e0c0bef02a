package examine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Findings is what an examination has found, by clause. A clause of which nothing
// is said has passed.
type Findings struct {
	Failed    map[string]string    // why
	Unsure    []subject.Difference // failures that may be those of other clauses
	Undecided map[string]string    // why
	GivenUp   string               // why nothing is known of all other clauses, "" if it is
}

// NewFindings returns findings of which nothing is said yet.
func NewFindings() Findings {
	return Findings{Failed: map[string]string{}, Undecided: map[string]string{}}
}

// Fail notes the first failure of a clause.
func (f *Findings) Fail(d subject.Difference) {
	if len(d.Or) > 0 {
		f.Unsure = append(f.Unsure, d)
	} else if _, known := f.Failed[d.Clause]; !known {
		f.Failed[d.Clause] = d.Text
	}
}

// explain adds to the failure that begins so what was not known of it before.
func (f *Findings) explain(begins, more string) {
	for clause, text := range f.Failed {
		if strings.HasPrefix(text, begins+": ") {
			f.Failed[clause] = strings.TrimSuffix(text, "\n") + more
		}
	}
	for i, d := range f.Unsure {
		if strings.HasPrefix(d.Text, begins+": ") {
			f.Unsure[i].Text = strings.TrimSuffix(d.Text, "\n") + more
		}
	}
}

// Add notes the failures that another examination has found.
func (f *Findings) Add(more Findings) {
	for _, clause := range slices.Sorted(maps.Keys(more.Failed)) {
		f.Fail(subject.Difference{Clause: clause, Text: more.Failed[clause]})
	}
	for _, d := range more.Unsure {
		f.Fail(d)
	}
}

// Settled decides which clause each failure is of that may be of several: one that is
// known to have failed; else the fewest that explain all of them. A first suspect that is
// explained by the failure of another clause is undecided.
func (f Findings) Settled() Findings {
	settled := Findings{Failed: maps.Clone(f.Failed), Undecided: maps.Clone(f.Undecided), GivenUp: f.GivenUp}
	// explained says whether a difference is that of a clause, and what that makes of its own.
	explained := func(d subject.Difference, by string) bool {
		if d.Clause != by && !slices.Contains(d.Or, by) {
			return false
		}
		if d.Clause != by {
			first, _, _ := strings.Cut(d.Text, "\n")
			settled.Undecided[d.Clause] = fmt.Sprintf("not decided, because this may be the failure of %s, which is the first to be mended: %s", by, first)
		}
		return true
	}
	left := slices.DeleteFunc(slices.Clone(f.Unsure), func(d subject.Difference) bool {
		return slices.ContainsFunc(append([]string{d.Clause}, d.Or...), func(clause string) bool {
			_, failed := f.Failed[clause]
			return failed && explained(d, clause)
		})
	})
	for len(left) > 0 {
		likely := likeliest(left)
		settled.Failed[likely.Clause] = fmt.Sprintf("%s\nThe same would be seen if, instead, one of these were broken: %s", strings.TrimSuffix(likely.Text, "\n"), strings.Join(likely.Or, ", "))
		left = slices.DeleteFunc(left, func(d subject.Difference) bool { return explained(d, likely.Clause) })
	}
	return settled
}

// likeliest returns a difference whose first suspect explains the most differences, and is
// the first of the most; of several such, the one with the smallest ID.
func likeliest(all []subject.Difference) (best subject.Difference) {
	most := [2]int{}
	for _, d := range all {
		count := [2]int{}
		for _, other := range all {
			if other.Clause == d.Clause {
				count[1]++
			}
			if other.Clause == d.Clause || slices.Contains(other.Or, d.Clause) {
				count[0]++
			}
		}
		if c := cmp.Or(cmp.Compare(count[0], most[0]), cmp.Compare(count[1], most[1]), cmp.Compare(best.Clause, d.Clause)); c > 0 {
			best, most = d, count
		}
	}
	return best
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
