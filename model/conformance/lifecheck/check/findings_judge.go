package check

import "slices"

// Judge says what is wrong in what was seen. It is a function of its arguments
// alone. Doubtful findings that were seen once are in doubt, by the kinds of lives
// that would settle them.
func Judge(o Options, s Survey, lives []Life) (found []Finding, doubt map[Kind][]string) {
	var t tally
	before := map[Kind][]string{} // what lives of a kind show
	seen := make([][]sighting, len(lives))
	for i, l := range lives {
		seen[i] = sightings(o, s, l)
		before[l.Kind] = append(before[l.Kind], distinct(seen[i])...)
	}
	for i, l := range lives {
		t.add(l, attribute(seen[i], l.Kind, before))
	}
	slices.SortStableFunc(t.names, func(a, b string) int { return order(a) - order(b) })
	doubt = map[Kind][]string{}
	for _, n := range t.names {
		r := rule(n)
		if !r.Doubtful && t.sure[n] || t.lives[n] >= 2 {
			found = append(found, Finding{Name: n, Clause: r.Clause, Means: r.Means, Seen: t.lines[n], Change: r.Change, Lives: t.lives[n]})
			continue
		}
		kind := t.kind[n]
		doubt[kind] = append(doubt[kind], n)
		if kind == Again { // and is it the second signal?
			doubt[UnderLoad] = append(doubt[UnderLoad], n)
		}
	}
	return dropGlobally(found), doubt
}

// tally counts what was seen.
type tally struct {
	names []string            // of findings
	lines map[string][]string // what was seen of each, the first few
	lives map[string]int      // how many lives it was seen in
	kind  map[string]Kind     // the last of them
	sure  map[string]bool     // something was seen that does not rest on time
}

const fewLines = 4

func (t *tally) add(l Life, seen []sighting) {
	if t.lives == nil {
		t.lines, t.lives, t.kind, t.sure = map[string][]string{}, map[string]int{}, map[string]Kind{}, map[string]bool{}
	}
	for _, n := range distinct(seen) {
		if t.lives[n] == 0 {
			t.names = append(t.names, n)
		}
		t.lives[n]++
		t.kind[n] = l.Kind
	}
	for _, v := range seen {
		t.sure[v.name] = t.sure[v.name] || !v.timing
		line := string(l.Kind) + ": " + v.seen
		if lines := t.lines[v.name]; len(lines) < fewLines && !slices.Contains(lines, line) {
			t.lines[v.name] = append(lines, line)
		}
	}
}

// canHarm reports whether a second signal may do this where a single one does not.
func canHarm(name string) bool {
	return slices.Contains([]string{"sigterm-kills", "listener-closed-early", "in-flight-dropped", "in-flight-failed", "early-exit", "exit-code", "connection-reset"}, name)
}

// attribute says what the sightings of a life come of. What comes of something
// that a single SIGTERM under load shows is not said again. What a second signal
// does, and a single one does in no life, is its fault.
func attribute(seen []sighting, kind Kind, before map[Kind][]string) (out []sighting) {
	for _, v := range seen {
		known := slices.Contains(before[UnderLoad], v.name)
		explained := slices.ContainsFunc(before[UnderLoad], func(name string) bool {
			return rule(name).explains(v.name) && !slices.Contains(rule(name).Explains, all)
		})
		elsewhere := known || slices.Contains(before[Interrupt], v.name) || slices.Contains(before[Hanging], v.name) || slices.Contains(before[Idle], v.name)
		switch {
		case explained && !known:
		case kind != Again || elsewhere:
			out = append(out, v)
		case canHarm(v.name):
			out = append(out, sighting{name: "second-signal-harms", seen: v.name + ": " + v.seen})
		default:
			out = append(out, v) // a single one may do it too, and has not yet
		}
	}
	return out
}

// dropGlobally drops what is in other lives the same thing again: a signal that
// is ignored under load is so in start-up, and an exit with work under way is no
// different when the work never ends.
func dropGlobally(found []Finding) []Finding {
	lives := map[string]int{}
	for _, f := range found {
		lives[f.Name] = f.Lives
	}
	because := map[string][]string{
		"start-up-ignores-signal": {"sigterm-ignored", "sigint-ignored", "signal-not-passed-on", "killed"},
		"ready-after-signal":      {"sigterm-ignored", "sigint-ignored", "signal-not-passed-on", "start-up-ignores-signal", "readiness-not-failed", "readiness-slow", "readiness-flaps"},
		"stuck-request-exit-zero": {"early-exit", "in-flight-dropped"},
		"stuck-request-holds":     {"killed", "over-budget"},
		"second-signal-harms":     {"sigterm-kills", "sigterm-ignored", "early-exit"},
		"over-budget":             {"killed"},
		"early-exit":              {"sigterm-kills"},
		"exit-code":               {"early-exit", "sigterm-kills"},
	}
	// Whether requests went with the process or before it may look different from
	// one life to another.
	if lives["in-flight-dropped"] > lives["early-exit"] {
		because["early-exit"] = append(because["early-exit"], "in-flight-dropped")
	} else {
		for _, name := range []string{"in-flight-dropped", "listener-closed-early", "accepted-without-answer"} {
			because[name] = append(because[name], "early-exit")
		}
	}
	return slices.DeleteFunc(found, func(f Finding) bool {
		return slices.ContainsFunc(because[f.Name], func(name string) bool { return lives[name] > 0 })
	})
}

func order(name string) int {
	return slices.IndexFunc(Rules(), func(r Rule) bool { return r.Name == name })
}

func distinct(seen []sighting) (names []string) {
	for _, s := range seen {
		if !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	return names
}
