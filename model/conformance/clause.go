package conformance

import (
	"fmt"
	"strings"

	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
)

// Level says which implementations a clause applies to.
type Level string

// The two levels. A Core clause applies to every implementation, an Extended clause
// to those that offer what it needs.
const (
	Core     Level = "core"
	Extended Level = "extended"
)

// Clause is one clause of the contract, as docs/spec.md has it.
type Clause struct {
	ID       string // such as HOOK-1
	Level    Level
	Sentence string // what must hold

	how string
}

// contract is where the clauses are published.
const contract = "https://github.com/greynewell/mist-go/blob/main/docs/spec.md"

// URL returns the address of the clause in the published contract.
func (c Clause) URL() string { return contract + "#" + strings.ToLower(c.ID) }

// How returns how the clause is checked, in a few words: "traces" for scenarios whose
// traces are compared with the model's, and the names of direct checks.
func (c Clause) How() string { return c.how }

// Clauses returns every clause, in the order of the contract.
func Clauses() (all []Clause) {
	for _, c := range clauses.All() {
		all = append(all, clauseOf(c))
	}
	return all
}

func clauseOf(c clauses.Clause) Clause {
	return Clause{ID: c.ID, Level: Level(c.Level), Sentence: c.Sentence, how: c.How()}
}

// Find returns the clause with an ID, or an error if there is none.
func Find(id string) (Clause, error) {
	c, err := clauses.Find(id)
	if err != nil {
		return Clause{}, fmt.Errorf("conformance: %w", err)
	}
	return clauseOf(c), nil
}
