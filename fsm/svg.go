package fsm

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// SVG returns the [Table] as a drawing with the current state highlighted; if current is
// not a state, none is highlighted. The output is deterministic.
//
// The drawing is a complete document, to be served as a file or embedded in a page. A
// page can restyle it with CSS: each state is a group with classes such as
// "state state-running current", each edge a group with classes such as
// "edge edge-starting-running", and the root has the class "mist-fsm". It follows the
// reader's light or dark colour scheme.
func SVG(current State) string { return svg(Table(), current) }

func svg(table []Transition, current State) string {
	l := layOut(table)
	var b strings.Builder
	l.writeHead(&b, current)
	// Edges before states, so that a line ends under the border of its state.
	l.writeMarks(&b)
	for _, e := range l.edges {
		if l.next(e) {
			l.writeTrunk(&b, e)
		}
	}
	for _, n := range l.lanes {
		l.writeLane(&b, n)
	}
	for _, s := range l.states {
		l.writeState(&b, s, s == current)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// writeHead writes the root, a text description for screen readers, the style and the
// background. The ids include the current state, so that one page can have drawings of
// different states.
func (l *layout) writeHead(b *strings.Builder, current State) {
	id, title := "mist-fsm", "The states of a service"
	for _, s := range l.states {
		if s == current {
			id += "-" + svgText(s.String())
			title += ", now " + svgText(s.String())
		}
	}
	var desc []string
	for _, e := range l.edges {
		var events []string
		for _, on := range e.events {
			events = append(events, on.String())
		}
		desc = append(desc, fmt.Sprintf("%v to %v on %s", e.from, e.to, strings.Join(events, " or ")))
	}
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" class="mist-fsm" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img" aria-labelledby="%[3]s-title %[3]s-desc">
<title id="%[3]s-title">%[4]s</title>
<desc id="%[3]s-desc">%[5]s.</desc>
<style>%[6]s</style>
<rect class="ground" width="%[1]d" height="%[2]d" rx="12"/>
`, l.width, l.height, id, title, svgText(strings.Join(desc, "; ")), svgStyle)
}

// writeMarks writes the initial mark, a dot above the first state, and the
// terminal one, a dot in a ring below the last. Every row moves forward, so the
// last state is one that nothing leaves.
func (l *layout) writeMarks(b *strings.Builder) {
	first, last := l.top[l.states[0]], l.top[l.states[len(l.states)-1]]+nodeHeight
	y := first - markGap
	fmt.Fprintf(b, `<g class="mark initial"><circle class="dot" cx="%d" cy="%d" r="%d"/>`, l.trunk, y, markRadius)
	fmt.Fprintf(b, `<path class="line" d="M%d %dV%d"/>%s</g>`+"\n", l.trunk, y+markRadius, first-8, headDown(l.trunk, first))
	y = last + markGap
	fmt.Fprintf(b, `<g class="mark terminal"><circle class="ring" cx="%[1]d" cy="%[2]d" r="%[3]d"/><circle class="dot" cx="%[1]d" cy="%[2]d" r="%[4]d"/>`,
		l.trunk, y, markRadius+3, markRadius-1)
	end := y - markRadius - 4
	fmt.Fprintf(b, `<path class="line" d="M%d %dV%d"/>%s</g>`+"\n", l.trunk, last, end-8, headDown(l.trunk, end))
}

// writeTrunk writes an edge to the next state: straight down.
func (l *layout) writeTrunk(b *strings.Builder, e edge) {
	upper, lower := l.stack(e)
	start, end := l.top[e.from]+nodeHeight, l.top[e.to]
	openEdge(b, e)
	fmt.Fprintf(b, `<path class="line" d="M%[1]d %[2]dV%[3]dM%[1]d %[4]dV%[5]d"/>%[6]s`,
		l.trunk, start, upper-2, lower+4, end-8, headDown(l.trunk, end))
	closeEdge(b, e, l.trunk, upper)
}

// writeLane writes an edge that passes a state: out to its lane, down, and back.
func (l *layout) writeLane(b *strings.Builder, n lane) {
	const bend = 12
	upper, lower := l.stack(n.edge)
	side := l.trunk - nodeWidth/2
	start, end := l.top[n.from]+nodeHeight/2, l.top[n.to]+nodeHeight/2
	openEdge(b, n.edge)
	fmt.Fprintf(b, `<path class="line" d="M%[1]d %[2]dH%[3]dQ%[4]d %[2]d %[4]d %[5]dV%[6]d`,
		side, start, n.x+bend, n.x, start+bend, upper-2)
	fmt.Fprintf(b, `M%[1]d %[2]dV%[3]dQ%[1]d %[4]d %[5]d %[4]dH%[6]d"/>`,
		n.x, lower+4, end-bend, end, n.x+bend, side-8)
	fmt.Fprintf(b, `<path class="head" d="M%d %dl-9 -5v10z"/>`, side, end)
	closeEdge(b, n.edge, n.x, upper)
}

func (l *layout) writeState(b *strings.Builder, s State, current bool) {
	name, class := svgText(s.String()), ""
	if current {
		class = " current"
	}
	fmt.Fprintf(b, `<g class="state state-%[1]s%[2]s"><rect class="box" x="%[3]d" y="%[4]d" width="%[5]d" height="%[6]d" rx="12"/><text class="name" x="%[7]d" y="%[8]d">%[1]s</text></g>`+"\n",
		name, class, l.trunk-nodeWidth/2, l.top[s], nodeWidth, nodeHeight, l.trunk, l.top[s]+nodeHeight/2+6)
}

func openEdge(b *strings.Builder, e edge) {
	fmt.Fprintf(b, `<g class="edge edge-%[1]s-%[2]s" data-from="%[1]s" data-to="%[2]s">`,
		svgText(e.from.String()), svgText(e.to.String()))
}

func closeEdge(b *strings.Builder, e edge, x, upper int) {
	for i, on := range e.events {
		fmt.Fprintf(b, `<text class="event" x="%d" y="%d">%s</text>`, x, upper+i*lineHeight+15, svgText(on.String()))
	}
	b.WriteString("</g>\n")
}

// headDown is the head of an arrow that ends at (x, y). It is no marker, since
// a marker needs an id, and ids are shared by all drawings in a page.
func headDown(x, y int) string {
	return fmt.Sprintf(`<path class="head" d="M%d %dl-5 -9h10z"/>`, x, y)
}

// svgText escapes s for text and for attributes in quotes. What XML cannot
// hold becomes U+FFFD.
func svgText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
