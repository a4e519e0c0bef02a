package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Verdict is what lifecheck says in one word.
type Verdict string

// The verdicts.
const (
	Pass         Verdict = "pass"
	HasFindings  Verdict = "findings"
	Inconclusive Verdict = "inconclusive"
)

// A Finding is a rule that was broken, and what was seen of it.
type Finding struct {
	Name   string   `json:"name"`
	Clause string   `json:"clause"`
	Means  string   `json:"means"`
	Seen   []string `json:"seen"`
	Change string   `json:"change"`
	Lives  int      `json:"lives"` // how many it was seen in
}

// sighting is one finding in one life.
type sighting struct{ name, seen string }

// judge is what the rules are asked with: one life, and what is known of the
// service.
type judge struct {
	Options
	Survey
	Life
	seen []sighting
}

func (j *judge) find(name, format string, args ...any) {
	j.seen = append(j.seen, sighting{name, fmt.Sprintf(format, args...)})
}

// proved reports whether the service had run, and not only time had passed,
// between two moments: probes that began after the first were answered before the
// second. On a busy machine that takes longer, for the service as for lifecheck.
func (j *judge) proved(since, at time.Duration) bool {
	n := 0
	for _, p := range j.Probes {
		if p.Begun > since && p.Ended < at && p.Outcome == Answered && p.Role != PortProbe {
			n++
		}
	}
	return n >= 5
}

// after is a time since the stop, as a person reads it.
func (j *judge) after(t time.Duration) string { return round(t-j.Stop) + " after the signal" }

// sightings are the findings of one life, without those that others explain.
func sightings(o Options, s Survey, l Life) []sighting {
	j := &judge{Options: o, Survey: s, Life: l}
	switch {
	case l.Stop == 0 && l.Exit != 0 && (l.Ready != 0 || !l.Kind.starting()):
		j.find("exits-by-itself", "exit code %d %s after it was ready, and no signal was sent", l.Code, round(l.Exit-l.Ready))
	case l.Stop == 0:
	case l.Kind.starting():
		j.startUp()
	default:
		j.signalled()
		j.probes()
		j.listeners()
		j.connections()
		j.requests()
		j.exit()
	}
	return unexplained(j.seen)
}

// unexplained drops what another sighting is the reason of.
func unexplained(seen []sighting) (left []sighting) {
	for _, s := range seen {
		explained := slices.ContainsFunc(seen, func(other sighting) bool {
			return rule(other.name).explains(s.name) && !(rule(s.name).explains(other.name) && !before(other.name, s.name))
		})
		if !explained {
			left = append(left, s)
		}
	}
	return left
}

// before says which of two that explain each other wins: the first in the table,
// but a signal that was not passed on is the reason of what looks like a kill.
func before(a, b string) bool {
	at := func(name string) int {
		if name == "signal-not-passed-on" {
			return -1
		}
		return slices.IndexFunc(Rules(), func(r Rule) bool { return r.Name == name })
	}
	return at(a) < at(b)
}

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

// inconclusive says why the lives do not show enough.
func inconclusive(o Options, lives []Life) (why []string) {
	loaded, flying, busy := 0, 0, time.Duration(0)
	for _, l := range lives {
		busy = max(busy, l.Late)
		if l.Kind == UnderLoad && l.Stop > 0 {
			loaded++
			if l.inFlight() > 0 {
				flying++
			}
		}
	}
	if loaded == 0 {
		why = append(why, "the service was never stopped under load")
	}
	if len(o.Work) > 0 && flying < loaded {
		why = append(why, fmt.Sprintf("nothing was in flight at the signal in %d of %d runs: give a -work that takes longer, or -work %s for a service without requests", loaded-flying, loaded, None))
	}
	if busy > tooLate {
		why = append(why, fmt.Sprintf("this machine was up to %s late for a timer: try again when it has less to do", round(busy)))
	}
	return why
}

// inFlight is how many requests were under way at the stop.
func (l Life) inFlight() (n int) {
	for _, r := range l.Requests {
		if l.flew(r) {
			n++
		}
	}
	return n
}

// flew reports whether r was under way at the stop: sent a while before it, and
// not at its end. That it had reached the service is known from the probe that was
// sent after it and answered before the signal.
func (l Life) flew(r Request) bool {
	return r.Phase == InFlight && r.Sent > 0 && r.Sent <= l.Stop-youngest/2 && r.Ended > l.Stop && r.Outcome != Refused
}

// summary is a life in a line.
func (l Life) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", l.Kind)
	switch {
	case l.Stop == 0:
		fmt.Fprintf(&b, "exit code %d without a signal", l.Code)
	case l.Killed > 0:
		fmt.Fprintf(&b, "still there %s after it", round(l.Killed-l.Stop))
	case l.BySignal != "":
		fmt.Fprintf(&b, "ended by %s after %s", l.BySignal, round(l.Exit-l.Stop))
	default:
		fmt.Fprintf(&b, "exit code %d after %s", l.Code, round(l.Exit-l.Stop))
	}
	if l.Kind.loaded() && len(l.Requests) > 0 {
		whole := 0
		for _, r := range l.Requests {
			if l.flew(r) && r.Outcome == Answered {
				whole++
			}
		}
		fmt.Fprintf(&b, ", %d of %d requests in flight answered", whole, l.inFlight())
	}
	return b.String()
}
