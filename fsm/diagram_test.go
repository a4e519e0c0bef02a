package fsm

import (
	"slices"
	"strings"
	"testing"
)

// hostile is a label that would break out of any of the three notations, if it
// were not escaped.
const hostile = "x\"];<b>&amp; \\N{}%% #35; --> '\n\x00[*]\\"

// odd are tables that the emitters must draw without harm: check refuses some
// of them, but an emitter does not know that.
var odd = map[string][]Transition{
	"no rows":             nil,
	"one row":             {{From: Starting, On: Started, To: Stopped}},
	"a row twice":         append(Table(), Table()[0]),
	"a loop":              append(Table(), Transition{From: Running, On: Forced, To: Running}),
	"a way back":          append(Table(), Transition{From: Hooks, On: Started, To: Starting}),
	"an exit at the end":  append(Table(), Transition{From: Stopped, On: Started, To: Starting}),
	"unknown names":       append(Table(), Transition{From: 9, On: 99, To: 200}),
	"every forward shift": everyForwardRow(),
}

// everyForwardRow has every event from every state to every later one.
func everyForwardRow() []Transition {
	var table []Transition
	for _, from := range States() {
		for _, to := range States()[from+1:] {
			for _, e := range Events() {
				table = append(table, Transition{From: from, On: e, To: to})
			}
		}
	}
	return table
}

func TestDiagramsAreDeterministic(t *testing.T) {
	emitters := map[string]func() string{"Mermaid": Mermaid, "DOT": DOT}
	for _, s := range append(States(), Stopped+1) {
		emitters["SVG of "+s.String()] = func() string { return SVG(s) }
	}
	for name, emit := range emitters {
		first := emit()
		if !strings.HasSuffix(first, "\n") || strings.Contains(first, "\r") {
			t.Errorf("%s: does not end in a line end, or has a carriage return", name)
		}
		for range 20 {
			if emit() != first {
				t.Errorf("%s: two calls differ", name)
			}
		}
	}
}

func TestMermaidHasEveryStateAndEvent(t *testing.T) {
	for name, table := range withTable(odd) {
		t.Run(name, func(t *testing.T) {
			lines := strings.Split(strings.TrimSuffix(mermaid(table), "\n"), "\n")
			if lines[0] != "stateDiagram-v2" {
				t.Errorf("begins with %q", lines[0])
			}
			want := []string{"    [*] --> starting"}
			for _, s := range statesOf(table) {
				want = append(want, `    state "`+mermaidLabel(s.String())+`" as `+mermaidID(s.String()))
			}
			for _, s := range terminalsOf(table) {
				want = append(want, "    "+mermaidID(s.String())+" --> [*]")
			}
			wantOnce(t, lines, want)
			for _, r := range table {
				arrow := "    " + mermaidID(r.From.String()) + " --> " + mermaidID(r.To.String()) + " : "
				if !slices.ContainsFunc(lines, func(l string) bool {
					label, ok := strings.CutPrefix(l, arrow)
					return ok && slices.Contains(strings.Split(label, "<br/>"), mermaidLabel(r.On.String()))
				}) {
					t.Errorf("%s: no edge with that event", row(r))
				}
			}
			if got := len(lines) - 1 - len(want); got != len(edgesOf(table)) {
				t.Errorf("%d edges, want %d", got, len(edgesOf(table)))
			}
		})
	}
}

func TestDOTHasEveryStateAndRow(t *testing.T) {
	for name, table := range withTable(odd) {
		t.Run(name, func(t *testing.T) {
			text := dot(table)
			body, ok := strings.CutPrefix(text, dotHead)
			if !ok || !strings.HasSuffix(body, "}\n") {
				t.Fatalf("not the head and a closing brace: %s", text)
			}
			lines := strings.Split(body, "\n")
			want := []string{`    "initial" -> "starting";`}
			for _, s := range statesOf(table) {
				want = append(want, "    "+dotQuote(s.String())+";")
			}
			for _, s := range terminalsOf(table) {
				want = append(want, "    "+dotQuote(s.String())+` -> "terminal";`)
			}
			wantOnce(t, lines, want)
			var edges []string
			for _, l := range lines {
				if strings.Contains(l, "[label=\" ") {
					edges = append(edges, l)
				}
			}
			var wantEdges []string
			for _, r := range table {
				wantEdges = append(wantEdges, `    "`+r.From.String()+`" -> "`+r.To.String()+`" [label=" `+r.On.String()+` "];`)
			}
			if !slices.Equal(edges, wantEdges) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(edges, "\n"), strings.Join(wantEdges, "\n"))
			}
		})
	}
}

func TestInitialAndTerminalMarks(t *testing.T) {
	if got := terminalsOf(Table()); !slices.Equal(got, []State{Stopped}) {
		t.Errorf("terminal: %v", got)
	}
	if got := statesOf(Table()); !slices.Equal(got, States()) {
		t.Errorf("states: %v", got)
	}
	if got := statesOf(nil); !slices.Equal(got, []State{Starting}) {
		t.Errorf("states of no table: %v", got)
	}
}

func TestHostileLabelsAreEscaped(t *testing.T) {
	cases := []struct{ name, got, want string }{
		{"Mermaid label", mermaidLabel(hostile), "x#34;#93;#59;#60;b#62;#38;amp#59; #92;N#123;#125;#37;#37; #35;35#59; #45;#45;#62; #39;  #91;#42;#93;#92;"},
		{"Mermaid id", mermaidID("a b-c\"é"), "a_b_c__"},
		{"DOT", dotQuote(hostile), `"x\"];<b>&amp;amp; \\N{}%% #35; --> '  [*]\\"`},
		{"SVG", svgText(hostile), "x&#34;];&lt;b&gt;&amp;amp; \\N{}%% #35; --&gt; &#39;&#xA;\uFFFD[*]\\"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, c.got, c.want)
		}
	}
}

// withTable returns the tables and the real one among them.
func withTable(tables map[string][]Transition) map[string][]Transition {
	all := map[string][]Transition{"the table": Table()}
	for name, table := range tables {
		all[name] = table
	}
	return all
}

func wantOnce(t *testing.T, lines, want []string) {
	t.Helper()
	for _, w := range want {
		n := 0
		for _, l := range lines {
			if l == w {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d times, want once: %q", n, w)
		}
	}
}
