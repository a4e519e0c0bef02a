package model

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// horizon is how far into a run things are drawn to happen, in grains: past
// the end of many runs, so that what comes late is drawn as well.
const horizon = 24

var (
	allExits = []Exit{
		ReturnsNil, ReturnsError, ReturnsCanceled, ReturnsWrapped, ReturnsClosed, ReturnsCause,
		ReturnsJoined, ReturnsNetClosed, ReturnsOwnClean, ReturnsOwnJoined, ReturnsOwnMixed, ReturnsMixed, Panics, PanicsNil, PanicsError, PanicsCanceled, CallsGoexit,
	}
	coreExits = []Exit{ReturnsNil, ReturnsError, Panics, PanicsNil, PanicsError, CallsGoexit}
)

// The three ways in which main may find its end.
type way int

const (
	byItself way = iota
	afterCancel
	never
)

func drawMain(exits []Exit, ways ...way) *rapid.Generator[Main] {
	return rapid.Custom(func(t *rapid.T) Main {
		m := Main{Ends: rapid.SampledFrom(exits).Draw(t, "main ends")}
		switch rapid.SampledFrom(ways).Draw(t, "main") {
		case byItself:
			m.After = span(t, "main lasts", 0, horizon)
		case afterCancel:
			m.AfterCancel = true
			m.After = span(t, "main lasts after cancel", 0, 8)
		case never:
			return Main{After: Never}
		}
		return m
	})
}

// act makes a generator of actors of a function that draws one.
func act(draw func(t *rapid.T) actor) *rapid.Generator[actor] { return rapid.Custom(draw) }

// lasting draws how long something lasts, which now and then is for ever.
func lasting(t *rapid.T, most int) time.Duration {
	if often(t, "never ends", 1, 6) {
		return Never
	}
	return span(t, "lasts", 0, most)
}

var (
	allTriggers = []Trigger{SIGTERM, SIGINT, StopNil, StopWithError, ParentCancelled}
	signals     = []Trigger{SIGTERM, SIGINT}
)

func stop(triggers []Trigger) *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		stop := Stop{By: rapid.SampledFrom(triggers).Draw(t, "by"), At: span(t, "stop at", 0, horizon)}
		if stop.By == ParentCancelled && often(t, "before Run", 1, 4) {
			stop.At = BeforeRun
		}
		return func(s *Scenario) { s.Stops = append(s.Stops, stop) }
	})
}

// signalAfterMain draws a SIGTERM that comes a little after main has ended by itself, mostly
// while there is work in flight.
func signalAfterMain() *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		later, longer, busy := span(t, "later", 1, 6), span(t, "longer", 1, 6), often(t, "busy", 2, 3)
		return func(s *Scenario) {
			if s.Main.AfterCancel || s.Main.After == Never {
				return
			}
			at := s.Main.After + later
			s.Stops = append(s.Stops, Stop{SIGTERM, at})
			if busy {
				s.Groups = append(s.Groups, Group{Units: []Unit{{Lasts: at + longer}}})
			}
		}
	})
}

// volley draws one to three SIGINTs that are about as far apart as it takes
// for the second and the third to be forcing.
func volley() *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		at := span(t, "volley at", 0, horizon)
		afterMain := often(t, "after main", 1, 3)
		var more []time.Duration
		for range rapid.IntRange(0, 2).Draw(t, "more") {
			more = append(more, span(t, "later", 0, 4))
		}
		return func(s *Scenario) {
			at := at
			if afterMain && s.Main.After != Never {
				at = s.Main.After + at%(4*grain)
			}
			s.Stops = append(s.Stops, Stop{SIGINT, at})
			for _, later := range more {
				s.Stops = append(s.Stops, Stop{SIGINT, s.Stops[len(s.Stops)-1].At + later})
			}
		}
	})
}

func start() *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		at := span(t, "marked started at", 0, 8)
		return func(s *Scenario) { s.Starts = append(s.Starts, at) }
	})
}

func group() *rapid.Generator[actor] {
	unit := rapid.Custom(func(t *rapid.T) Unit {
		return Unit{After: span(t, "after", 0, 8), Lasts: lasting(t, 12)}
	})
	units := rapid.SliceOfN(unit, 0, 3)
	return act(func(t *rapid.T) actor {
		g := Group{At: span(t, "group at", 0, horizon), Units: units.Draw(t, "units")}
		return func(s *Scenario) { s.Groups = append(s.Groups, g) }
	})
}

func track() *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		u := Track{At: span(t, "track at", 0, horizon), Lasts: lasting(t, 12)}
		return func(s *Scenario) { s.Tracks = append(s.Tracks, u) }
	})
}

