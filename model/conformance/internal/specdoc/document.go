package specdoc

import (
	"fmt"
	"strings"
)

// Document returns the document with its tables written anew. What was written
// by hand before and after them in the old document stays as it is.
func Document(old string, rows []Row) string {
	before, after := opening, ""
	if head, rest, ok := strings.Cut(old, begin); ok {
		if _, tail, ok := strings.Cut(rest, end); ok {
			before, after = head, tail
		}
	}
	return before + begin + "\n" + Tables(rows) + end + after
}

// Tables returns two tables for each family of clauses: what holds, and, folded
// away, what finds out whether it does.
func Tables(rows []Row) string {
	var b strings.Builder
	for _, f := range families {
		fmt.Fprintf(&b, "## %s\n\n%s\n\n", f.title, f.words)
		b.WriteString("| clause | level | what holds | code |\n| --- | --- | --- | --- |\n")
		for _, r := range of(f.prefix, rows) {
			fmt.Fprintf(&b, "| <a id=%q></a>%s | %s | %s | %s |\n", strings.ToLower(r.ID), r.ID, r.Level, cell(r.Sentence), list(r.Code))
		}
		b.WriteString("\n<details><summary>Checks of these clauses, and the wrong implementations that they report</summary>\n\n")
		b.WriteString("| clause | checks | wrong implementations |\n| --- | --- | --- |\n")
		for _, r := range of(f.prefix, rows) {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", r.ID, list(r.Checks), list(r.Broken))
		}
		b.WriteString("\n</details>\n\n")
	}
	return b.String()
}

func of(prefix string, rows []Row) (family []Row) {
	for _, r := range rows {
		if strings.HasPrefix(r.ID, prefix+"-") {
			family = append(family, r)
		}
	}
	return family
}

// list puts several things into one cell.
func list(parts []string) string {
	if len(parts) == 0 {
		return "—"
	}
	cells := make([]string, len(parts))
	for i, part := range parts {
		cells[i] = cell(part)
	}
	return strings.Join(cells, "<br>")
}

// cell makes s fit for one cell of a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
