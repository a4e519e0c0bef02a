package model

import "iter"

// The instants of the small scenarios, in grains. The options give Draining
// and Hooks eight each, of which main's return has four, so that everything
// below falls into a phase that can be read from the numbers.
const (
	smallStop    = 4  // when a stop is requested, or main exits first
	smallTimeout = 8  // of either phase
	backSoon     = 1  // main, after cancel: well within its grace
	backLate     = 10 // main, after cancel: when hooks may be running
)

// Exhaustive yields every scenario up to a small bound: each way for main to
// end, each stop, forced or not, one group whose work is done before the
// stop, while draining or never, and two hooks of every sort, of which one
// that never ends runs into the shutdown timeout. None has a tie. There are
// about seventeen thousand, always in the same order.
func Exhaustive() iter.Seq[Scenario] {
	return func(yield func(Scenario) bool) {
		for _, s := range smallEnds() {
			for _, groups := range smallGroups() {
				for _, hooks := range smallHooks() {
					s.Groups, s.Hooks = groups, hooks
					distinct, _ := s.distinct()
					if !yield(distinct) {
						return
					}
				}
			}
		}
	}
}

// smallEnds combines each end of main with each stop. Main that ends by
// itself does so alone, since a stop after it is a stop that changes nothing.
func smallEnds() []Scenario {
	var all []Scenario
	for _, end := range []Exit{ReturnsNil, ReturnsError, ReturnsCanceled, ReturnsCause, Panics, CallsGoexit} {
		all = append(all, smallEnd(Main{Ends: end, After: smallStop * grain}))
		for _, after := range []int{backSoon, backLate} {
			all = append(all, smallStops(Main{Ends: end, AfterCancel: true, After: grains(after)})...)
		}
	}
	return append(all, smallStops(Main{After: Never})...)
}

func smallEnd(m Main, stops ...Stop) Scenario {
	return Scenario{
		DrainTimeout:    smallTimeout * grain,
		ShutdownTimeout: smallTimeout * grain,
		Main:            m,
		Stops:           stops,
	}
}

// smallStops returns one scenario for each stop.
func smallStops(m Main) []Scenario {
	var all []Scenario
	for _, by := range []Trigger{SIGINT, SIGTERM, ParentCancelled, StopNil, StopWithError} {
		all = append(all, smallEnd(m, Stop{By: by, At: smallStop * grain}))
	}
	all = append(all, smallEnd(m, Stop{By: ParentCancelled, At: BeforeRun}))
	// A SIGINT two grains after the stop is forcing, and so is the next.
	forced := []Stop{{SIGTERM, smallStop * grain}, {SIGINT, grains(smallStop + 2)}, {SIGINT, grains(smallStop + 4)}}
	all = append(all, smallEnd(m, forced[:2]...), smallEnd(m, forced...))
	for _, end := range []Exit{ReturnsError, Panics} {
		s := smallEnd(m)
		s.Tasks = []Task{{At: grain, Lasts: (smallStop - 1) * grain, Ends: end}}
		all = append(all, s)
	}
	return all
}

func smallGroups() [][]Group {
	unit := func(lasts int) []Group { return []Group{{Units: []Unit{{Lasts: grains(lasts)}}}} }
	return [][]Group{
		nil,
		unit(smallStop - 2),
		unit(smallStop + 3),
		{{Units: []Unit{{Lasts: Never}}}},
	}
}

// smallHooks returns no hook, each sort of hook alone, and each pair.
func smallHooks() [][]Hook {
	sorts := []Hook{
		{Lasts: 2 * grain},
		{Lasts: 2 * grain, Ends: ReturnsError},
		{Lasts: 2 * grain, Ends: Panics},
		{Lasts: 2 * grain, Ends: CallsGoexit},
		{Lasts: Never},
	}
	all := [][]Hook{nil}
	for _, first := range sorts {
		all = append(all, []Hook{first})
		for _, second := range sorts {
			all = append(all, []Hook{first, second})
		}
	}
	return all
}
