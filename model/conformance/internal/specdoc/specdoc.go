// Package specdoc writes the tables of docs/spec.md: every clause of the
// contract beside what carries it, found in the code itself.
package specdoc

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
	Code                []string // the files whose comments name it
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

var (
	clauseID    = regexp.MustCompile(`\b(STATE|RUN|DRAIN|HOOK|SIG|LOG|HEALTH|HTTP)-(\d+)(?: to ([A-Z]+)-(\d+))?\b`)
	sourceRooms = []string{"fsm", "lifecycle", "health"}
)

// mentions finds the files that name each clause: sources, and tests.
func mentions(root string) (code, tests map[string][]string, err error) {
	code, tests = map[string][]string{}, map[string][]string{}
	for _, room := range sourceRooms {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			in := code
			if strings.HasSuffix(path, "_test.go") {
				in = tests
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			for _, id := range named(string(text)) {
				in[id] = append(in[id], link(filepath.ToSlash(rel)))
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return code, tests, nil
}

// named returns the clauses that a text names, each once: RUN-4, or RUN-1 to
// RUN-3.
func named(text string) (ids []string) {
	for _, m := range clauseID.FindAllStringSubmatch(text, -1) {
		first, _ := strconv.Atoi(m[2])
		last := first
		if m[3] == m[1] {
			last, _ = strconv.Atoi(m[4])
		}
		for n := first; n <= last; n++ {
			ids = append(ids, m[1]+"-"+strconv.Itoa(n))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func link(path string) string { return fmt.Sprintf("[%s](../%s)", path, path) }
