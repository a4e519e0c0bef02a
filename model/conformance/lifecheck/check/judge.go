package check

import (
	"fmt"
	"slices"
	"time"
)

// sighting is one finding in one life.
type sighting struct {
	name, seen string
	timing     bool // it rests on how long something took, though others of its name may not
	compared   bool // it rests on how the service answers when it does not stop
	requests   int  // how many it is about
}

// judge is what the rules are asked with: one life, and what is known of the
// service.
type judge struct {
	Options
	Survey
	Life
	seen []sighting
}

func (j *judge) find(name, format string, args ...any) {
	j.seen = append(j.seen, sighting{name: name, seen: fmt.Sprintf(format, args...)})
}

// findLate is find for what rests on how long something took.
func (j *judge) findLate(name, format string, args ...any) {
	j.find(name, format, args...)
	j.seen[len(j.seen)-1].timing = true
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
		j.find("exits-by-itself", "exit code %d %s after it was ready, and no signal was sent%s", l.Code, round(l.Exit-l.Ready), lastLine(l.Output))
	case l.Stop == 0:
	case l.Kind.starting():
		j.startUp()
	case l.Kind == Idle:
		j.signalled()
		j.exit()
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
