// Package clauses has every clause of the contract: its sentence, its premise,
// examples of it, and the direct checks.
package clauses

import (
	"fmt"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
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

	// Premise says that a scenario puts the clause to the test. Nil: traces
	// have no say in it.
	Premise func(s model.Scenario, want model.Trace) bool
	// Needs is what a scenario with that premise cannot do without.
	Needs []subject.Need
	// Examples satisfy the premise, so that no clause depends on luck.
	Examples []model.Scenario
	Checks   []Check
}

// Check is a direct check, for what does not fit into a timed trace.
type Check struct {
	Name  string // a sentence
	Needs []subject.Need
	Run   func(c *checks.Checker)
}

// How says how the clause is checked, in a few words.
func (c Clause) How() string {
	var how []string
	for _, part := range c.parts() {
		how = append(how, part.Name)
	}
	return strings.Join(how, "; ")
}

// All returns every clause that the suite checks, in the order of the
// contract.
func All() []Clause {
	return slices.Concat(stateClauses(), runClauses(), drainClauses(), hookClauses(), signalClauses(), logClauses(), healthClauses(), httpClauses())
}

// Find returns the clause of an ID.
func Find(id string) (Clause, error) {
	for _, c := range All() {
		if c.ID == id {
			return c, nil
		}
	}
	return Clause{}, fmt.Errorf("there is no clause %q", id)
}

// Missing says why nothing of a clause can be checked, "" if something can: what the
// part of it that lacks the least would need.
func (c Clause) Missing(o subject.Offers) string {
	var least []subject.Need
	for _, part := range c.parts() {
		lacks := o.Lacks(part.Needs...)
		if len(lacks) == 0 {
			return ""
		}
		if least == nil || len(lacks) < len(least) {
			least = lacks
		}
	}
	return names(least) + " not offered"
}

// Unchecked says which parts of a clause cannot be checked, and why, "" if all
// of it can.
func (c Clause) Unchecked(o subject.Offers) string {
	var parts []string
	for _, part := range c.parts() {
		if lacks := o.Lacks(part.Needs...); len(lacks) > 0 {
			parts = append(parts, fmt.Sprintf("%s (%s not offered)", part.Name, names(lacks)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "not checked: " + strings.Join(parts, "; ")
}

// parts returns everything by which a clause is checked.
func (c Clause) parts() []Check {
	if c.Premise == nil {
		return c.Checks
	}
	return append([]Check{{Name: "traces", Needs: c.Needs}}, c.Checks...)
}

// names lists needs, each once.
func names(needs []subject.Need) string {
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
