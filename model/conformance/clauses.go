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
	for _, part := range c.parts() {
		how = append(how, part.name)
	}
	return strings.Join(how, "; ")
}

// Clauses returns every clause that the suite checks, in the order of the
// contract.
func Clauses() []Clause {
	return slices.Concat(stateClauses(), runClauses(), drainClauses(), hookClauses(), signalClauses(), logClauses(), healthClauses(), httpClauses())
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
	parts := c.parts()
	var lacks []Need
	for _, part := range parts {
		more := o.lacks(part.needs...)
		if len(more) == 0 {
			return ""
		}
		lacks = append(lacks, more...)
	}
	return names(lacks) + " not offered"
}

// unchecked says which parts of a clause cannot be checked, and why, "" if all
// of it can.
func (c Clause) unchecked(o offers) string {
	var parts []string
	for _, part := range c.parts() {
		if lacks := o.lacks(part.needs...); len(lacks) > 0 {
			parts = append(parts, fmt.Sprintf("%s (%s not offered)", part.name, names(lacks)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "not checked: " + strings.Join(parts, "; ")
}

// parts returns everything by which a clause is checked.
func (c Clause) parts() []check {
	if c.premise == nil {
		return c.checks
	}
	return append([]check{{name: "traces", needs: c.needs}}, c.checks...)
}

// names lists needs, each once.
func names(needs []Need) string {
	needs = slices.Clone(needs)
	slices.Sort(needs)
	var all []string
	for _, n := range slices.Compact(needs) {
		all = append(all, string(n))
	}
	return strings.Join(all, ", ")
}

// always is the premise of a clause that every scenario puts to the test.
func always(model.Scenario, model.Trace) bool { return true }
