package checks

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// manyBusy has begin n times begin work, all of which is done at once but for one,
// and demands that the hook waits for that.
func (c *Checker) manyBusy(what string, begin func(ctx context.Context, lasts time.Duration)) {
	for _, n := range crowds {
		for _, busy := range positions(n) {
			hook, err := c.oneBusy(n, busy, 2*time.Second, begin)
			c.expect(err == nil && about(hook, 2*time.Second), "of %d %s, number %d is busy for 2s: the hook begins at %v, want 2s, and Run returns %v, want nil", n, what, busy+1, hook, err)
		}
	}
}

// oneBusy has one of n be busy for so long, and returns when the hook begins.
func (c *Checker) oneBusy(n, busy int, busyFor time.Duration, begin func(ctx context.Context, lasts time.Duration)) (hook time.Duration, err error) {
	c.bubble(func() {
		err = c.Impl.Run(func(ctx context.Context) error {
			began := time.Now()
			c.Impl.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
			for i := range n {
				lasts := time.Duration(0)
				if i == busy {
					lasts = busyFor
				}
				begin(ctx, lasts)
			}
			return nil
		}, 10*time.Second, 0)
		time.Sleep(busyFor) // for what was not waited for
	})
	return hook, err
}

// ManyGroups checks DRAIN-1: many groups, of which one is busy.
func ManyGroups(c *Checker) {
	c.manyBusy("groups", func(ctx context.Context, lasts time.Duration) {
		c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(lasts) })
	})
	many := fewer(beyond16Bits)
	hook, err := c.oneBusy(many, many-1, 2*time.Second, func(ctx context.Context, lasts time.Duration) {
		if group := c.Impl.DrainGroup(ctx); lasts > 0 {
			group.Go(func() { time.Sleep(lasts) })
		}
	})
	c.expect(err == nil && about(hook, 2*time.Second), "of %d groups, the last is busy for 2s: the hook begins at %v, want 2s, and Run returns %v, want nil", many, hook, err)
}

// ManyEndAtOnce checks DRAIN-5: hooks begin when the last of many is done, and not when
// that is noticed at some interval. That they do not begin before is for DRAIN-1 to say.
func ManyEndAtOnce(c *Checker) {
	for _, many := range crowds[:3] {
		c.lastEndsAtOnce("groups", many, func(ctx context.Context, lasts time.Duration) {
			c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(lasts) })
		})
		if c.offered[subject.NeedTrack] {
			c.lastEndsAtOnce("units", many, func(ctx context.Context, lasts time.Duration) {
				done, _ := c.Impl.Track(ctx)
				time.AfterFunc(lasts, done)
			})
		}
		if c.offered[subject.NeedGo] {
			c.lastEndsAtOnce("tasks", many, func(ctx context.Context, lasts time.Duration) {
				c.Impl.Go(ctx, func(context.Context) error { time.Sleep(lasts); return nil })
			})
		}
		if c.offered[subject.NeedHandler] {
			c.lastEndsAtOnce("requests", many, func(ctx context.Context, lasts time.Duration) {
				begun := make(chan struct{})
				counted := c.Impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(begun); time.Sleep(lasts) }))
				go counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
				<-begun
			})
		}
	}
}

func (c *Checker) lastEndsAtOnce(what string, many int, begin func(ctx context.Context, lasts time.Duration)) {
	const lasts = 2*time.Second + 1234567
	hook, _ := c.oneBusy(many, many-1, lasts, begin)
	c.expect(hook <= lasts, "the last of %d %s is busy for %v, and the hook begins at %v, want no later", many, what, lasts, hook)
}

// ManyUnits checks DRAIN-1: many units and many tasks, of which one is busy.
func ManyUnits(c *Checker) {
	c.manyBusy("units", func(ctx context.Context, lasts time.Duration) {
		done, _ := c.Impl.Track(ctx)
		time.AfterFunc(lasts, done)
	})
	c.manyBusy("tasks", func(ctx context.Context, lasts time.Duration) {
		c.Impl.Go(ctx, func(context.Context) error { time.Sleep(lasts); return nil })
	})
}

// UnitsFillACounter checks DRAIN-1: as many units as make a counter of 8 or 16 bits zero are
// waited for.
func UnitsFillACounter(c *Checker) {
	for _, n := range []int{1 << 8, 1 << 16} {
		if n > 1<<8 && race.Enabled {
			break // it would take long
		}
		c.allBusy(n, "units of Track", func(ctx context.Context) (end func()) {
			all := make([]func(), n)
			for i := range all {
				all[i], _ = c.Impl.Track(ctx)
			}
			return func() {
				for _, done := range all {
					done()
				}
			}
		})
	}
}

