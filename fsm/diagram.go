package fsm

import "slices"

// edge is all rows of a table between the same two states, which are drawn as one arrow.
type edge struct {
	from, to State
	events   []Event
}

// edgesOf returns the edges of a table, in the order of their first rows.
func edgesOf(table []Transition) []edge {
	var edges []edge
	for _, t := range table {
		i := slices.IndexFunc(edges, func(e edge) bool { return e.from == t.From && e.to == t.To })
		if i < 0 {
			i = len(edges)
			edges = append(edges, edge{from: t.From, to: t.To})
		}
		edges[i].events = append(edges[i].events, t.On)
	}
	return edges
}

// statesOf returns the states in a table, in lifecycle order. Starting is always among
// them, since every lifecycle begins there.
func statesOf(table []Transition) []State {
	states := []State{Starting}
	for _, t := range table {
		states = append(states, t.From, t.To)
	}
	slices.Sort(states)
	return slices.Compact(states)
}

// terminalsOf returns the states of a table that no row leaves.
func terminalsOf(table []Transition) []State {
	return slices.DeleteFunc(statesOf(table), func(s State) bool {
		return slices.ContainsFunc(table, func(t Transition) bool { return t.From == s })
	})
}
