package health

import "container/heap"

// queue holds the checks that wait for their turn: the one that is due soonest
// first, and of those that are due together the one that came first.
type queue struct {
	heap checkHeap
	came uint64
}

func (q *queue) empty() bool { return len(q.heap) == 0 }

// first returns the check whose turn is next; the queue must not be empty.
func (q *queue) first() *check { return q.heap[0] }

func (q *queue) add(c *check) {
	q.came++
	c.order = q.came
	heap.Push(&q.heap, c)
}

func (q *queue) take() *check { return heap.Pop(&q.heap).(*check) }

// checkHeap implements heap.Interface.
type checkHeap []*check

func (h checkHeap) Len() int { return len(h) }

func (h checkHeap) Less(i, j int) bool {
	if h[i].due == h[j].due {
		return h[i].order < h[j].order
	}
	return h[i].due < h[j].due
}

func (h checkHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *checkHeap) Push(x any) { *h = append(*h, x.(*check)) }

func (h *checkHeap) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return c
}
