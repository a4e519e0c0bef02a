// Package sample has a function for each kind of change that command mutate
// makes. What its own test leaves alive is known.
package sample

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

const wait = 500 * time.Millisecond

// ErrOdd has two words.
var ErrOdd = errors.New("an odd number")

type pair struct {
	left, right int
	sure        bool
}

func condition(a, b int) string {
	if a < b && a != 0 {
		return "less"
	} else {
		b = 1
	}
	if b == 1 || a > 9 {
		return "one"
	}
	return fmt.Sprintf("%d", b)
}

func arithmetic(a, b int) int {
	a += 2
	a++
	return a*b + max(a, b)/2 - a%2
}

func loops(all []int) (n int) {
	for _, x := range all {
		if x < 0 {
			break
		}
		if x == 0 {
			continue
		}
		n += x
	}
	for i := 0; i < 2; i++ {
		n--
	}
	return n
}

func flows(mu *sync.Mutex, ch chan int) (p pair, err error) {
	mu.Lock()
	defer mu.Unlock()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("recovered: %v", v)
		}
	}()
	go send(ch, 7)
	select {
	case n, ok := <-ch:
		p = pair{left: n, sure: ok}
	case <-time.After(wait):
		panic("too late")
	}
	v, ok := lookup(p.left)
	p.right, p.sure = v, ok && p.sure
	return p, check(p)
}

func send(ch chan int, n int) { ch <- n }

func lookup(n int) (int, bool) {
	m := make(map[int]int, 10)
	m[7] = 8
	v, ok := m[n]
	return v, ok
}

func check(p pair) error {
	switch {
	case p.left%2 == 0:
		return ErrOdd
	case p.sure:
		return nil
	}
	return fmt.Errorf("not sure of %d", p.left)
}

func forever(next func() int) int {
	for {
		if n := next(); n > 3 {
			return n
		}
	}
}

func missing(n int) int {
	if n > 0 {
		return 1
	} else {
		return 2
	}
}
