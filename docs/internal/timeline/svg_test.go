package timeline

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/greynewell/mist-go/fsm"
	"pgregory.net/rapid"
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

func (e element) number(t *rapid.T, name string) int {
	n, err := strconv.Atoi(e.attr(name))
	if err != nil {
		t.Fatalf("%s of %v: %v", name, e, err)
	}
	return n
}

// words is all text in an element.
func (e element) words() string {
	text := e.Text
	for _, c := range e.Children {
		text += c.words()
	}
	return text
}

func parseSVG(t *rapid.T, text string) element {
	var root element
	if err := xml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatalf("not XML: %v\n%s", err, text)
	}
	return root
}

// box is the room of something in the drawing.
type box struct{ left, top, right, bottom int }

func (b box) overlaps(c box) bool {
	return b.left < c.right && c.left < b.right && b.top < c.bottom && c.top < b.bottom
}

// boxOf returns the room of a text, as wide as it is in the widest fonts, or of a
// rectangle.
func boxOf(t *rapid.T, e element) box {
	x, y := e.number(t, "x"), e.number(t, "y")
	if e.XMLName.Local == "rect" {
		return box{x, y, x + e.number(t, "width"), y + e.number(t, "height")}
	}
	class, _, _ := strings.Cut(e.attr("class"), " ")
	char := map[string]float64{"headline": 11, "below": 10.6, "name": 10.6, "code": 9.7}[class]
	if char == 0 {
		char = 9.2
	}
	wide := int(float64(utf8.RuneCountInString(e.words())) * char)
	if class == "tick" || class == "name" {
		x -= wide / 2
	}
	return box{x, y - 13, x + wide, y + 4}
}

func TestNoTextOfTheDrawingLiesOverAnotherOrIsCutOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Names are as Latin ones are: of others it is not known how wide they are.
		root := parseSVG(t, fromFlags(t).SVG())
		width, height := root.number(t, "width"), root.number(t, "height")
		var texts []element
		for _, e := range root.Children {
			class := e.attr("class")
			if e.XMLName.Local != "text" && e.XMLName.Local != "rect" || class == "ground" {
				continue
			}
			b := boxOf(t, e)
			if b.left < 0 || b.top < 0 || b.right > width || b.bottom > height {
				t.Fatalf("%q, %+v, is out of the drawing, %d by %d", e.words(), b, width, height)
			}
			for _, other := range texts {
				if o := boxOf(t, other); b.overlaps(o) && !(other.attr("class") != "name" && class == "name") && e.XMLName.Local == "text" && other.XMLName.Local == "text" {
					t.Fatalf("%q, %+v, overlaps %q, %+v", e.words(), b, other.words(), o)
				}
			}
			texts = append(texts, e)
		}
	})
}

func TestAnySVGIsXMLAndSaysInWordsWhatItShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeline := drawn(t)
		root := parseSVG(t, timeline.SVG())
		title, desc := root.Children[0], root.Children[1]
		if root.attr("role") != "img" || root.attr("aria-labelledby") != title.attr("id")+" "+desc.attr("id") {
			t.Fatalf("role %q, labelled by %q", root.attr("role"), root.attr("aria-labelledby"))
		}
		if title.Text != timeline.headline() {
			t.Fatalf("the title is %q", title.Text)
		}
		for _, e := range timeline.events() {
			if !strings.Contains(desc.Text, timeline.since(e.at)+": "+e.text) {
				t.Fatalf("%q is not in %q", e.text, desc.Text)
			}
		}
	})
}

func TestTheSmallestTextIsLegibleOnAPhone(t *testing.T) {
	const phone, least = 390, 12
	sizes := regexp.MustCompile(`font-size: (\d+)px`).FindAllStringSubmatch(svgStyle, -1)
	if len(sizes) == 0 {
		t.Fatal("no size")
	}
	for _, m := range sizes {
		if n, _ := strconv.Atoi(m[1]); n*phone/svgWidth < least {
			t.Errorf("%d px are %d on a phone", n, n*phone/svgWidth)
		}
	}
}

func TestTheStyleServesBothColourSchemesAndTouchesNothingElse(t *testing.T) {
	if !strings.Contains(svgStyle, "@media (prefers-color-scheme: dark) {") {
		t.Error("no dark colours")
	}
	for line := range strings.Lines(svgStyle) {
		selectors, _, isRule := strings.Cut(line, " { ")
		if !isRule || strings.HasPrefix(line, "@media") {
			continue
		}
		for _, s := range strings.Split(selectors, ", ") {
			if !strings.HasPrefix(s, ".mist-timeline") {
				t.Errorf("the selector %q reaches out of the drawing", s)
			}
		}
	}
}

func TestAStateHasTheColourThatItHasInTheDiagram(t *testing.T) {
	for _, s := range fsm.States()[1:] {
		rule := regexp.MustCompile(`\.state-` + s.String() + `[^{\n]* \{ fill: (#\w+);`)
		there, here := rule.FindStringSubmatch(fsm.SVG(s)), rule.FindStringSubmatch(svgStyle)
		if there == nil || here == nil || there[1] != here[1] {
			t.Errorf("%v: %v in the diagram, %v here", s, there, here)
		}
	}
}
