package fsm

import (
	"fmt"
	"strings"
	"unicode"
)

// dotHead sets fonts, colours and spacing.
const dotHead = `digraph lifecycle {
    rankdir=TB;
    nodesep=0.6;
    node [shape=box, style="rounded,filled", fillcolor="#f8fafc", color="#64748b", fontname="Helvetica", margin="0.25,0.12"];
    edge [color="#64748b", fontname="Courier", fontsize=11];
    "initial" [shape=point, width=0.18, fillcolor="#334155", color="#334155"];
`

// DOT returns the [Table] in Graphviz's DOT language, for example for `dot -Tpng`. The
// output is deterministic.
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
		// The spaces keep the label at a distance from its edge.
		fmt.Fprintf(&b, "    %s -> %s [label=%s];\n",
			dotQuote(t.From.String()), dotQuote(t.To.String()), dotQuote(" "+t.On.String()+" "))
	}
	for _, s := range terminals {
		fmt.Fprintf(&b, "    %s -> \"terminal\";\n", dotQuote(s.String()))
	}
	b.WriteString("}\n")
	return b.String()
}

// dotQuote returns s as a quoted DOT string. Backslashes are doubled, because Graphviz
// interprets \n, \l, \N and others in labels; ampersands are escaped, because it
// interprets HTML entities. Unprintable characters become spaces.
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
