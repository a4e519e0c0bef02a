package model

import (
	"slices"
	"time"
)

// grain is what the drawn durations are multiples of, before they are made
// distinct. It divides ForceAfter and every default, so that adding one of those
// to an instant leaves its low bits alone.
const grain = 250 * time.Millisecond

// maxBits is how many durations a scenario may have: the sum of that many low
// bits is below the grain, so no sum of some of them can be equal to a sum of
// others.
const maxBits = 27

// distinct gives every duration of a scenario a low bit of its own (1ns, 2ns,
// 4ns, …), so that no two sums of durations are equal and nothing happens at
// the same instant by accident. It expects multiples of the grain, and
// returns a copy. Zero stays zero where it has a meaning of its own. The
// second result is the number of bits that it took, at most maxBits of which
// are of use.
func (s Scenario) distinct() (Scenario, int) {
	s = s.clone()
	bit := 0
	s.durations(func(d *time.Duration, zeroMeans bool) {
		if *d < 0 || *d == Never || *d == 0 && zeroMeans {
			return
		}
		if d == &s.DrainTimeout {
			// Half of it may be the return grace, so the bit below is its own
			// as well.
			bit++
		}
		*d += 1 << bit
		bit++
	})
	return s, bit
}

// whole returns a copy whose durations are multiples of the grain: the nearest,
// but zero only where it was zero.
func (s Scenario) whole() Scenario {
	s = s.clone()
	s.durations(func(d *time.Duration, _ bool) {
		if *d > 0 && *d != Never {
			*d = max(d.Round(grain), grain)
		}
	})
	return s
}

// durations calls visit for every duration of a scenario, and says whether
// zero means something else there than an instant or a length like any other.
func (s *Scenario) durations(visit func(d *time.Duration, zeroMeans bool)) {
	for _, d := range []*time.Duration{&s.DrainTimeout, &s.ShutdownTimeout, &s.DrainDelay, &s.ReturnGrace, &s.CheckTimeout} {
		visit(d, true)
	}
	visit(&s.Main.After, false)
	for i := range s.Stops {
		visit(&s.Stops[i].At, false)
	}
	for i := range s.Starts {
		visit(&s.Starts[i], true)
	}
	for i := range s.Groups {
		visit(&s.Groups[i].At, true)
		for j := range s.Groups[i].Units {
			visit(&s.Groups[i].Units[j].After, true)
			visit(&s.Groups[i].Units[j].Lasts, false)
		}
	}
	for i := range s.Tracks {
		visit(&s.Tracks[i].At, true)
		visit(&s.Tracks[i].Lasts, false)
	}
	for i := range s.Tasks {
		visit(&s.Tasks[i].At, true)
		visit(&s.Tasks[i].Lasts, false)
	}
	for i := range s.Hooks {
		visit(&s.Hooks[i].At, true)
		visit(&s.Hooks[i].Lasts, true)
		visit(&s.Hooks[i].Timeout, true)
	}
	for i := range s.TakeBacks {
		visit(&s.TakeBacks[i].At, true)
	}
	for i := range s.Checks {
		visit(&s.Checks[i].Lasts, true)
	}
	for i := range s.Ready {
		visit(&s.Ready[i].At, true)
	}
	for i := range s.Probes {
		visit(&s.Probes[i].At, false)
	}
}

// clone returns a scenario that shares nothing with s.
func (s Scenario) clone() Scenario {
	s.Stops, s.Starts = slices.Clone(s.Stops), slices.Clone(s.Starts)
	s.Groups = slices.Clone(s.Groups)
	for i := range s.Groups {
		s.Groups[i].Units = slices.Clone(s.Groups[i].Units)
	}
	s.Tracks, s.Tasks = slices.Clone(s.Tracks), slices.Clone(s.Tasks)
	s.Hooks, s.TakeBacks = slices.Clone(s.Hooks), slices.Clone(s.TakeBacks)
	s.Checks, s.Ready, s.Probes = slices.Clone(s.Checks), slices.Clone(s.Ready), slices.Clone(s.Probes)
	return s
}

// grains returns a number of them as a duration.
func grains(n int) time.Duration { return time.Duration(n) * grain }
