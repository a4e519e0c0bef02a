package health

// list is a doubly linked list whose nodes live in what they link, so that
// joining and leaving allocate nothing. The zero value is empty.
type list[T any] struct{ first, last *node[T] }

type node[T any] struct {
	value      T
	prev, next *node[T]
}

func (l *list[T]) empty() bool { return l.first == nil }

func (l *list[T]) push(n *node[T]) {
	n.prev, n.next = l.last, nil
	if l.last == nil {
		l.first = n
	} else {
		l.last.next = n
	}
	l.last = n
}

// remove takes n out; n must be in l.
func (l *list[T]) remove(n *node[T]) {
	if n.prev == nil {
		l.first = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.last = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.prev, n.next = nil, nil
}
