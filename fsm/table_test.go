package fsm

import (
	"slices"
	"strings"
	"testing"
)

// documented is the table as the documents have it, written here once more so
// that a slip in Table is seen.
var documented = []string{
	"starting --started--> running",
	"starting --stop_requested--> draining",
	"starting --main_exited--> draining",
	"running --stop_requested--> draining",
	"running --main_exited--> draining",
	"draining --drained--> hooks",
	"draining --drain_timed_out--> hooks",
	"draining --forced--> hooks",
	"hooks --hooks_finished--> stopped",
	"hooks --shutdown_timed_out--> stopped",
	"hooks --forced--> stopped",
}

// row returns a transition as the errors of check print it.
func row(t Transition) string {
	return t.From.String() + " --" + t.On.String() + "--> " + t.To.String()
}

func rows(table []Transition) []string {
	var out []string
	for _, t := range table {
		out = append(out, row(t))
	}
	return out
}

// STATE-1
func TestTableIsValid(t *testing.T) {
	if err := check(Table()); err != nil {
		t.Errorf("check: %v", err)
	}
	if got := rows(Table()); !slices.Equal(got, documented) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(documented, "\n\t"))
	}
	for _, r := range Table() {
		if r.Doc == "" {
			t.Errorf("%s: does not say when it is taken", row(r))
		}
	}
}

func TestTableIsACopy(t *testing.T) {
	Table()[0].To = Stopped
	if got := rows(Table()); !slices.Equal(got, documented) {
		t.Errorf("changing a copy changed the table: %q", got)
	}
}

func TestInvalidTableIsRejected(t *testing.T) {
	with := func(extra ...Transition) []Transition { return append(Table(), extra...) }
	without := func(drop func(Transition) bool) []Transition { return slices.DeleteFunc(Table(), drop) }
	cases := []struct {
		name  string
		table []Transition
		want  string
	}{
		{"a row that is there twice", with(Table()[4]),
			"running --main_exited--> draining: more than one row"},
		{"a second target for one state and event", with(Transition{From: Starting, On: Started, To: Draining}),
			"starting --started--> draining: more than one row"},
		{"an exit from Stopped, backward", with(Transition{From: Stopped, On: Started, To: Starting}),
			"stopped --started--> starting: no row may leave Stopped"},
		{"an exit from Stopped to itself", with(Transition{From: Stopped, On: Forced, To: Stopped}),
			"stopped --forced--> stopped: no row may leave Stopped"},
		{"a row that goes backward", with(Transition{From: Draining, On: Started, To: Running}),
			"draining --started--> running: does not move forward"},
		{"a row that stays where it is", with(Transition{From: Running, On: Started, To: Running}),
			"running --started--> running: does not move forward"},
		{"a row from a state that there is not", with(Transition{From: Stopped + 1, On: Started, To: Running}),
			"state(5) --started--> running: no such state or event"},
		{"a row to the first state that there is not", with(Transition{From: Running, On: Forced, To: Stopped + 1}),
			"running --forced--> state(5): no such state or event"},
		{"a row to a state that there is not", with(Transition{From: Running, On: Forced, To: 255}),
			"running --forced--> state(255): no such state or event"},
		{"a row on an event that there is not", with(Transition{From: Running, On: Forced + 1, To: Draining}),
			"running --event(8)--> draining: no such state or event"},
		{"a state that is not reached", without(func(t Transition) bool { return t.To == Running }),
			"running: no path from starting"},
		{"a state that is not reached, nor what follows it", without(func(t Transition) bool { return t.To == Hooks }),
			"hooks: no path from starting"},
		{"a state that nothing leaves but Stopped", without(func(t Transition) bool { return t.From == Running }),
			"running: no path to stopped"},
		{"no rows at all", nil, "running: no path from starting"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, err := newMachine(c.table)
			if m != nil || err == nil {
				t.Fatalf("accepted: %q", rows(c.table))
			}
			if want := "fsm: table: " + c.want; err.Error() != want {
				t.Errorf("\n got %q\nwant %q", err, want)
			}
		})
	}
}

// A mutant of the table is either rejected, or some events tell it from the
// real one: so no slip in a row can go unseen by a test that fires events.
func TestEveryMutantOfTheTableIsRejectedOrDetected(t *testing.T) {
	var rejected, seen int
	try := func(name string, table []Transition) {
		t.Helper()
		m, err := newMachine(table)
		if err != nil {
			rejected++
			return
		}
		seen++
		if differs(New(), m, nil) == nil {
			t.Errorf("%s: accepted, and no events tell it from the table", name)
		}
	}
	for i, r := range Table() {
		try("without "+row(r), slices.Delete(Table(), i, i+1))
		try("twice "+row(r), slices.Insert(Table(), i, r))
		for _, s := range States() {
			table := Table()
			table[i].To = s
			if s != r.To {
				try(row(r)+" led to "+s.String(), table)
			}
			twice := append(Table(), Transition{From: r.From, On: r.On, To: s})
			try(row(r)+" again, to "+s.String(), twice)
		}
	}
	t.Logf("%d mutants rejected, %d seen", rejected, seen)
	if rejected == 0 || seen == 0 {
		t.Errorf("%d rejected, %d seen: both ways should have been taken", rejected, seen)
	}
}

// differs returns the shortest events after which a and b are in different
// states, or nil when there are none. Both are machines in Starting; since a
// machine cannot go back, each path is walked by fresh ones of their tables.
func differs(a, b *Machine, path []Event) []Event {
	if len(path) == len(States()) { // no machine has a longer path
		return nil
	}
	for _, e := range Events() {
		walk := append(slices.Clone(path), e)
		if stateAfter(a.table, walk) != stateAfter(b.table, walk) {
			return walk
		}
	}
	for _, e := range Events() {
		if found := differs(a, b, append(slices.Clone(path), e)); found != nil {
			return found
		}
	}
	return nil
}

func stateAfter(table []Transition, path []Event) State {
	m, err := newMachine(table)
	if err != nil {
		panic(err)
	}
	for _, e := range path {
		_, _ = m.Fire(e) // an event that is not allowed changes nothing
	}
	return m.State()
}
