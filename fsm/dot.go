package fsm

import (
	"fmt"
	"strings"
	"unicode"
)

// dotHead sets fonts and room; Graphviz has defaults for the rest.
const dotHead = `digraph lifecycle {
    rankdir=TB;
    nodesep=0.6;
    node [shape=box, style="rounded,filled", fillcolor="#f8fafc", color="#64748b", fontname="Helvetica", margin="0.25,0.12"];
    edge [color="#64748b", fontname="Courier", fontsize=11];
    "initial" [shape=point, width=0.18, fillcolor="#334155", color="#334155"];
`

// DOT returns the [Table] in the language of Graphviz, for `dot -Tpng` and
// its like. The same table gives the same bytes. Safe for concurrent use.
func DOT() string { return dot(Table()) }

func dot(table []Transition) string {
	var b strings.Builder
	b.WriteString(dotHead)
	for _, s := range statesOf(table) {
		fmt.Fprintf(&b, "    %s;\n", dotQuote(s.String()))
	}
	terminals := terminalsOf(table)
	if len(terminals) > 0 {
		b.WriteString("    \"terminal\" [shape=doublecircle, label=\"\", width=0.14, fillcolor=\"#334155\", color=\"#334155\"];\n")
	}
	fmt.Fprintf(&b, "    \"initial\" -> %s;\n", dotQuote(Starting.String()))
	for _, t := range table {
		// The spaces keep a label clear of the edge that it stands beside.
		fmt.Fprintf(&b, "    %s -> %s [label=%s];\n",
			dotQuote(t.From.String()), dotQuote(t.To.String()), dotQuote(" "+t.On.String()+" "))
	}
	for _, s := range terminals {
		fmt.Fprintf(&b, "    %s -> \"terminal\";\n", dotQuote(s.String()))
	}
	b.WriteString("}\n")
	return b.String()
}

// dotQuote returns s as a quoted string of DOT. A backslash is doubled, or
// Graphviz would read \n, \l, \N and the like in labels as something else; an
// ampersand is escaped for the sake of its HTML entities. What cannot be
// printed is a space.
func dotQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '&':
			b.WriteString("&amp;")
		case !unicode.IsPrint(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
