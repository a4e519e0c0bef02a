package fsm

import (
	"encoding/xml"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// element is any element of an SVG.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e element) classes() []string { return strings.Fields(e.attr("class")) }

// having returns e and all elements in it that have the class.
func (e element) having(class string) []element {
	var found []element
	if slices.Contains(e.classes(), class) {
		found = append(found, e)
	}
	for _, c := range e.Children {
		found = append(found, c.having(class)...)
	}
	return found
}

func parse(t *testing.T, text string) element {
	t.Helper()
	var root element
	if err := xml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatalf("not XML: %v\n%s", err, text)
	}
	return root
}

// Where everything is, and how it looks, was looked at once.
func TestTheDrawingIsTheDocuments(t *testing.T) {
	kept, err := os.ReadFile("../docs/state-machine.svg")
	if err != nil {
		t.Fatal(err)
	}
	if svg(Table(), Stopped+1) != string(kept) {
		t.Error("docs/state-machine.svg is another drawing; look at the new one after: go generate ./...")
	}
}

func TestSVGHasEveryStateAndEvent(t *testing.T) {
	for name, table := range withTable(odd) {
		t.Run(name, func(t *testing.T) {
			root := parse(t, svg(table, Running))
			var states []string
			for _, g := range root.having("state") {
				text := g.having("name")[0].Text
				if !slices.Contains(g.classes(), "state-"+text) {
					t.Errorf("%s has the classes %v", text, g.classes())
				}
				states = append(states, text)
			}
			var want []string
			for _, s := range statesOf(table) {
				want = append(want, s.String())
			}
			if !slices.Equal(states, want) {
				t.Errorf("states %v, want %v", states, want)
			}
			var got, wantRows []string
			for _, g := range root.having("edge") {
				for _, event := range g.having("event") {
					got = append(got, g.attr("data-from")+" --"+event.Text+"--> "+g.attr("data-to"))
				}
			}
			wantRows = rows(table)
			slices.Sort(got)
			slices.Sort(wantRows)
			if !slices.Equal(got, wantRows) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(wantRows, "\n\t"))
			}
			if len(root.having("initial")) != 1 || len(root.having("terminal")) != 1 {
				t.Error("not one initial and one terminal mark")
			}
		})
	}
}

func TestOnlyTheCurrentStateIsHighlighted(t *testing.T) {
	for _, s := range States() {
		root := parse(t, SVG(s))
		current := root.having("current")
		if len(current) != 1 || current[0].attr("class") != "state state-"+s.String()+" current" {
			t.Errorf("%v: highlighted are %v", s, current)
		}
		if title := root.Children[0].Text; !strings.HasSuffix(title, ", now "+s.String()) {
			t.Errorf("%v: the title is %q", s, title)
		}
	}
	for _, s := range []State{Stopped + 1, 255} {
		if n := len(parse(t, SVG(s)).having("current")); n != 0 {
			t.Errorf("%v, which is no state: %d highlighted", s, n)
		}
	}
}

func TestSVGHasATextDescription(t *testing.T) {
	root := parse(t, SVG(Draining))
	title, desc := root.Children[0], root.Children[1]
	if root.attr("role") != "img" || title.XMLName.Local != "title" || desc.XMLName.Local != "desc" {
		t.Errorf("role %q, then %s and %s", root.attr("role"), title.XMLName.Local, desc.XMLName.Local)
	}
	if got, want := root.attr("aria-labelledby"), title.attr("id")+" "+desc.attr("id"); got != want {
		t.Errorf("labelled by %q, want %q", got, want)
	}
	for _, want := range []string{"starting to running on started;", "draining to hooks on drained or drain_timed_out or forced;"} {
		if !strings.Contains(desc.Text, want) {
			t.Errorf("%q is not in the description: %s", want, desc.Text)
		}
	}
}

func TestDrawingsHaveDistinctIDs(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range append(States(), Stopped+1) {
		for _, e := range parse(t, SVG(s)).Children {
			id := e.attr("id")
			if id != "" && seen[id] {
				t.Errorf("%v: the id %q is taken", s, id)
			}
			seen[id] = true
		}
	}
}

func TestStyleHasBothColourSchemesAndIsScoped(t *testing.T) {
	if !strings.Contains(svgStyle, "@media (prefers-color-scheme: dark) {") {
		t.Error("no dark colours")
	}
	for line := range strings.Lines(svgStyle) {
		selectors, _, isRule := strings.Cut(line, " { ")
		if !isRule || strings.HasPrefix(line, "@media") {
			continue
		}
		for _, s := range strings.Split(selectors, ", ") {
			if !strings.HasPrefix(s, ".mist-fsm") {
				t.Errorf("the selector %q reaches out of the drawing", s)
			}
		}
	}
}

// box is the room of a state or of one event, or of one piece of a line.
type box struct {
	what                     string
	left, top, right, bottom int
}

func (b box) overlaps(c box) bool {
	return b.left < c.right && c.left < b.right && b.top < c.bottom && c.top < b.bottom
}

// Whatever table check accepts, nothing that is read lies over anything else.
func TestNothingInTheDrawingOverlaps(t *testing.T) {
	for name, table := range withTable(map[string][]Transition{
		"every forward shift": everyForwardRow(), "one row": odd["one row"],
	}) {
		t.Run(name, func(t *testing.T) {
			l := layOut(table)
			solid, lines := boxes(l)
			for i, a := range solid {
				if a.left < 0 || a.top < 0 || a.right > l.width || a.bottom > l.height {
					t.Errorf("%+v is out of the drawing, %d by %d", a, l.width, l.height)
				}
				for _, b := range solid[i+1:] {
					if a.overlaps(b) {
						t.Errorf("%+v overlaps %+v", a, b)
					}
				}
				for _, b := range lines {
					if a.overlaps(b) {
						t.Errorf("%+v is crossed by %+v", a, b)
					}
				}
			}
		})
	}
}

// boxes returns the room of all text and states, and that of the lines of
// lanes, which are what could cross them.
func boxes(l layout) (solid, lines []box) {
	for _, s := range l.states {
		solid = append(solid, box{s.String(), l.trunk - nodeWidth/2, l.top[s], l.trunk + nodeWidth/2, l.top[s] + nodeHeight})
	}
	events := func(e edge, x int) {
		upper, _ := l.stack(e)
		for i, on := range e.events {
			half := utf8.RuneCountInString(on.String()) * charWidth / 2
			solid = append(solid, box{on.String(), x - half, upper + i*lineHeight, x + half, upper + (i+1)*lineHeight})
		}
	}
	for _, e := range l.edges {
		if l.next(e) {
			events(e, l.trunk)
		}
	}
	for _, n := range l.lanes {
		events(n.edge, n.x)
		upper, lower := l.stack(n.edge)
		start, end, side := l.top[n.from]+nodeHeight/2, l.top[n.to]+nodeHeight/2, l.trunk-nodeWidth/2
		lines = append(lines,
			box{"out to the lane", n.x, start, side, start + 1}, box{"back from the lane", n.x, end, side, end + 1},
			box{"down to the events", n.x, start, n.x + 1, upper}, box{"down from the events", n.x, lower, n.x + 1, end})
	}
	return solid, lines
}
