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
	return time.Duration(l.most.Load())
}

// again forgets what was measured.
func (l *lateness) again() { l.most.Store(0) }
