package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// report is what is to be said of a run.
type report struct {
	packages []string
	found    []*Mutant // every mutant there is
	bad      map[*Mutant]bool
	asked    []*Mutant // those of found that were to be asked about
	results  map[*Mutant]Result
	reasons  map[string]string // of those that are listed as equivalent
}

// counts are the numbers of a package.
type counts struct {
	found, bad, asked, killed, byTime, survived, unreached, equivalent int
	rules                                                              map[string]int
}

func (r *report) count(pkg string) counts {
	c := counts{rules: map[string]int{}}
	for _, m := range r.found {
		if pkg != "" && m.Package != pkg {
			continue
		}
		switch c.found++; {
		case m.Rule != "":
			c.rules[m.Rule]++
		case r.bad[m]:
			c.bad++
		}
	}
	for _, m := range r.asked {
		result, known := r.results[m]
		if !known || pkg != "" && m.Package != pkg {
			continue
		}
		c.asked++
		_, listed := r.reasons[m.Key()]
		switch {
		case result.Verdict == Killed:
			c.killed++
		case result.Verdict == ByTime:
			c.byTime++
		case listed:
			c.equivalent++
		case result.Verdict == Unreached:
			c.unreached++
		default:
			c.survived++
		}
	}
	return c
}

// rate is how many of those that are not equivalent are killed.
func (c counts) rate() string {
	if n := c.asked - c.equivalent; n > 0 {
		return fmt.Sprintf("%.1f %%", 100*float64(c.killed+c.byTime)/float64(n))
	}
	return ""
}

func (c counts) leftOut() (n int) {
	for _, by := range c.rules {
		n += by
	}
	return n
}

// table is the numbers by package.
func (r *report) table() string {
	var b strings.Builder
	b.WriteString("| package | mutants | left out | not compiled | asked about | killed | by time | survived | unreached | equivalent | killed of the rest |\n")
	b.WriteString("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n")
	for _, pkg := range append(slices.Clone(r.packages), "") {
		c := r.count(pkg)
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %s |\n", cmp.Or(pkg, "all"),
			c.found, c.leftOut(), c.bad, c.asked, c.killed, c.byTime, c.survived, c.unreached, c.equivalent, c.rate())
	}
	return b.String()
}

// rules lists why mutants were left out.
func (r *report) rules() string {
	var b strings.Builder
	rules := r.count("").rules
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		fmt.Fprintf(&b, "- %d: %s\n", rules[rule], rule)
	}
	return b.String()
}

// survivors lists those that are alive and not known to be equivalent.
func (r *report) survivors(w io.Writer) {
	for _, m := range r.asked {
		result, known := r.results[m]
		if _, listed := r.reasons[m.Key()]; known && !listed && (result.Verdict == Survived || result.Verdict == Unreached) {
			what := string(result.Verdict)
			if result.By != "" {
				what += ", but failed once: " + result.By
			}
			fmt.Fprintf(w, "%s: %d, %s in %s (%s)\n%s\n\n", m.Place(), m.ID, m.Op, m.Func, what, indent(m.Diff()))
		}
	}
}

func indent(text string) string { return "\t" + strings.ReplaceAll(text, "\n", "\n\t") }

// mistaken lists what is wrong with the list of the equivalent: mutants that
// there are none of any more, and those that were killed.
func (r *report) mistaken() (all []string) {
	byKey := map[string]*Mutant{}
	for _, m := range r.found {
		byKey[m.Key()] = m
	}
	for _, key := range slices.Sorted(maps.Keys(r.reasons)) {
		m := byKey[key]
		if m == nil {
			all = append(all, "there is no such mutant: "+key)
		} else if result := r.results[m]; result.Verdict == Killed || result.Verdict == ByTime {
			all = append(all, fmt.Sprintf("%s by %s: %s", result.Verdict, result.By, key))
		}
	}
	return all
}

// markdown is the part of docs/conformance/mutants.md that is written anew.
func (r *report) markdown() string {
	var b strings.Builder
	b.WriteString(r.table())
	b.WriteString("\nLeft out, by rule:\n\n")
	b.WriteString(r.rules())
	if len(r.reasons) > 0 {
		b.WriteString("\nEquivalent, or free by the contract:\n\n| mutant | why |\n| --- | --- |\n")
		for _, key := range slices.Sorted(maps.Keys(r.reasons)) {
			fmt.Fprintf(&b, "| `%s` | %s |\n", cell(key), cell(r.reasons[key]))
		}
	}
	return b.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// The marks around what is written anew.
const (
	beginMark = "<!-- begin: go run ./model/conformance/mutate -markdown -->\n"
	endMark   = "<!-- end -->\n"
)

// inDocument puts a part into a document, between its marks.
func inDocument(document, part string) (string, error) {
	head, rest, ok := strings.Cut(document, beginMark)
	_, tail, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return "", fmt.Errorf("there are no lines %q and %q", beginMark, endMark)
	}
	return head + beginMark + "\n" + part + "\n" + endMark + tail, nil
}
