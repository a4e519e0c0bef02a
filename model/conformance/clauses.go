package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model"
)

// Level says of whom a clause is asked.
type Level string

// The two levels. An implementation that does not carry every Core clause
// does not conform; an Extended one is asked of those that offer what it needs.
const (
	Core     Level = "core"
	Extended Level = "extended"
)

// Clause is one sentence of the contract, and how it is checked: on every
// scenario in which its premise holds, directly, or both.
type Clause struct {
	ID       string
	Level    Level
	Sentence string

	// premise says that a scenario puts the clause to the test. Nil: traces
	// have no say in it.
	premise func(s model.Scenario, want model.Trace) bool
	// needs is what a scenario with that premise cannot do without.
	needs []Need
	// examples satisfy the premise, so that no clause depends on luck.
	examples []model.Scenario
	checks   []check
}

// check is a direct check, for what does not fit into a timed trace.
type check struct {
	name  string // a sentence
	needs []Need
	run   func(c *checker)
}

// Anchor is where the clause stands in docs/spec.md.
func (c Clause) Anchor() string { return "docs/spec.md#" + strings.ToLower(c.ID) }

// How says how the clause is checked, in a few words.
func (c Clause) How() string {
	var how []string
	if c.premise != nil {
		how = append(how, "traces")
	}
	for _, check := range c.checks {
		how = append(how, check.name)
	}
	return strings.Join(how, "; ")
}

// Clauses returns every clause that the suite checks, in the order of the
// contract.
func Clauses() []Clause {
	return slices.Concat(stateClauses(), runClauses(), drainClauses(), hookClauses(), signalClauses(), healthClauses(), httpClauses())
}

// Find returns the clause of an ID.
func Find(id string) (Clause, error) {
	for _, c := range Clauses() {
		if c.ID == id {
			return c, nil
		}
	}
	return Clause{}, fmt.Errorf("conformance: there is no clause %q", id)
}

// missing says why nothing of a clause can be checked, "" if something can.
func (c Clause) missing(o offers) string {
	var lacks []Need
	if c.premise != nil {
		if lacks = o.lacks(c.needs...); len(lacks) == 0 {
			return ""
		}
	}
	for _, check := range c.checks {
		more := o.lacks(check.needs...)
		if len(more) == 0 {
			return ""
		}
		lacks = append(lacks, more...)
	}
	slices.Sort(lacks)
	var names []string
	for _, n := range slices.Compact(lacks) {
		names = append(names, string(n))
	}
	return strings.Join(names, ", ") + " not offered"
}

// always is the premise of a clause that every scenario puts to the test.
func always(model.Scenario, model.Trace) bool { return true }
