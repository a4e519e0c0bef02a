package lifecycle

import "time"

// drainWaiter waits for the in-flight work, on its own goroutine.
type drainWaiter struct {
	work         *inFlight
	drainEnded   <-chan struct{} // closed when Draining has ended early
	mainReturned <-chan struct{} // closed when main has returned
}

// await returns true once no work is left and no more is accepted, or false if
// Draining ends first.
//
// Units create groups and add to them, and so does the work of a group. So units
// are waited for first, then each group in the order of creation: work that one
// of them hands on to a later group is seen. The second pass is for work handed
// on to an earlier group. tryClose compares the word at the end, because units
// may have begun meanwhile.
func (a *drainWaiter) await() bool {
	a.work.word.Or(hasWaiter)
	for {
		word, ok := a.awaitUnits()
		if !ok {
			return false
		}
		groups := a.work.known()
		for range 2 {
			for _, g := range groups {
				if !a.awaitGroup(g) {
					return false
				}
			}
		}
		if a.work.tryClose(word, len(groups)) {
			return true
		}
	}
}

// awaitUnits returns the word once no unit is in flight.
func (a *drainWaiter) awaitUnits() (word uint64, ok bool) {
	for {
		if word = a.work.word.Load(); word&unitMask == 0 {
			return word, !a.ended()
		}
		select {
		case <-a.work.idle:
		case <-a.drainEnded:
			return word, false
		}
	}
}

// awaitGroup returns true once g is at zero.
//
// The race detector reports a Wait that is not ordered after the Add that took
// the counter from zero, though that is harmless here (DRAIN-9). While main or a
// unit runs, which may have added at any time, there is no such order. So under
// the race detector a busy group is polled every few milliseconds until it is
// ordered.
func (a *drainWaiter) awaitGroup(g *group) bool {
	for pause := time.Millisecond; raceDetector; pause = min(2*pause, 16*time.Millisecond) {
		if g.state() != groupBusy || a.ordered() {
			break
		}
		select {
		case <-time.After(pause):
		case <-a.drainEnded:
			return false
		}
	}
	g.wait()
	return !a.ended()
}

// ordered reports whether main and every unit so far have ended.
func (a *drainWaiter) ordered() bool {
	select {
	case <-a.mainReturned:
		return !a.work.anyUnits()
	default:
		return false
	}
}

func (a *drainWaiter) ended() bool {
	select {
	case <-a.drainEnded:
		return true
	default:
		return false
	}
}
