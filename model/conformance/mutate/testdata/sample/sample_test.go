package sample

import (
	"sync"
	"testing"
)

func TestCondition(t *testing.T) {
	for _, c := range []struct {
		a, b int
		want string
	}{{1, 2, "less"}, {0, 1, "one"}, {2, 1, "one"}, {10, 10, "one"}, {10, 2, "one"}, {-1, -1, "one"}, {1, 1, "one"}} {
		if got := condition(c.a, c.b); got != c.want {
			t.Errorf("%d, %d: %s", c.a, c.b, got)
		}
	}
}

func TestArithmetic(t *testing.T) {
	if got := arithmetic(2, 3); got != 16 {
		t.Error(got)
	}
}

func TestLoops(t *testing.T) {
	if got := loops([]int{1, 0, 4, -1, 9}); got != 3 {
		t.Error(got)
	}
}

func TestFlows(t *testing.T) {
	var mu sync.Mutex
	if p, err := flows(&mu, make(chan int, 1)); p != (pair{7, 8, true}) || err != nil {
		t.Error(p, err)
	}
	ch := make(chan int)
	close(ch)
	if !mu.TryLock() {
		t.Error("locked")
	}
}

func TestForever(t *testing.T) {
	n := 0
	if got := forever(func() int { n++; return n }); got != 4 {
		t.Error(got)
	}
	if missing(1) != 1 || missing(0) != 2 {
		t.Error("missing")
	}
}
