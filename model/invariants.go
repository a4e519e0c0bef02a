package model

import "slices"

// An invariant is a sentence of the contract that can be checked at one edge
// of the abstract machine. They are written without regard to the rules: each
// looks at what is true before and after, not at what was meant to happen.
type invariant struct {
	clause   string
	sentence string
	holds    func(m machine, from node, on Event, to node) bool
}

// entering says whether an edge enters a state.
func entering(s State, from, to node) bool { return !from.in(s) && to.in(s) }

var invariants = []invariant{
	{"STATE-1", "every transition is a row of the table", func(_ machine, from node, on Event, to node) bool {
		if on == "" {
			return from.phase == to.phase
		}
		return slices.Contains(edges, Edge{from.state(), on, to.state()})
	}},
	{"STATE-1", "no state is entered twice", func(_ machine, from node, _ Event, to node) bool {
		return from.phase == to.phase || from.entered&(1<<to.phase) == 0
	}},
	{"RUN-1", "main is called once, before Stopped", func(_ machine, from node, _ Event, to node) bool {
		return to.main >= from.main && (!to.in(Stopped) || to.main != notLaunched)
	}},
	{"RUN-2", "the context is live until a stop, and cancelled before Hooks", func(_ machine, from node, _ Event, to node) bool {
		return (!to.cancelled || !to.up()) && (to.cancelled || to.accepts()) && (!from.cancelled || to.cancelled)
	}},
	{"RUN-3", "main's own exit is a stop, and cancels the context at once", func(_ machine, _ node, _ Event, to node) bool {
		return to.main != mainIn || !to.up() && to.cancelled
	}},
	{"RUN-11", "main that is out at Stopped has run into the timeout", func(_ machine, from node, _ Event, to node) bool {
		return !entering(Stopped, from, to) || to.main == mainIn || to.shutdown != noReason
	}},
	{"DRAIN-1", "no hook begins before Draining is over", func(_ machine, from node, _ Event, to node) bool {
		return !to.has(begun) || to.in(Hooks)
	}},
	{"DRAIN-2", "work that is left unfinished has a reason", func(_ machine, from node, _ Event, to node) bool {
		return !entering(Hooks, from, to) || to.busy == 0 || to.drain != noReason
	}},
	{"DRAIN-3", "work that begins after Draining is not counted", func(_ machine, from node, _ Event, to node) bool {
		return to.busy <= from.busy || from.accepts()
	}},
	{"DRAIN-4", "only unfinished work is a drain timeout", func(_ machine, from node, _ Event, to node) bool {
		return !entering(Hooks, from, to) || to.drain != timedOut || to.busy > 0
	}},
	{"DRAIN-4", "main is waited for until its grace is over", func(_ machine, from node, _ Event, to node) bool {
		return !entering(Hooks, from, to) || to.main == mainIn || to.graceOver || to.drain == forced
	}},
	{"DRAIN-7", "a forcing signal in the drain delay ends only the delay", func(_ machine, from node, on Event, _ node) bool {
		return on != PhaseForced || from.cancelled
	}},
	{"HOOK-1", "hooks run one at a time", func(_ machine, _ node, _ Event, to node) bool {
		return to.first(begun) == to.last(begun)
	}},
	{"HOOK-1", "hooks run last registered first", func(_ machine, from node, _ Event, to node) bool {
		i := to.last(begun)
		return i < 0 || from.hooks[i] == begun || from.last(registered) == i
	}},
	{"HOOK-1", "hooks run at most once", func(_ machine, from node, _ Event, to node) bool {
		for i, h := range to.hooks {
			if h < from.hooks[i] || h == begun && from.hooks[i] == unregistered {
				return false
			}
		}
		return true
	}},
	{"HOOK-3", "hooks that are cut short have a reason", func(_ machine, from node, _ Event, to node) bool {
		return from.in(Stopped) || !to.has(interrupted) && !to.has(notRun) || to.shutdown != noReason
	}},
	{"HOOK-4", "no hook is dropped in silence", func(_ machine, from node, _ Event, to node) bool {
		return !to.has(dropped) && (!to.in(Stopped) || !to.has(registered) && !to.has(begun))
	}},
	{"HOOK-10", "a hook that has begun is not taken back, and one that was taken back does not begin", func(_ machine, from node, _ Event, to node) bool {
		for i, h := range to.hooks {
			if h == takenBack && from.hooks[i] != registered && from.hooks[i] != takenBack || h != takenBack && from.hooks[i] == takenBack {
				return false
			}
		}
		return true
	}},
	{"SIG-2", "a forcing signal comes 250 ms after the stop and the last SIGINT", func(_ machine, from node, on Event, _ node) bool {
		return on != PhaseForced || from.forceable
	}},
	{"HEALTH-4", "ready only in Running", func(m machine, _ node, _ Event, to node) bool {
		return m.ready(to) == to.in(Running)
	}},
}
