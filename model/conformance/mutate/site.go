package main

import (
	"cmp"
	"fmt"
	"go/token"
	"hash/fnv"
	"io"
	"slices"
	"strings"
)

// Mutant is one change to the code.
type Mutant struct {
	ID      int    `json:"id"`
	Package string `json:"package"` // its name
	File    string `json:"file"`    // in the module
	Line    int    `json:"line"`
	Func    string `json:"func"`
	Op      string `json:"op"`
	Old     string `json:"old"` // the code that is changed, on one line
	New     string `json:"new"` // what it is changed to
	// Nth tells apart changes of one function that are the same: 0, 1 …
	Nth int `json:"nth,omitempty"`
	// Rule says why the mutant is left out, if it is.
	Rule string `json:"rule,omitempty"`

	source string // the whole line, for Diff
	column int    // where on it the code begins
	edits  []edit
	// leaves says that code which ends its function, or a loop, is dropped or
	// put in: the compiler may miss a return then, and says so elsewhere.
	leaves bool
}

// edit is text to be put around a part of a file, or, with replaces, in its
// place.
type edit struct {
	from, to      token.Pos
	before, after string
	replaces      bool
}

// Key names the mutant by what does not change when lines shift.
func (m *Mutant) Key() string {
	key := fmt.Sprintf("%s %s | %s", m.File, m.Func, m.Change())
	if m.Nth > 0 {
		key += fmt.Sprintf(" #%d", m.Nth+1)
	}
	return key
}

// Change is what is changed, on one line.
func (m *Mutant) Change() string { return m.Old + " => " + m.New }

// Place is file:line.
func (m *Mutant) Place() string { return fmt.Sprintf("%s:%d", m.File, m.Line) }

// Diff shows the line before and after the change.
func (m *Mutant) Diff() string {
	head, rest := m.source[:m.column], m.source[m.column:]
	tail, onOneLine := strings.CutPrefix(rest, m.Old)
	if !onOneLine {
		return "- " + m.Old + "\n+ " + m.New
	}
	return "- " + strings.TrimSpace(m.source) + "\n+ " + strings.TrimSpace(head+m.New+tail)
}

// number gives the mutants their IDs, and tells those apart that are the same.
func number(all []*Mutant) {
	nth := map[string]int{}
	for i, m := range all {
		m.ID = i + 1
		key := m.Key()
		m.Nth = nth[key]
		nth[key]++
	}
}

// sample returns n of the mutants: those with the least hash of the seed and
// their key. So a change of the code elsewhere leaves the sample as it is.
func sample(all []*Mutant, n int, seed int) []*Mutant {
	rank := func(m *Mutant) uint64 {
		sum := fnv.New64a()
		_, _ = io.WriteString(sum, fmt.Sprintf("%d %s", seed, m.Key()))
		x := sum.Sum64() // whose high bits hardly differ for keys that end alike
		x = (x ^ x>>32) * 0x9e3779b97f4a7c15
		return x ^ x>>29
	}
	some := slices.Clone(all)
	slices.SortFunc(some, func(a, b *Mutant) int { return cmp.Compare(rank(a), rank(b)) })
	some = some[:min(n, len(some))]
	slices.SortFunc(some, func(a, b *Mutant) int { return cmp.Compare(a.ID, b.ID) })
	return some
}