// RequestsFillACounter checks HTTP-4: as many requests as make a counter of 8 bits zero are
// waited for.
func RequestsFillACounter(c *Checker) {
	const n = 1 << 8
	c.allBusy(n, "requests to Handler", func(ctx context.Context) (end func()) {
		release := make(chan struct{})
		var under, over sync.WaitGroup
		under.Add(n)
		counted := c.Impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { under.Done(); <-release }))
		for range n {
			over.Go(func() { counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)) })
		}
		under.Wait()
		return func() { close(release); over.Wait() }
	})
}

// allBusy has begin begin n units of work, which end 2s later.
func (c *Checker) allBusy(n int, what string, begin func(ctx context.Context) (end func())) {
	c.bubble(func() {
		began := time.Now()
		var hook time.Duration
		err := c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
			time.AfterFunc(2*time.Second, begin(ctx))
			return nil
		}, 10*time.Second, 0)
		time.Sleep(3 * time.Second) // for what was not waited for
		c.expect(err == nil && about(hook, 2*time.Second), "%d %s are busy for 2s: the hook begins at %v, want 2s, and Run returns %v, want nil", n, what, hook, err)
	})
}

// ManyUnitsAreCounted checks DRAIN-2: many units of Track, and many requests, that are not
// done when the drain timeout is over.
func ManyUnitsAreCounted(c *Checker) {
	for _, n := range append([]int{1, 2, fewer(beyond16Bits)}, crowds...) {
		c.bubble(func() {
			log := &logbook{}
			err := c.run(func(ctx context.Context) error {
				for range n {
					c.Impl.Track(ctx)
				}
				return nil
			}, subject.Settings{Log: log.log, Drain: 2 * time.Second})
			c.expectBusy(err, log, n, callSite{})
		})
		if !c.offered[subject.NeedHandler] || n > 1000 { // each has a goroutine
			continue
		}
		c.bubble(func() {
			log, release := &logbook{}, make(chan struct{})
			err := c.run(func(ctx context.Context) error {
				var under sync.WaitGroup
				under.Add(n)
				counted := c.Impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { under.Done(); <-release }))
				for range n {
					go counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
				}
				under.Wait()
				return nil
			}, subject.Settings{Log: log.log, Drain: 2 * time.Second})
			close(release)
			c.expectBusy(err, log, n, callSite{})
		})
	}
}

// LastOfManyTasksIsNamed checks DRAIN-2: beside thousands of busy tasks that were begun at
// one call site, the error names that of the last too.
func LastOfManyTasksIsNamed(c *Checker) {
	c.bubble(func() {
		release := make(chan struct{})
		stay := func(context.Context) error { <-release; return nil }
		var last callSite
		err := c.run(func(ctx context.Context) error {
			for range fewer(20_000) {
				c.Impl.Go(ctx, stay)
			}
			last = here(1)
			c.Impl.Go(ctx, stay)
			return nil
		}, subject.Settings{Drain: 2 * time.Second})
		close(release)
		c.expect(err != nil && last.isIn(err.Error()), "of thousands of busy tasks, the last is begun at a call site of its own, %s, and the error does not name that", last)
	})
}

// TrackAtTheEnd checks DRAIN-3: a unit that is begun as draining ends is waited for, or
// refused. While one is out, draining does not end, so that another is not refused.
func TrackAtTheEnd(c *Checker) {
	const rounds, long = 600, 2 * time.Second
	for began, n := time.Now(), 0; n < rounds && time.Since(began) < long; n++ {
		ended := false
		var user sync.WaitGroup
		log := &logbook{} // of refusals
		err := c.run(func(ctx context.Context) error {
			begun := make(chan struct{})
			user.Go(func() {
				close(begun)
				for range 1000 { // without a pause, which is when draining would end; there may be one processor
					done, ok := c.Impl.Track(ctx)
					another, okToo := c.Impl.Track(ctx)
					ended = ended || ok && !okToo
					another()
					done()
					if !ok || !okToo {
						return
					}
				}
			})
			<-begun
			return nil
		}, subject.Settings{Log: log.log})
		user.Wait()
		if ended && err == nil {
			c.Errorf("Track is called at the end of draining, and says that its unit counts; while that is out, another unit is refused, as if draining had ended; and Run returns nil")
			return
		}
	}
}
