package model

import (
	"fmt"
	"strings"
)

// Exploration is what [Explore] found.
type Exploration struct {
	States, Edges int
	Depth         int          // of the longest of all shortest paths
	Taken         map[Edge]int // how often each row of the table was taken
	Violations    []Violation  // one for each sentence that was broken
}

// Violation is a sentence of the contract that does not hold somewhere, with
// a shortest way to get there.
type Violation struct {
	Clause   string
	Sentence string
	Path     []string // what happened, from the entry of Run on
}

// String returns the clause, the sentence and the path.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s does not hold after:\n\t%s", v.Clause, v.Sentence, strings.Join(v.Path, "\n\t"))
}

// String returns the figures in one line.
func (e Exploration) String() string {
	return fmt.Sprintf("%d states, %d edges, depth %d, %d rows of the table taken, %d violations",
		e.States, e.Edges, e.Depth, len(e.Taken), len(e.Violations))
}

// Explore visits, breadth first, every state that a life with up to four
// hooks and four units of work can be in, with main in or out, every timeout
// able to run out, and signals at any moment. At each edge it checks each
// sentence that can be broken there (STATE-1, RUN-1 to RUN-3, RUN-11, DRAIN-1
// to DRAIN-4, DRAIN-7, HOOK-1, HOOK-3, HOOK-4, HOOK-8, SIG-2, HEALTH-4), and
// on the whole graph that there is no dead end, and that once a stop is
// requested, Stopped is reached even if main, work and hooks do nothing more
// (STATE-2).
func Explore() Exploration { return explore(contract(), nil) }

// explorer is the graph as far as it is known.
type explorer struct {
	machine
	found  []node
	index  map[node]int
	parent []step // how each node was first reached
	depth  []int
	own    [][]int // for each node, the nodes that the library leads there from
	any    [][]int // the same for everything that can happen
	out    []int   // how many edges lead to another node
	broken map[string]bool
	enough func(clause string) bool
	done   bool
	report Exploration
}

type step struct {
	from int // -1 for a root
	rule string
}

// explore does it for any machine, so that wrong ones can be tried as well. It
// ends early when enough, which may be nil, says so of a clause that is broken.
func explore(m machine, enough func(clause string) bool) Exploration {
	x := &explorer{machine: m, index: map[node]int{}, broken: map[string]bool{}, enough: enough}
	x.report.Taken = map[Edge]int{}
	for _, r := range roots() {
		x.visit(r, step{from: -1}, 0)
	}
	for i := 0; i < len(x.found) && !x.done; i++ {
		x.expand(i)
	}
	if !x.done {
		x.checkGraph()
	}
	x.report.States = len(x.found)
	return x.report
}

// visit returns the index of a node, which is new or known.
func (x *explorer) visit(n node, by step, depth int) int {
	if i, ok := x.index[n]; ok {
		return i
	}
	i := len(x.found)
	x.index[n] = i
	x.found = append(x.found, n)
	x.parent = append(x.parent, by)
	x.depth = append(x.depth, depth)
	x.own = append(x.own, nil)
	x.any = append(x.any, nil)
	x.out = append(x.out, 0)
	x.report.Depth = max(x.report.Depth, depth)
	return i
}

// expand follows every rule that applies to a node.
func (x *explorer) expand(i int) {
	from := x.found[i]
	for _, r := range x.rules {
		if from.main == notLaunched && !r.early || !r.when(from) {
			continue
		}
		to, on := r.then(from)
		x.report.Edges++
		if on != "" {
			x.report.Taken[Edge{from.state(), on, to.state()}]++
		}
		x.check(i, r, from, on, to)
		if to = to.forget(); to == from {
			continue
		}
		j := x.visit(to, step{i, r.name}, x.depth[i]+1)
		x.out[i]++
		x.any[j] = append(x.any[j], i)
		if r.own {
			x.own[j] = append(x.own[j], i)
		}
	}
}

// check looks at one edge.
func (x *explorer) check(i int, r rule, from node, on Event, to node) {
	if r.idle != "" && to != from {
		x.violated(r.idle, r.name+" changes nothing", i, r.name)
	}
	for _, inv := range invariants {
		if !inv.holds(x.machine, from, on, to) {
			x.violated(inv.clause, inv.sentence, i, r.name)
		}
	}
}

// checkGraph looks at what no single edge can show.
func (x *explorer) checkGraph() {
	byAnyone, byItself := x.leadingToStopped(x.any), x.leadingToStopped(x.own)
	for i, n := range x.found {
		if x.out[i] == 0 && !n.in(Stopped) {
			x.violated("STATE-2", "there is no dead end", i, "")
		}
		if !byAnyone[i] {
			x.violated("STATE-2", "Stopped can be reached from everywhere", i, "")
		}
		if !n.up() && !byItself[i] {
			x.violated("STATE-2", "Stopped is reached whatever main, work and hooks do", i, "")
		}
	}
	for _, e := range edges {
		if x.report.Taken[e] == 0 {
			x.violated("STATE-1", e.String()+" can be taken", 0, "")
		}
	}
}

// leadingToStopped follows edges backwards from Stopped.
func (x *explorer) leadingToStopped(back [][]int) []bool {
	leads := make([]bool, len(x.found))
	var todo []int
	for i, n := range x.found {
		if n.in(Stopped) {
			leads[i] = true
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, j := range back[i] {
			if !leads[j] {
				leads[j] = true
				todo = append(todo, j)
			}
		}
	}
	return leads
}

// violated notes a violation at a node, or at an edge out of it. The first of
// each sentence is the nearest to the entry of Run, and is enough.
func (x *explorer) violated(clause, sentence string, at int, by string) {
	if x.broken[clause+sentence] {
		return
	}
	x.broken[clause+sentence] = true
	x.done = x.done || x.enough != nil && x.enough(clause)
	var path []string
	if by != "" {
		path = append(path, by)
	}
	for i := at; x.parent[i].from >= 0; i = x.parent[i].from {
		path = append([]string{x.parent[i].rule}, path...)
	}
	x.report.Violations = append(x.report.Violations, Violation{clause, sentence, path})
}
