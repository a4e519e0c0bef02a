package plain

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// DrainGroup makes a group of work. No hook runs until its counter is zero or
// the drain timeout has run out (DRAIN-1, DRAIN-3).
func DrainGroup(ctx context.Context) *sync.WaitGroup {
	group := new(sync.WaitGroup)
	r := from(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.groups = append(r.groups, group)
	return group
}

// drain waits for main, then for the work. Both times count from now, the
// instant of the cancellation (DRAIN-2, DRAIN-4).
func (r *run) drain(main *outcome) error {
	timeout := time.NewTimer(r.drainTimeout)
	defer timeout.Stop()
	grace := time.NewTimer(min(returnGrace, r.drainTimeout/2))
	defer grace.Stop()
	select {
	case <-main.done:
	case <-grace.C:
		slog.Warn("plain: main is not back; going on without it")
	}

	if r.group(0) == nil {
		return nil // main was all there was to wait for, however late it is seen
	}
	idle := make(chan struct{})
	go func() {
		defer close(idle)
		for i := 0; ; i++ {
			group := r.group(i)
			if group == nil {
				return
			}
			for !waited(group) {
			}
		}
	}()
	select {
	case <-idle:
		return nil
	case <-timeout.C:
		r.mu.Lock()
		r.drained = true
		r.mu.Unlock()
		slog.Warn("plain: the drain timeout ran out before the work was done")
		return ErrDrainTimeout
	}
}

// group returns the i-th group to wait for, nil when there is none. The list
// is closed as soon as its end is reached.
func (r *run) group(i int) *sync.WaitGroup {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.drained || i == len(r.groups) {
		r.drained = true
		return nil
	}
	return r.groups[i]
}

// waited waits for a group, and says whether it came to the end of it: a group
// that is reused while it is waited for makes Wait panic (DRAIN-6).
func waited(group *sync.WaitGroup) (ok bool) {
	defer func() { ok = recover() == nil }()
	group.Wait()
	return
}