func task() *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		k := Task{At: span(t, "task at", 0, horizon), Lasts: lasting(t, 12)}
		if k.Lasts != Never {
			k.Ends = rapid.SampledFrom(allExits).Draw(t, "task ends")
		}
		return func(s *Scenario) { s.Tasks = append(s.Tasks, k) }
	})
}

// hook draws a hook; in the wide form one that may take a context, have a
// timeout of its own, and return what only main may return.
func hook(wide bool) *rapid.Generator[actor] {
	exits := coreExits
	if wide {
		exits = allExits
	}
	return act(func(t *rapid.T) actor {
		h := Hook{Lasts: lasting(t, 8)}
		if h.Lasts != Never {
			h.Ends = rapid.SampledFrom(exits).Draw(t, "hook ends")
		}
		if wide {
			h.Aware = rapid.Bool().Draw(t, "aware")
			if often(t, "has a timeout", 1, 4) {
				h.Timeout = span(t, "hook timeout", 1, 6)
			}
		}
		if often(t, "registered later", 1, 2) {
			h.At = span(t, "hook at", 0, horizon)
		}
		by := 0
		if often(t, "by a hook", 1, 4) {
			by = rapid.IntRange(1, 4).Draw(t, "by")
		}
		return func(s *Scenario) {
			h := h
			if by > 0 && len(s.Hooks) > 0 {
				h.By = 1 + (by-1)%len(s.Hooks)
				h.At %= 8 * grain // counts from the beginning of that hook
			}
			s.Hooks = append(s.Hooks, h)
		}
	})
}

// takeBack draws a call that takes a hook back, and now and then a second one:
// by main's goroutines, or by a hook.
func takeBack() *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		hook := rapid.IntRange(0, 7).Draw(t, "takes back")
		b := TakeBack{At: span(t, "takes back at", 0, horizon)}
		by := 0
		if often(t, "by a hook", 1, 2) {
			by = rapid.IntRange(1, 4).Draw(t, "by")
		}
		twice := often(t, "twice", 1, 4)
		return func(s *Scenario) {
			if len(s.Hooks) == 0 {
				return
			}
			b := b
			b.Hook = 1 + hook%len(s.Hooks)
			if by > 0 {
				b.By = 1 + (by-1)%len(s.Hooks)
				b.At %= 8 * grain // counts from the beginning of that hook
			}
			s.TakeBacks = append(s.TakeBacks, b)
			if twice {
				s.TakeBacks = append(s.TakeBacks, b)
			}
		}
	})
}

// crowd draws many things that take no time, at once: now and then there are
// far more than anybody would write down by hand. They are hooks, or groups
// whose work is done.
func crowd() *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		n := rapid.SampledFrom([]int{2, 3, 7, 17, 64}).Draw(t, "crowd")
		groups := rapid.Bool().Draw(t, "of groups")
		return func(s *Scenario) {
			for range n {
				if groups {
					s.Groups = append(s.Groups, Group{})
				} else {
					s.Hooks = append(s.Hooks, Hook{})
				}
			}
		}
	})
}

// check draws a check; in the wide form one that may take its time, or hang,
// or not matter.
func check(wide bool) *rapid.Generator[actor] {
	exits := slices.DeleteFunc(slices.Clone(coreExits), func(e Exit) bool { return e == PanicsError })
	return act(func(t *rapid.T) actor {
		c := Check{Ends: rapid.SampledFrom(exits).Draw(t, "check ends")}
		if wide {
			c.Lasts = lasting(t, 8)
			c.Optional = often(t, "optional", 1, 4)
		}
		return func(s *Scenario) { s.Checks = append(s.Checks, c) }
	})
}

func ready() *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		r := Ready{Is: rapid.Bool().Draw(t, "ready"), At: span(t, "set ready at", 0, horizon)}
		return func(s *Scenario) { s.Ready = append(s.Ready, r) }
	})
}

func probe(endpoints ...Ask) *rapid.Generator[actor] {
	return act(func(t *rapid.T) actor {
		p := Probe{Of: rapid.SampledFrom(endpoints).Draw(t, "probe of"), At: span(t, "probe at", 0, horizon)}
		next := p
		again := often(t, "and again", 1, 6)
		if again {
			next.At += span(t, "later", 0, 2)
		}
		return func(s *Scenario) {
			if p.Of == Startup && !s.Follow {
				return // start-up is a question about a lifecycle
			}
			s.Probes = append(s.Probes, p)
			if again {
				s.Probes = append(s.Probes, next)
			}
		}
	})
}
