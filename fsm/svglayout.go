package fsm

import "slices"

// Sizes in the drawing, in pixels at its natural size. Events use a fixed-width font, so
// that the width of a label is known: charWidth is a little more than any common font
// needs.
const (
	margin     = 20
	nodeHeight = 48
	nodeWidth  = 184
	charWidth  = 9
	lineHeight = 21
	lineAbove  = 20 // of an arrow, before its first event
	lineBelow  = 28 // of an arrow, after its last event, with the head
	laneGap    = 22 // between the events of a lane and what is right of it
	markRadius = 7
	markGap    = 40 // from the centre of a mark to its state
)

// layout has the position of everything. The states are on a vertical trunk, with the
// initial mark above and the terminal mark below. An edge to the next state is part of
// the trunk; one that skips a state runs in a separate lane at the left. The events of
// an edge are stacked in a break of its line, in the gap below the state that it leaves.
// So nothing overlaps: each lane has its own column, a gap is as high as its tallest
// stack, and lines cross a column only at the height of a state, where there are no
// events.
type layout struct {
	width, height int
	trunk         int           // x of the centre of every state
	top           map[State]int // y of the upper side of each state
	gap           map[State]int // height of the gap below each state
	lanes         []lane
	states        []State
	edges         []edge
}

// lane is the column of an edge that skips a state.
type lane struct {
	edge
	x int // of its vertical line
}

func layOut(table []Transition) layout {
	l := layout{states: statesOf(table), edges: edgesOf(table), top: map[State]int{}, gap: map[State]int{}}
	l.placeColumns()
	l.placeRows()
	return l
}

// next reports whether e leads to the next state below.
func (l *layout) next(e edge) bool {
	return slices.Index(l.states, e.to) == slices.Index(l.states, e.from)+1
}

// placeColumns sets the x of every lane and of the trunk, and the width of the drawing.
// Longer lanes are further out, so that lanes nest.
func (l *layout) placeColumns() {
	trunk := nodeWidth
	for _, e := range l.edges {
		if l.next(e) {
			trunk = max(trunk, labelWidth(e))
			continue
		}
		l.lanes = append(l.lanes, lane{edge: e})
	}
	slices.SortStableFunc(l.lanes, func(a, b lane) int {
		return (int(b.to) - int(b.from)) - (int(a.to) - int(a.from))
	})
	x := margin
	for i, n := range l.lanes {
		l.lanes[i].x = x + labelWidth(n.edge)/2
		x += labelWidth(n.edge) + laneGap
	}
	l.trunk = x + trunk/2
	l.width = x + trunk + margin
}

// placeRows sets the y of every state, and the height of the drawing.
func (l *layout) placeRows() {
	events := map[State]int{}
	for _, e := range l.edges {
		events[e.from] = max(events[e.from], len(e.events))
	}
	y := margin + markRadius + markGap
	for i, s := range l.states {
		l.top[s] = y
		l.gap[s] = lineAbove + events[s]*lineHeight + lineBelow
		y += nodeHeight
		if i < len(l.states)-1 {
			y += l.gap[s]
		}
	}
	l.height = y + markGap + markRadius + 3 + margin // 3: the ring of the mark
}

// stack returns the upper and lower end of the events of e.
func (l *layout) stack(e edge) (upper, lower int) {
	height := len(e.events) * lineHeight
	upper = l.top[e.from] + nodeHeight + lineAbove + (l.gap[e.from]-lineAbove-lineBelow-height)/2
	return upper, upper + height
}

func labelWidth(e edge) int {
	longest := 0
	for _, on := range e.events {
		longest = max(longest, len(on.String()))
	}
	return longest * charWidth
}
