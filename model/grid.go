package model

import "time"

// maxOrders is how many orders of what is due at one instant are tried.
const maxOrders = 500

// OnGrid returns the scenario for playing in real time: its durations rounded to
// the grain of the generators, and step in place of a grain. Things then happen a
// step apart or at one instant. ok is false where the order at one instant makes
// a difference, a default timeout ends anything, or the life lasts longer than
// limit: a machine that is a little late could not play it as it is meant.
func (s Scenario) OnGrid(step, limit time.Duration) (grid Scenario, ok bool) {
	grid = s.whole()
	grid.durations(func(d *time.Duration, _ bool) {
		if *d > 0 && *d != Never {
			*d = *d / grain * step
		}
	})
	if grid.check() != nil {
		return grid, false
	}
	return grid, grid.AnyOrder(limit)
}

// AnyOrder says whether the same comes of the scenario in whatever order things
// happen that are due at one instant, no default timeout ends anything, and it lasts
// no longer than limit.
func (s Scenario) AnyOrder(limit time.Duration) bool {
	var first Trace
	orders := 0
	for script := []int{}; script != nil; orders++ {
		l := live(s, script)
		switch {
		case l.problem != nil, l.ranked, l.trace.Returned > limit, orders == maxOrders:
			return false
		case orders == 0:
			first = l.trace
		case !first.Equal(l.trace):
			return false
		}
		script = nextScript(script, l.ties)
	}
	return true
}
