package model

import "time"

// An agenda holds what is still to happen, and hands it out in the order of
// time. It is the only notion of time that the model has.
type agenda struct {
	now   time.Duration
	items []item

	scratch []int // what due returned

	// At a tie several items are due at one instant, and which comes first is
	// chosen by script: the n-th tie takes script[n], or the first item where
	// the script has ended. ties records how many there were to choose from.
	script []int
	ties   []int
	ranked bool // one of several was due first by its rank
}

// item is one thing that is to happen.
type item struct {
	at   time.Duration
	rank rank
	do   func()
}

// rank decides the ties that are no ties: what ends exactly at its deadline
// counts as too late, and so does the deadline itself where an outer one is
// due at the same instant.
type rank uint8

const (
	unranked rank = iota
	outerDeadline
	ownDeadline
	underDeadline
)

// at puts something on the agenda. What is due Never is left out.
func (a *agenda) at(t time.Duration, r rank, do func()) {
	if t != Never {
		a.items = append(a.items, item{t, r, do})
	}
}

// next moves time forward to the next item, takes it off the agenda and
// returns it. It returns nil when nothing is left.
func (a *agenda) next() func() {
	if len(a.items) == 0 {
		return nil
	}
	due := a.due()
	choice := due[0]
	if len(due) > 1 {
		choice = due[a.choose(len(due))]
	}
	do := a.items[choice].do
	a.now = a.items[choice].at
	a.items = append(a.items[:choice], a.items[choice+1:]...)
	return do
}

// due returns the indices of the items of the earliest instant that may come
// first: all that have no rank, and those of the lowest rank there is. The
// slice is valid until the next call.
func (a *agenda) due() []int {
	first, lowest := Never, underDeadline
	for _, it := range a.items {
		first = min(first, it.at)
	}
	for _, it := range a.items {
		if it.at == first && it.rank != unranked {
			lowest = min(lowest, it.rank)
		}
	}
	a.scratch = a.scratch[:0]
	for i, it := range a.items {
		switch {
		case it.at != first:
		case it.rank == unranked || it.rank == lowest:
			a.scratch = append(a.scratch, i)
		default:
			a.ranked = true
		}
	}
	return a.scratch
}

// choose takes the next choice from the script.
func (a *agenda) choose(n int) int {
	tie := len(a.ties)
	a.ties = append(a.ties, n)
	if tie < len(a.script) {
		return a.script[tie]
	}
	return 0
}

// nextScript returns the script for the next order of the same ties, in the
// way an odometer counts: the last choice that can be raised is raised, and
// what came after it starts again. It returns nil when every order was taken.
func nextScript(script, ties []int) []int {
	taken := make([]int, len(ties))
	copy(taken, script)
	for i := len(ties) - 1; i >= 0; i-- {
		if taken[i]+1 < ties[i] {
			taken[i]++
			return taken[:i+1]
		}
	}
	return nil
}
