// Package specdoc writes the tables of docs/spec.md: every clause of the
// contract beside what carries it, found in the code itself.
package specdoc

import (
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/broken"
)

// Path is the document, from the root of the module.
const Path = "docs/spec.md"

// Command is what a person runs to write it anew.
const Command = "go generate ./model/conformance"

// Row is one clause, and the four things that carry it.
type Row struct {
	ID, Level, Sentence string
	Checks              []string // how the suite checks it
	Broken              []string // the implementations that are wrong in this
	Code                []string // links to the declarations whose comments name it
}

// Missing says which of the four is not there.
func (r Row) Missing() (missing []string) {
	for what, found := range map[string]bool{
		"a sentence":             r.Sentence != "",
		"a check":                len(r.Checks) > 0,
		"a broken case":          len(r.Broken) > 0,
		"code that names its ID": len(r.Code) > 0,
	} {
		if !found {
			missing = append(missing, what)
		}
	}
	slices.Sort(missing)
	return missing
}

// Rows returns every clause, in the order of the contract. Root is the root of
// the module.
func Rows(root string) ([]Row, error) {
	code, _, err := mentions(root)
	if err != nil {
		return nil, err
	}
	wrong := map[string][]string{}
	for _, c := range broken.All() {
		for _, id := range c.Breaks {
			wrong[id] = append(wrong[id], c.Name)
		}
	}
	var rows []Row
	for _, c := range conformance.Clauses() {
		row := Row{ID: c.ID, Level: string(c.Level), Sentence: c.Sentence, Broken: wrong[c.ID], Code: code[c.ID]}
		if how := c.How(); how != "" {
			row.Checks = strings.Split(how, "; ")
		}
		rows = append(rows, row)
	}
	return rows, nil
}
