package fuzz

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

var groupLives = flag.Int("group-lives", 100, "how many random lives TestWorkIsHandedOnWithoutARace plays; 20000 take minutes")

// Work makes groups and hands work on at every moment of Draining, in real
// time. Under the race detector that is reported nowhere (DRAIN-9); and hooks
// see what all of the work has written, which is plain memory, so the detector
// also says whether the end of the work is ordered before the hooks (DRAIN-1).
func TestWorkIsHandedOnWithoutARace(t *testing.T) {
	lives := make(chan uint64)
	var players sync.WaitGroup
	for range 8 {
		players.Go(func() {
			for seed := range lives {
				if err := newGroupLife(seed).play(); err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
			}
		})
	}
	for range *groupLives {
		lives <- rand.Uint64()
	}
	close(lives)
	players.Wait()
}

// drainGroup is a group with its number in the order in which they were made.
type drainGroup struct {
	*sync.WaitGroup
	number int
}

// groupLife is one life of units of work that make others.
type groupLife struct {
	seed    uint64
	mu      sync.Mutex
	groups  []*drainGroup // made by main, at zero
	made    int
	units   int        // that may still be begun
	results []*int     // one for each unit, written by it without a lock
	rng     *rand.Rand // under mu
}

func newGroupLife(seed uint64) *groupLife {
	return &groupLife{seed: seed, units: 40, rng: rand.New(rand.NewPCG(seed, 0))}
}

func (l *groupLife) intN(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rng.IntN(n)
}

// pause waits for up to 2 ms, most often for much less.
func (l *groupLife) pause() { time.Sleep(time.Duration(1<<l.intN(21)) * time.Nanosecond) }

// unit is one piece of work: it makes others, and writes at its end. It may
// add to its own group, which is not at zero.
func (l *groupLife) unit(ctx context.Context, own *drainGroup) {
	l.mu.Lock()
	more := l.units > 0
	l.units--
	result := new(int)
	l.results = append(l.results, result)
	l.mu.Unlock()
	if more {
		l.pause()
		for range l.intN(4) {
			l.handOn(ctx, own)
			l.pause()
		}
	}
	*result = 1
}

// newGroup makes a group. The lock makes numbers and groups be in one order.
func (l *groupLife) newGroup(ctx context.Context) *drainGroup {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made++
	return &drainGroup{lifecycle.DrainGroup(ctx), l.made}
}

// fresh takes a group that main made and that was never added to, one made
// after own: WaitGroup does not allow one that is reused to be added to beside
// its Wait, and the work of a group may add first to later ones only.
func (l *groupLife) fresh(own *drainGroup) (group *drainGroup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.groups)
	if n == 0 || own != nil && own.number >= l.groups[n-1].number {
		return nil
	}
	group, l.groups = l.groups[n-1], l.groups[:n-1]
	return group
}

// handOn begins another unit in one of the ways there are.
func (l *groupLife) handOn(ctx context.Context, own *drainGroup) {
	group := own
	switch l.intN(6) {
	case 0:
		group = l.newGroup(ctx)
	case 1:
		group = l.fresh(own)
	case 2, 3:
		lifecycle.Go(ctx, func(ctx context.Context) error { l.unit(ctx, nil); return nil })
		return
	case 4:
		if done, ok := lifecycle.Track(ctx); ok {
			go func() { defer done(); l.unit(ctx, nil) }()
		}
		return
	}
	if group != nil {
		group.Go(func() { l.unit(ctx, group) })
	}
}

func (l *groupLife) play() error {
	overstays := l.intN(3) == 0
	grace := time.Second // main is not late for it by accident
	if overstays {
		grace = 100 * time.Millisecond
	}
	begun, ended := 0, 0
	var callers sync.WaitGroup
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error {
			l.mu.Lock()
			defer l.mu.Unlock()
			begun = len(l.results)
			for _, result := range l.results {
				ended += *result
			}
			return nil
		})
		for range 10 {
			l.groups = append(l.groups, l.newGroup(ctx))
		}
		handler := lifecycle.Handler(ctx, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { l.unit(ctx, nil) }))
		for range l.intN(6) {
			callers.Go(func() {
				l.pause()
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			})
		}
		l.handOn(ctx, nil)
		l.handOn(ctx, nil)
		lifecycle.Stop(ctx, nil)
		l.handOn(ctx, nil)
		l.handOn(ctx, nil)
		if overstays {
			lifecycle.DrainGroup(ctx).Go(func() { time.Sleep(grace + 20*time.Millisecond); l.unit(ctx, nil) })
			time.Sleep(grace + 40*time.Millisecond)
		}
		return nil
	}, lifecycle.WithSignals(), lifecycle.WithLogger(slog.New(slog.DiscardHandler)), lifecycle.WithReturnGrace(grace), lifecycle.WithDrainTimeout(time.Minute))
	callers.Wait()
	if err == nil && begun != ended {
		err = fmt.Errorf("the hook came when %d of %d units had ended", ended, begun)
	}
	return err
}
