package conformance

import (
	"fmt"
	"strings"

	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
)

// Level says of whom a clause is asked.
type Level string

// The two levels. An implementation that does not carry every Core clause
// does not conform; an Extended one is asked of those that offer what it needs.
const (
	Core     Level = "core"
	Extended Level = "extended"
)

// Clause is one sentence of the contract.
type Clause struct {
	ID       string
	Level    Level
	Sentence string

	how string
}

// Anchor is where the clause stands in docs/spec.md.
func (c Clause) Anchor() string { return "docs/spec.md#" + strings.ToLower(c.ID) }

// How says how the clause is checked, in a few words: on every scenario in
// which its premise holds, directly, or both.
func (c Clause) How() string { return c.how }

// Clauses returns every clause that the suite checks, in the order of the
// contract.
func Clauses() (all []Clause) {
	for _, c := range clauses.All() {
		all = append(all, clauseOf(c))
	}
	return all
}

func clauseOf(c clauses.Clause) Clause {
	return Clause{ID: c.ID, Level: Level(c.Level), Sentence: c.Sentence, how: c.How()}
}

// Find returns the clause of an ID.
func Find(id string) (Clause, error) {
	c, err := clauses.Find(id)
	if err != nil {
		return Clause{}, fmt.Errorf("conformance: %w", err)
	}
	return clauseOf(c), nil
}
