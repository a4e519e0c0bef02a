package health

import "time"

// queue is a heap of checks that wait to be started: the earliest time first, and for
// equal times in the order of arrival. It implements heap.Interface.
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

// Pop removes the last entry. Nobody uses what heap.Pop returns.
func (q *queue) Pop() any {
	last := len(*q) - 1
	(*q)[last] = entry{}
	*q = (*q)[:last]
	return nil
}

// alarms is a heap of the checks that have an alarm, earliest first; each check has its
// index. It implements heap.Interface.
type alarms []*check

func (a alarms) Len() int { return len(a) }

func (a alarms) Less(i, j int) bool { return a[i].alarm < a[j].alarm }

func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].alarmIndex, a[j].alarmIndex = i, j
}

func (a *alarms) Push(x any) {
	c := x.(*check)
	c.alarmIndex = len(*a)
	*a = append(*a, c)
}

// Pop removes the last check, whose alarm is none then.
func (a *alarms) Pop() any {
	last := len(*a) - 1
	(*a)[last].alarm = 0
	(*a)[last] = nil
	*a = (*a)[:last]
	return nil
}

// readyList is a linked list of the checks to call now, in order.
type readyList struct{ first, last *check }

func (r *readyList) push(c *check) {
	if r.first == nil {
		r.first = c
	} else {
		r.last.next = c
	}
	r.last = c
}

// pop removes and returns the first check; the list must not be empty.
func (r *readyList) pop() *check {
	c := r.first
	r.first, c.next = c.next, nil
	return c
}
