package fsm

import (
	"fmt"
	"strings"
	"unicode"
)

// Mermaid returns the [Table] as a Mermaid stateDiagram-v2, for pages that render it,
// such as a README on GitHub. The output is deterministic.
func Mermaid() string { return mermaid(Table()) }

func mermaid(table []Transition) string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range statesOf(table) {
		fmt.Fprintf(&b, "    state \"%s\" as %s\n", mermaidLabel(s.String()), mermaidID(s.String()))
	}
	fmt.Fprintf(&b, "    [*] --> %s\n", mermaidID(Starting.String()))
	for _, e := range edgesOf(table) {
		fmt.Fprintf(&b, "    %s --> %s : %s\n",
			mermaidID(e.from.String()), mermaidID(e.to.String()), mermaidEvents(e.events))
	}
	for _, s := range terminalsOf(table) {
		fmt.Fprintf(&b, "    %s --> [*]\n", mermaidID(s.String()))
	}
	return b.String()
}

// mermaidEvents returns the label of an edge: its events, one per line. With a separate
// arrow for each event, Mermaid would draw the labels over each other.
func mermaidEvents(events []Event) string {
	labels := make([]string, len(events))
	for i, on := range events {
		labels[i] = mermaidLabel(on.String())
	}
	return strings.Join(labels, "<br/>")
}

// mermaidID makes s an identifier: characters other than letters, digits and
// underscores become underscores.
func mermaidID(s string) string {
	return strings.Map(func(r rune) rune {
		if isWord(r) {
			return r
		}
		return '_'
	}, s)
}

// mermaidLabel escapes s for a label. Mermaid has no quoting that works everywhere, but
// accepts #number; for a character anywhere, so that is used for all characters except
// letters, digits, underscores and spaces. Unprintable characters become spaces.
func mermaidLabel(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case isWord(r) || r == ' ':
			b.WriteRune(r)
		case !unicode.IsPrint(r):
			b.WriteByte(' ')
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
