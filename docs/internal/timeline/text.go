package timeline

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/greynewell/mist-go/model"
)

// Width is how many columns a text has at most.
const Width = 80

const (
	leadWidth = len("|running") // before the stop
	maxName   = 18
	minRoom   = 20
)

// grid is the text's chart: a column of names, one for what is drawn, and one for
// notes.
type grid struct {
	scale
	name int // width of the names, with the space after them
}

func (t *Timeline) grid() grid {
	names, notes := len("state"), 0
	for _, r := range t.rows {
		names = max(names, min(utf8.RuneCountInString(r.name), maxName))
		notes = max(notes, utf8.RuneCountInString(r.note))
	}
	// The last column is that of Run's return, with the name of the state there.
	notes = max(notes+1, len("|stopped"))
	room := max(minRoom, Width-names-1-leadWidth-notes-1)
	return grid{t.scale(leadWidth, room), names + 1}
}

// Text returns the drawing for a terminal: at most [Width] columns.
func (t *Timeline) Text() string {
	g := t.grid()
	var b strings.Builder
	line := func(s string) { b.WriteString(strings.TrimRight(s, " ") + "\n") }
	section := func(title string, lines []string) {
		line("")
		line(title)
		for _, l := range lines {
			line(l)
		}
	}
	for _, l := range wrap(t.headline(), "", Width) {
		line(l)
	}
	line("")
	for _, l := range t.chart(g) {
		line(l)
	}
	section("What happens", t.eventLines())
	section("What Run returns", wrapAll(append(t.result(), t.otherwise()...), "  "))
	a := t.advice()
	section("What to change", append(append(wrapAll(a.reasons, "  "), indent(a.code, "      ")...), wrapAll(a.then, "  ")...))
	return b.String()
}

func (t *Timeline) chart(g grid) []string {
	lines := g.axis()
	for i, cells := range t.stateLines(g) {
		name := ""
		if i == 0 {
			name = "state"
		}
		lines = append(lines, g.line(name, cells, ""))
	}
	for _, r := range t.rows {
		lines = append(lines, g.line(r.name, t.bar(g, r), r.note))
	}
	return lines
}

// line puts a name, cells and a note together.
func (g grid) line(name string, cells []rune, note string) string {
	name = clip(name, g.name-1)
	pad := strings.Repeat(" ", g.name-utf8.RuneCountInString(name))
	return name + pad + string(cells) + " " + note
}

// axis returns the labels of the marks, and the marks.
func (g grid) axis() []string {
	labels, marks := blank(g.lead+g.room+1), blank(g.lead+g.room+1)
	for x := g.lead; x <= g.lead+g.room; x++ {
		marks[x] = '─'
	}
	for _, t := range g.ticks(1, 2) {
		for len(labels) < t.x+len(t.label) {
			labels = append(labels, ' ')
		}
		copy(labels[t.x:], []rune(t.label))
		marks[t.x] = '┬'
	}
	return []string{g.line("", labels, ""), g.line("", marks, "")}
}

// stateLines returns the names of the states, each after a bar in the column in
// which it is entered: on the first line on which it does not cover the one before.
func (t *Timeline) stateLines(g grid) (lines [][]rune) {
	for _, s := range t.states() {
		x, label := g.at(s.at), []rune("│"+string(s.State))
		i := slices.IndexFunc(lines, func(l []rune) bool { return len(l) <= x })
		if i < 0 {
			lines = append(lines, nil)
			i = len(lines) - 1
		}
		lines[i] = append(append(lines[i], blank(x-len(lines[i]))...), label...)
	}
	return lines
}

// bar returns the cells of a row. Something that is there at all has a cell.
func (t *Timeline) bar(g grid, r row) []rune {
	cells := blank(g.lead + g.room + 1)
	for _, s := range t.states() {
		if s.at >= t.stop {
			cells[g.at(s.at)] = '│'
		}
	}
	if r.from == model.Never {
		return cells
	}
	from, to := g.at(r.from), g.at(r.to)
	for x := from; x < max(to, from+1); x++ {
		cells[x] = '█'
	}
	for x := to; r.cut && x < g.at(r.until); x++ {
		cells[x] = '░'
	}
	if r.cut {
		cells[to] = '×'
	}
	return cells
}

// clip returns a name of at most that many characters.
func clip(name string, most int) string {
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}

func blank(n int) []rune { return []rune(strings.Repeat(" ", n)) }

// eventLines prints each instant once.
func (t *Timeline) eventLines() (lines []string) {
	events := t.events()
	wide := 0
	for _, e := range events {
		wide = max(wide, len(t.since(e.at)))
	}
	last := ""
	for _, e := range events {
		at := t.since(e.at)
		shown := at
		if at == last {
			shown = ""
		}
		last = at
		margin := "  " + strings.Repeat(" ", wide-len(shown)) + shown + "  "
		for _, l := range wrap(e.text, strings.Repeat(" ", wide+4), Width) {
			lines = append(lines, margin+strings.TrimPrefix(l, strings.Repeat(" ", wide+4)))
			margin = strings.Repeat(" ", wide+4)
		}
	}
	return lines
}

func wrapAll(texts []string, margin string) (lines []string) {
	for _, text := range texts {
		lines = append(lines, wrap(text, margin, Width)...)
	}
	return lines
}

func indent(texts []string, margin string) (lines []string) {
	for _, text := range texts {
		lines = append(lines, margin+text)
	}
	return lines
}

// wrap breaks a text at spaces so that its lines, each with the margin before it,
// are at most width wide. A word that is wider is broken too.
func wrap(text, margin string, width int) (lines []string) {
	line := []rune(margin)
	flush := func() {
		lines = append(lines, strings.TrimRight(string(line), " "))
		line = []rune(margin)
	}
	for _, word := range strings.Fields(text) {
		rest := []rune(word)
		if len(line)+len(rest) > width && len(line) > len(margin) {
			flush()
		}
		for len(line)+len(rest) > width {
			n := width - len(line)
			line, rest = append(line, rest[:n]...), rest[n:]
			flush()
		}
		line = append(append(line, rest...), ' ')
	}
	flush()
	return lines
}
