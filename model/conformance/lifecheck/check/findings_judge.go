package check

import (
	"maps"
	"slices"
)

// Judge says what is wrong in what was seen. It is a function of its arguments
// alone. Doubtful findings that were seen once are in doubt, by the kind of life
// that would settle them.
func Judge(o Options, s Survey, lives []Life) (found []Finding, doubt map[Kind][]string) {
	once := map[string]map[string]bool{} // finding → what was seen, so that it is not said twice
	doubt = map[Kind][]string{}
	byKind := map[Kind]map[string]int{}
	var names []string
	lines := map[string][]string{}
	count := map[string]int{}
	plain := map[string]bool{} // seen after a single SIGTERM under load
	for _, l := range lives {
		if l.Kind == UnderLoad {
			for _, n := range distinct(sightings(o, s, l)) {
				plain[n] = true
			}
		}
	}
	for _, l := range lives {
		seen := attribute(sightings(o, s, l), l, plain)
		for _, n := range distinct(seen) {
			if byKind[l.Kind] == nil {
				byKind[l.Kind] = map[string]int{}
			}
			byKind[l.Kind][n]++
			count[n]++
		}
		for _, v := range seen {
			if once[v.name] == nil {
				once[v.name] = map[string]bool{}
				names = append(names, v.name)
			}
			line := string(l.Kind) + ": " + v.seen
			if !once[v.name][line] && len(lines[v.name]) < 4 {
				once[v.name][line] = true
				lines[v.name] = append(lines[v.name], line)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return order(a) - order(b) })
	for _, n := range names {
		r := rule(n)
		if r.Doubtful && count[n] < 2 {
			for kind, seen := range byKind {
				if seen[n] > 0 {
					doubt[kind] = append(doubt[kind], n)
				}
			}
			continue
		}
		found = append(found, Finding{Name: n, Clause: r.Clause, Means: r.Means, Seen: lines[n], Change: r.Change, Lives: count[n]})
	}
	return dropGlobally(found), doubt
}

// attribute says what the sightings of the lives come of that are not plain ones.
// What comes of something that a single SIGTERM under load shows is not said
// again. What a second signal does, and a single one does not, is its fault, if it
// does not depend on time.
func attribute(seen []sighting, l Life, plain map[string]bool) (out []sighting) {
	for _, v := range seen {
		explained := slices.ContainsFunc(slices.Collect(maps.Keys(plain)), func(name string) bool {
			return rule(name).explains(v.name) && !slices.Contains(rule(name).Explains, all)
		})
		switch {
		case plain[v.name]:
			out = append(out, v)
		case explained:
		case l.Kind != Again:
			out = append(out, v)
		case !rule(v.name).Doubtful:
			out = append(out, sighting{"second-signal-harms", v.name + ": " + v.seen})
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
		"exit-code":               {"early-exit"},
	}
	// Whether requests went with the process or before it may look different from
	// one life to another.
	if lives["in-flight-dropped"] > lives["early-exit"] {
		because["early-exit"] = append(because["early-exit"], "in-flight-dropped")
	} else {
		because["in-flight-dropped"] = []string{"early-exit"}
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
