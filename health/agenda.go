package health

import "time"

// queue is checks that wait for their turn, the soonest first, and of equal ones
// the one that came first. It implements heap.Interface.
type queue []entry

type entry struct {
	at    time.Duration
	order uint64
	check *check
}

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].at == q[j].at {
		return q[i].order < q[j].order
	}
	return q[i].at < q[j].at
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue) Push(x any) { *q = append(*q, x.(entry)) }

func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = entry{}
	*q = (*q)[:last]
	return e
}

// alarms is the checks that have one, the soonest first; each knows its place. It
// implements heap.Interface.
type alarms []*check

func (a alarms) Len() int { return len(a) }

func (a alarms) Less(i, j int) bool { return a[i].alarm < a[j].alarm }

func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].slot, a[j].slot = i, j
}

func (a *alarms) Push(x any) {
	c := x.(*check)
	c.slot = len(*a)
	*a = append(*a, c)
}

func (a *alarms) Pop() any {
	last := len(*a) - 1
	c := (*a)[last]
	c.alarm = 0
	(*a)[last] = nil
	*a = (*a)[:last]
	return c
}

// readied is the checks that are to be called now, in the order in which they got
// their turns.
type readied struct{ first, last *check }

func (r *readied) push(c *check) {
	if r.first == nil {
		r.first = c
	} else {
		r.last.next = c
	}
	r.last = c
}

// pop returns the first and takes it out; there has to be one.
func (r *readied) pop() *check {
	c := r.first
	r.first, c.next = c.next, nil
	return c
}
