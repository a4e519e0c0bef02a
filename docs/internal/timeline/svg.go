package timeline

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/greynewell/mist-go/model"
)

// Measures of the drawing, in pixels of its natural size. It is narrow, so that
// on a phone that is 390 px wide its smallest text is still 13 px high.
const (
	svgWidth   = 480
	svgMargin  = 16
	svgLead    = 84 // before the stop: as wide as its state's name
	svgRoom    = svgWidth - 2*svgMargin - svgLead - svgEnd
	svgEnd     = 24 // after Run's return
	lineHeight = 24
	stateBar   = 32
	rowBar     = 14
	rowGap     = 10

	// How many characters a line has at most, in the widest of the fonts.
	svgHeadline = 40
	svgColumns  = 46
)

// canvas is an SVG that is being drawn from the top downward.
type canvas struct {
	strings.Builder
	y int // the lower edge of what has been drawn
}

// SVG returns the drawing as a document of its own, which adapts to the reader's
// light or dark colour scheme. The same timeline gives the same bytes.
func (t *Timeline) SVG() string {
	var body canvas
	s := t.scale(svgLead, svgRoom)
	body.y = svgMargin
	body.lines("headline", wrap(t.headline(), "", svgHeadline))
	body.y += 8
	body.axis(s)
	top := body.y
	states, names := t.svgStates(s)
	body.y += stateBar + names.y
	var rows canvas
	rows.y = body.y + rowGap
	for _, r := range t.rows {
		rows.row(s, r)
	}
	body.guides(t, s, top, rows.y)
	body.WriteString(states)
	body.WriteString(names.String())
	body.WriteString(rows.String())
	body.y = rows.y
	t.svgWords(&body)
	return t.svgHead(body.y+svgMargin) + body.String() + "</svg>\n"
}

// svgHead writes the root, the words for those who cannot see the drawing, the
// style and the ground.
func (t *Timeline) svgHead(height int) string {
	var story []string
	for _, e := range t.events() {
		story = append(story, t.since(e.at)+": "+e.text)
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="mist-timeline" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img" aria-labelledby="mist-timeline-title mist-timeline-desc">
<title id="mist-timeline-title">%[3]s</title>
<desc id="mist-timeline-desc">%[4]s.</desc>
<style>%[5]s</style>
<rect class="ground" width="%[1]d" height="%[2]d" rx="12"/>
`, svgWidth, height, svgText(t.headline()), svgText(strings.Join(story, "; ")), svgStyle)
}

// text writes a line of text of which the baseline is at y.
func (c *canvas) text(class string, x, y int, text string) {
	fmt.Fprintf(c, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, svgText(text))
}

// lines writes lines of text, one below the other.
func (c *canvas) lines(class string, texts []string) {
	for _, text := range texts {
		c.text(class, svgMargin, c.y+lineHeight-7, text)
		c.y += lineHeight
	}
}

func (c *canvas) axis(s scale) {
	for _, t := range s.ticks(11, 10) {
		c.text("tick", svgMargin+t.x, c.y+lineHeight-8, t.label)
	}
	c.y += lineHeight
}

// guides writes what instants have in common: a line for each mark, and a bolder
// one wherever a state is entered.
func (c *canvas) guides(t *Timeline, s scale, top, bottom int) {
	for _, k := range s.ticks(11, 10) {
		fmt.Fprintf(c, `<path class="grid" d="M%d %dV%d"/>`+"\n", svgMargin+k.x, top, bottom)
	}
	for _, state := range t.states() {
		if state.at >= t.stop {
			fmt.Fprintf(c, `<path class="guide" d="M%d %dV%d"/>`+"\n", svgMargin+s.at(state.at), top, bottom)
		}
	}
}

// svgStates returns the bars of the states, and the names of those whose bar is
// too short for it: on lines below, each at its beginning.
func (t *Timeline) svgStates(s scale) (bars string, names canvas) {
	var b canvas
	y := t.svgTop()
	var ends []int // of the lines below
	all := t.states()
	for i, state := range all {
		from, to := svgMargin+s.at(state.at), svgWidth-svgMargin
		if i+1 < len(all) {
			to = svgMargin + s.at(all[i+1].at)
		}
		fmt.Fprintf(&b, `<rect class="state state-%s" x="%d" y="%d" width="%d" height="%d"/>`+"\n", state.State, from, y, max(to-from, 2), stateBar)
		wide := 11 * len(state.State)
		if to-from >= wide {
			b.text("name", (from+to)/2, y+stateBar/2+6, string(state.State))
			continue
		}
		// At the right there is no room to begin at its beginning.
		from = min(from, svgWidth-svgMargin-wide)
		n := slices.IndexFunc(ends, func(end int) bool { return end <= from })
		if n < 0 {
			ends = append(ends, 0)
			n = len(ends) - 1
		}
		ends[n] = from + wide + 8
		names.text("below below-"+string(state.State), from, y+stateBar+(n+1)*lineHeight-6, string(state.State))
	}
	names.y = len(ends) * lineHeight
	return b.String(), names
}

// svgTop is where the states are drawn: below the headline and the axis.
func (t *Timeline) svgTop() int {
	return svgMargin + len(wrap(t.headline(), "", svgHeadline))*lineHeight + 8 + lineHeight
}

// row writes what a thing is and what becomes of it, and its bar below that.
func (c *canvas) row(s scale, r row) {
	class := "note"
	if r.cut || r.from == model.Never {
		class = "note bad"
	}
	name := clip(r.name, 38-utf8.RuneCountInString(r.note))
	fmt.Fprintf(c, `<text class="row" x="%d" y="%d"><tspan class="what">%s</tspan> <tspan class="%s">%s</tspan></text>`+"\n",
		svgMargin, c.y+lineHeight-7, svgText(name), class, svgText(r.note))
	c.y += lineHeight
	if r.from == model.Never {
		return
	}
	from, to := svgMargin+s.at(r.from), svgMargin+s.at(r.to)
	if until := svgMargin + s.at(r.until); r.cut && until > to {
		fmt.Fprintf(c, `<rect class="faint" x="%d" y="%d" width="%d" height="%d"/>`+"\n", to, c.y+1, until-to, rowBar-2)
	}
	fmt.Fprintf(c, `<rect class="bar" x="%d" y="%d" width="%d" height="%d"/>`+"\n", from, c.y, max(to-from, 3), rowBar)
	if r.cut {
		fmt.Fprintf(c, `<path class="cut" d="M%d %dl14 14m0 -14l-14 14"/>`+"\n", to-7, c.y+rowBar/2-7)
	}
	c.y += rowBar + rowGap
}

// svgWords writes what Run returns and what to change.
func (t *Timeline) svgWords(c *canvas) {
	words := func(class string, texts []string) {
		for _, text := range texts {
			c.lines(class, wrap(text, "", svgColumns))
		}
	}
	a := t.advice()
	c.y += rowGap
	c.lines("title", []string{"What Run returns"})
	words("word", append(t.result(), t.otherwise()...))
	c.y += rowGap
	c.lines("title", []string{"What to change"})
	words("word", a.reasons)
	words("code", a.code)
	words("word", a.then)
}

// svgText escapes s for text and for attributes in quotes. What XML cannot hold
// becomes U+FFFD.
func svgText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
