package timeline

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/greynewell/mist-go/model"
	"pgregory.net/rapid"
)

// drawn draws any scenario there is, with any names.
func drawn(t *rapid.T) *Timeline {
	s := model.Scenarios().Draw(t, "scenario")
	names := Names{
		Tracks: rapid.SliceOfN(rapid.StringOfN(printable, 0, 30, -1), 0, 3).Draw(t, "tracks"),
		Hooks:  rapid.SliceOfN(rapid.StringOfN(printable, 0, 30, -1), 0, 3).Draw(t, "hooks"),
	}
	timeline, err := New(s, names)
	if err != nil {
		t.Fatal(err)
	}
	return timeline
}

var printable = rapid.RuneFrom([]rune("a <>&\"'é│█×"), unicode.Letter)

// chart is the chart of a text, as a reader sees it.
type chart struct {
	lines     [][]rune
	stop, end int // the columns of the first mark and of Stopped
}

func read(t *rapid.T, text string) chart {
	var c chart
	for line := range strings.Lines(text) {
		c.lines = append(c.lines, []rune(strings.TrimSuffix(line, "\n")))
	}
	axis := slices.IndexFunc(c.lines, func(l []rune) bool { return strings.HasPrefix(strings.TrimSpace(string(l)), "┬") })
	if axis < 0 {
		t.Fatalf("no axis in\n%s", text)
	}
	c.stop, c.end = slices.Index(c.lines[axis], '┬'), len(c.lines[axis])-1
	c.lines = c.lines[axis+1:]
	return c
}

// column is where an instant must be.
func (c chart) column(trace model.Trace, at time.Duration) int {
	stop, end := trace.Entered(model.Draining), trace.Returned
	switch {
	case at < stop:
		lead := len("|running")
		return c.stop - lead + int(time.Duration(lead)*at/stop)
	case end == stop:
		return c.stop
	}
	return c.stop + int(time.Duration(c.end-c.stop)*(at-stop)/(end-stop))
}

func (c chart) has(x int, text string) bool {
	return slices.ContainsFunc(c.lines, func(l []rune) bool {
		return x <= len(l) && strings.HasPrefix(string(l[x:]), text)
	})
}

func TestEveryStateIsAtTheColumnOfItsInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeline := drawn(t)
		trace, text := timeline.Trace(), timeline.Text()
		c := read(t, text)
		for _, s := range model.States() {
			at := trace.Entered(s)
			if at == model.Never || s == model.Starting && trace.Steps[0].At == 0 {
				continue // it was not entered, or over as soon as it was
			}
			if x := c.column(trace, at); !c.has(x, "│"+string(s)) {
				t.Fatalf("%s is not at column %d in\n%s\n%s", s, x, text, trace)
			}
		}
	})
}

func TestEveryHooksBarIsWhereItRan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeline := drawn(t)
		trace, text := timeline.Trace(), timeline.Text()
		c := read(t, text)
		first := len(timeline.rows) - len(timeline.given.Hooks)
		lines := c.lines[len(timeline.stateLines(timeline.grid())):]
		for i, run := range trace.Hooks {
			if run.Late {
				continue
			}
			line := lines[first+i][c.stop:]
			from, to := c.column(trace, run.Start)-c.stop, c.column(trace, run.End)-c.stop
			cut := run.Outcome != model.Ended
			for x, r := range line[:c.end-c.stop+1] {
				switch solid := r == '█'; {
				case cut && x == to && r != '×':
					t.Fatalf("hook %d: no cross at column %d in\n%s\n%s", run.Hook, x, text, trace)
				case cut && x == to:
				case solid != (x >= from && x < max(to, from+1)):
					t.Fatalf("hook %d: column %d is %q in\n%s\n%s", run.Hook, x, r, text, trace)
				}
			}
		}
	})
}

func TestNoLineIsWiderThanATerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawn(t).Text()
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > Width || strings.TrimRight(line, " ") != line {
				t.Fatalf("%q is too wide, or has spaces at its end, in\n%s", line, text)
			}
		}
	})
}

// section returns the paragraphs of a section of a text: what is on further lines
// belongs to the line before if that is full.
func section(text, title string) string {
	_, after, _ := strings.Cut(text, "\n"+title+"\n")
	body, _, _ := strings.Cut(after, "\n\n")
	return strings.Join(strings.Fields(body), " ")
}

func TestWhatRunReturnsIsWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeline := drawn(t)
		trace := timeline.Trace()
		got := section(timeline.Text(), "What Run returns")
		rest := got
		for _, k := range trace.Errors {
			name := goName(k) + ": "
			at := strings.Index(rest, name)
			if at < 0 {
				t.Fatalf("%s is not there, or not in its place: %q\n%s", k, got, trace)
			}
			rest = rest[at+len(name):]
		}
		if isNil := strings.HasPrefix(got, "nil:"); isNil != (len(trace.Errors) == 0) {
			t.Fatalf("nil: %t, but the errors are %v: %q", isNil, trace.Errors, got)
		}
	})
}

func TestEveryEventOfTheTraceIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeline := drawn(t)
		trace := timeline.Trace()
		var at []time.Duration
		for _, e := range timeline.events() {
			at = append(at, e.at)
		}
		if !slices.IsSorted(at) {
			t.Fatalf("not in order: %v", at)
		}
		want := []time.Duration{trace.Cancelled.At, trace.Entered(model.Draining), trace.Entered(model.Hooks), trace.Returned}
		for _, run := range trace.Hooks {
			if !run.Late {
				want = append(want, run.Start, run.End)
			}
		}
		for _, w := range want {
			if !slices.Contains(at, w) {
				t.Fatalf("nothing is said of %v, only of %v\n%s", w, at, trace)
			}
		}
	})
}

func TestAScenarioThatNothingEndsIsRefused(t *testing.T) {
	for name, s := range map[string]model.Scenario{
		"nothing stops it":  {Main: model.Main{After: model.Never}},
		"it makes no sense": {Main: model.Main{After: -time.Second}},
	} {
		if _, err := New(s, Names{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestATieSaysWhatElseMayHappen(t *testing.T) {
	// Work that ends exactly when the drain timeout does is finished, or not.
	request, err := Parse([]string{"-work", "15s"})
	if err != nil {
		t.Fatal(err)
	}
	timeline, err := New(request.Scenario, request.Names)
	if err != nil {
		t.Fatal(err)
	}
	got := section(timeline.Text(), "What Run returns")
	if !strings.Contains(got, "ErrDrainTimeout") || !strings.Contains(got, "nil") || !strings.Contains(got, "one instant") {
		t.Error(got)
	}
}
