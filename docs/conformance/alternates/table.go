package alternates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model/conformance"
)

// families are the parts of the contract, by the first word of their clauses.
var families = []struct{ title, word string }{
	{"State", "STATE"}, {"Run", "RUN"}, {"Drain", "DRAIN"}, {"Hooks", "HOOK"},
	{"Signals", "SIG"}, {"Log", "LOG"}, {"Health", "HEALTH"}, {"HTTP", "HTTP"},
}

// Table shows reports side by side: of each family, how many clauses are kept,
// broken, undecided and not offered.
func Table(reports []conformance.Report) string {
	var b strings.Builder
	b.WriteString("| family | clauses |")
	for _, r := range reports {
		fmt.Fprintf(&b, " %s |", r.Implementation)
	}
	b.WriteString("\n| --- | ---: |" + strings.Repeat(" --- |", len(reports)) + "\n")
	for _, f := range families {
		row(&b, f.title, reports, func(clause string) bool { return strings.HasPrefix(clause, f.word+"-") })
	}
	row(&b, "all", reports, func(string) bool { return true })
	return b.String()
}

func row(b *strings.Builder, title string, reports []conformance.Report, in func(clause string) bool) {
	n := 0
	for _, c := range conformance.Clauses() {
		if in(c.ID) {
			n++
		}
	}
	fmt.Fprintf(b, "| %s | %d |", title, n)
	for _, r := range reports {
		fmt.Fprintf(b, " %s |", cell(r, in))
	}
	b.WriteString("\n")
}

// cell counts the results of the clauses in a family.
func cell(r conformance.Report, in func(clause string) bool) string {
	count := map[conformance.Result]int{}
	for _, o := range r.Clauses {
		if in(o.Clause) {
			count[o.Result]++
		}
	}
	count[conformance.NotOffered] += count[conformance.Skipped]
	var parts []string
	for _, kind := range []struct {
		result conformance.Result
		text   string
	}{
		{conformance.Pass, "%d kept"}, {conformance.Fail, "%d broken"},
		{Undecided, "%d undecided"}, {conformance.NotOffered, "%d not offered"},
	} {
		if n := count[kind.result]; n > 0 {
			parts = append(parts, fmt.Sprintf(kind.text, n))
		}
	}
	return strings.Join(parts, ", ")
}

// Notes lists what each adapter adds to its library.
func Notes(all []Alternate, version func(module string) string) string {
	var b strings.Builder
	for _, a := range all {
		fmt.Fprintf(&b, "- **%s** (`%s` %s; [report](%s.md)). %s\n", a.Implementation.Name, a.Module, version(a.Module), a.Name, a.Note)
		if len(a.Undecided) > 0 {
			fmt.Fprintf(&b, "  Undecided: %s.\n", strings.Join(undecided(a), "; "))
		}
	}
	return b.String()
}

// undecided groups the undecided clauses by their cause.
func undecided(a Alternate) (all []string) {
	byCause := map[string][]string{}
	for _, c := range conformance.Clauses() {
		if why, ok := a.Undecided[c.ID]; ok {
			byCause[why] = append(byCause[why], c.ID)
		}
	}
	for why, clauses := range byCause {
		all = append(all, strings.Join(clauses, ", ")+": "+why)
	}
	slices.Sort(all)
	return all
}

// Replace puts text between the two comments of that name in a page.
func Replace(page, name, text string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- end -->"
	head, rest, ok := strings.Cut(page, begin)
	_, tail, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return "", fmt.Errorf("the page has no %q", strings.TrimSpace(begin))
	}
	return head + begin + text + end + tail, nil
}
