package lifecycle

// list is an intrusive doubly linked list, so that removing an item takes constant
// time however many there are.
type list[T any] struct {
	first, last *item[T]
	n           int
}

// item is a value that may be in a list.
type item[T any] struct {
	v          T
	prev, next *item[T]
	in         bool // it is in a list
}

// add puts the item at the end.
func (l *list[T]) add(i *item[T]) {
	l.n++
	i.in = true
	if i.prev = l.last; i.prev == nil {
		l.first = i
	} else {
		i.prev.next = i
	}
	l.last = i
}

// remove takes the item out and reports whether it was in the list.
func (l *list[T]) remove(i *item[T]) bool {
	if !i.in {
		return false
	}
	l.n--
	i.in = false
	if i.prev == nil {
		l.first = i.next
	} else {
		i.prev.next = i.next
	}
	if i.next == nil {
		l.last = i.prev
	} else {
		i.next.prev = i.prev
	}
	i.prev, i.next = nil, nil
	return true
}
