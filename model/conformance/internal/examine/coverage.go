package examine

import "github.com/greynewell/mist-go/model"

// coverage is which rows of the table were taken, and which pairs of them in
// a row.
type coverage struct {
	rows  map[model.Edge]bool
	pairs map[[2]model.Edge]bool
}

func newCoverage() coverage {
	return coverage{map[model.Edge]bool{}, map[[2]model.Edge]bool{}}
}

func (c coverage) see(t model.Trace) {
	for i, step := range t.Steps {
		c.rows[step.Edge] = true
		if i > 0 {
			c.pairs[[2]model.Edge{t.Steps[i-1].Edge, step.Edge}] = true
		}
	}
}

// missing returns the rows that were not taken, and the pairs that can follow
// one another and did not.
func (c coverage) missing() (all []string) {
	for _, e := range model.Edges() {
		if !c.rows[e] {
			all = append(all, e.String())
		}
		for _, f := range model.Edges() {
			if e.To == f.From && !c.pairs[[2]model.Edge{e, f}] {
				all = append(all, e.String()+", then "+f.String())
			}
		}
	}
	return all
}
