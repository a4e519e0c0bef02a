package model

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// line is one line of a trace as it is printed.
type line struct {
	at   time.Duration
	rank int // among the lines of one instant: causes before effects
	text string
}

// String returns the trace as a timeline, one line for each thing that
// happened, with its instant.
func (t Trace) String() string {
	var b strings.Builder
	for _, l := range t.lines() {
		b.WriteString(l)
		b.WriteByte('\n')
	}
	return b.String()
}

// lines returns the timeline. Lines of one instant are in the order of a life.
func (t Trace) lines() []string {
	var ls []line
	add := func(at time.Duration, rank int, format string, args ...any) {
		ls = append(ls, line{at, rank, fmt.Sprintf(format, args...)})
	}
	for _, s := range t.Steps {
		add(s.At, stepRank(s.Edge), "%s", s.Edge)
	}
	add(t.MainEnded, 1, "main is back")
	add(t.Cancelled.At, 3, "context cancelled%s", causeNote(t.Cancelled))
	if t.WorkEnded != (Cancellation{At: Never}) {
		add(t.WorkEnded.At, 5, "work context cancelled%s", causeNote(t.WorkEnded))
	}
	t.hookLines(add)
	t.answerLines(add)
	if t.Returns() {
		add(t.Returned, 10, "Run returns %s", errorList(t.Errors))
	} else {
		add(Never, 10, "Run returns")
	}

	slices.SortStableFunc(ls, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.rank, b.rank))
	})
	texts := make([]string, len(ls))
	for i, l := range ls {
		texts[i] = fmt.Sprintf("%-15s %s", stamp(l.at), l.text)
	}
	return append(texts, t.acceptance()...)
}

// acceptance says which work was refused or taken, which needs no instant:
// the scenario knows when it was offered.
func (t Trace) acceptance() []string {
	var texts []string
	for i, ok := range t.Tracks {
		texts = append(texts, fmt.Sprintf("%-15s Track %d answers %t", "", i+1, ok))
	}
	for i, ok := range t.Tasks {
		texts = append(texts, fmt.Sprintf("%-15s Go %d answers %t", "", i+1, ok))
	}
	for i, ok := range t.TakeBacks {
		texts = append(texts, fmt.Sprintf("%-15s TakeBack %d answers %t", "", i+1, ok))
	}
	return texts
}

func causeNote(c Cancellation) string {
	if c.Cause == "" {
		return ""
	}
	return ": " + string(c.Cause)
}

type adder func(at time.Duration, rank int, format string, args ...any)

// stepRank puts a transition among the other lines of its instant.
func stepRank(e Edge) int {
	switch {
	case e.On == Started:
		return 0
	case e.To == Draining:
		return 2
	case e.To == Hooks:
		return 4
	}
	return 9
}

func (t Trace) hookLines(add adder) {
	for _, h := range t.Hooks {
		note := ""
		if h.Late {
			note = " after Run has returned"
		}
		if h.Deadline != 0 {
			note += ", deadline " + stamp(h.Deadline)
		}
		// Beginning and end share a rank, so that at one instant the end of a
		// hook stays before the beginning of the next.
		add(h.Start, 7, "hook %d begins%s", h.Hook, note)
		add(h.End, 7, "hook %d %s", h.Hook, h.Outcome)
	}
	for _, h := range t.NotRun {
		add(t.Returned, 8, "hook %d is not run", h)
	}
}

func (t Trace) answerLines(add adder) {
	for i, a := range t.Answers {
		add(a.At, 11, "probe %d: %v", i+1, a)
	}
}

// String returns what was answered, but not when.
func (a Answer) String() string {
	text := strconv.Itoa(a.Code)
	if a.Status != "" {
		text += " " + a.Status
	}
	if a.State != "" {
		text += ", state " + string(a.State)
	}
	if len(a.Ran) > 0 {
		text += fmt.Sprintf(", ran checks %v", a.Ran)
	}
	if len(a.Failed) > 0 {
		text += fmt.Sprintf(", failed %v", a.Failed)
	}
	return text
}

func errorList(kinds []Kind) string {
	if len(kinds) == 0 {
		return "nil"
	}
	texts := make([]string, len(kinds))
	for i, k := range kinds {
		texts[i] = string(k)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// stamp prints an instant with what is below a millisecond set apart, where
// the generators put the bits that tell the durations of a scenario apart:
// "1.25s+4ns".
func stamp(d time.Duration) string {
	if d == Never {
		return "never"
	}
	whole := d.Truncate(time.Millisecond)
	if rest := d - whole; rest > 0 && whole > 0 {
		return fmt.Sprintf("%v+%dns", whole, rest.Nanoseconds())
	}
	return d.String()
}
