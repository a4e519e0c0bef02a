package check

import (
	"sync/atomic"
	"time"
)

// lateness measures how late this machine is for a timer, so that a busy one is
// not taken for a slow service.
type lateness struct {
	stop chan struct{}
	done chan struct{}
	most atomic.Int64
}

const latenessEvery = 5 * time.Millisecond

func measureLateness() *lateness {
	l := &lateness{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		timer := time.NewTimer(0)
		defer timer.Stop()
		for {
			due := time.Now().Add(latenessEvery)
			timer.Reset(latenessEvery)
			select {
			case <-timer.C:
				l.most.Store(max(l.most.Load(), int64(time.Since(due))))
			case <-l.stop:
				return
			}
		}
	}()
	return l
}

func (l *lateness) end() time.Duration {
	close(l.stop)
	<-l.done
	return l.so()
}

// so is the most that it was late so far.
func (l *lateness) so() time.Duration { return time.Duration(l.most.Load()) }

// lateSum is how late a stop may be on a machine that is this late for one timer: it
// waits for several things, one after another.
func lateSum(late time.Duration) time.Duration { return 4 * late }

// again forgets what was measured.
func (l *lateness) again() { l.most.Store(0) }
