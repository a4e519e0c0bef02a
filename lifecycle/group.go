package lifecycle

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// group is one drain group.
type group struct {
	wg   sync.WaitGroup
	pc   uintptr
	made time.Time
}

// groupState is the state of a group's counter.
type groupState uint8

const (
	groupIdle    groupState = iota // at zero
	groupBusy                      // above zero, or below it, where Wait does not return either
	groupUnknown                   // the layout of sync.WaitGroup is not known
)

// state reports whether the group is at zero.
//
// WaitGroup does not export its counter, and calling Wait to find out does not
// work: the race detector reports a Wait concurrent with an Add from zero
// (DRAIN-9), and Wait needs a goroutine, which a busy machine may not schedule for
// seconds (DRAIN-2). So the counter is read in place, with an atomic load as in
// package sync.
func (g *group) state() groupState {
	if !wgCounter.known {
		return groupUnknown
	}
	state := (*atomic.Uint64)(unsafe.Add(unsafe.Pointer(&g.wg), wgCounter.offset))
	if state.Load()>>32 != 0 {
		return groupBusy
	}
	return groupIdle
}

// wgCounter is where a WaitGroup keeps its counter. It is never changed.
var wgCounter = findCounter()

type counterField struct {
	offset uintptr // of the word whose upper half is the counter
	known  bool
}

// findCounter finds the counter by the field's name and type, and verifies that it
// counts.
func findCounter() counterField {
	field, ok := reflect.TypeFor[sync.WaitGroup]().FieldByName("state")
	if !ok || field.Type != reflect.TypeFor[atomic.Uint64]() {
		return counterField{}
	}
	var wg sync.WaitGroup
	state := (*atomic.Uint64)(unsafe.Add(unsafe.Pointer(&wg), field.Offset))
	is := func(n uint64) bool { return state.Load()>>32 == n }
	known := is(0)
	wg.Add(3)
	known = known && is(3)
	wg.Add(-1)
	known = known && is(2)
	wg.Add(-2)
	return counterField{offset: field.Offset, known: known && is(0)}
}

// wait waits until the group is at zero. If the user adds to it just as it gets
// there, WaitGroup panics in the waiter ("reused before previous Wait has
// returned"): then there is new work, and wait starts again (DRAIN-6).
func (g *group) wait() {
	for !g.tryWait() {
	}
}

func (g *group) tryWait() (ok bool) {
	defer func() { _ = recover() }()
	g.wg.Wait()
	return true
}
