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

// Tables returns one table for each family of clauses.
func Tables(rows []Row) string {
	var b strings.Builder
	for _, f := range families {
		fmt.Fprintf(&b, "## %s\n\n%s\n\n", f.title, f.words)
		b.WriteString("| clause | level | what holds | checked by | broken on purpose | code |\n| --- | --- | --- | --- | --- | --- |\n")
		for _, r := range rows {
			if strings.HasPrefix(r.ID, f.prefix+"-") {
				fmt.Fprintf(&b, "| <a id=%q></a>%s | %s | %s | %s | %s | %s |\n", strings.ToLower(r.ID), r.ID, r.Level,
					cell(r.Sentence), list(r.Checks), list(r.Broken), list(r.Code))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
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
