package lifecycle

import "time"

// awaiting waits for the work in flight, on a goroutine of its own.
type awaiting struct {
	work     *inFlight
	over     <-chan struct{} // closed when Draining has ended otherwise
	mainBack <-chan struct{} // closed when main is back
}

// await returns true once no work is left, having closed the work to more of
// it, or false when Draining ends first.
//
// Work makes groups and adds to them, so a group is waited for when whatever
// may have done that has ended: units come first, and groups in the order in
// which they were made, one after the other. So work that a unit or a group
// hands on is seen. The second pass is for what is handed on to a group that
// was made earlier. The word is compared at the end, because units may have
// begun meanwhile.
func (a *awaiting) await() bool {
	a.work.word.Or(watched)
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

// awaitUnits returns the word once no unit is out.
func (a *awaiting) awaitUnits() (word uint64, ok bool) {
	for {
		if word = a.work.word.Load(); word&anyOut == 0 {
			return word, !a.isOver()
		}
		select {
		case <-a.work.idle:
		case <-a.over:
			return 0, false
		}
	}
}

// awaitGroup returns true once g is at zero.
//
// Under the race detector, a Wait that nothing orders after the Add that took
// the counter from zero is reported, though it does no harm (DRAIN-9). Nothing
// does while main is out, which may have added at any time, or while a unit is.
// There, a group that is busy is looked at every few milliseconds until it can
// be waited for.
func (a *awaiting) awaitGroup(g *group) bool {
	for pause := time.Millisecond; raceDetector; pause = min(2*pause, 16*time.Millisecond) {
		if g.state() != groupBusy || a.ordered() {
			break
		}
		select {
		case <-time.After(pause):
		case <-a.over:
			return false
		}
	}
	g.wait()
	return !a.isOver()
}

// ordered says whether main and every unit so far have ended.
func (a *awaiting) ordered() bool {
	select {
	case <-a.mainBack:
		return !a.work.unitsOut()
	default:
		return false
	}
}

func (a *awaiting) isOver() bool {
	select {
	case <-a.over:
		return true
	default:
		return false
	}
}
