package checks

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// WorkEndsWithTheCancel checks DRAIN-5: in many runs work ends within microseconds of
// the cancel, where draining may just begin to wait for it, and hooks begin at once.
// A wake-up that is lost there shows as a hook that begins at the drain timeout.
func WorkEndsWithTheCancel(c *Checker) {
	runs := 2000
	if race.Enabled {
		runs = 100
	}
	defer defaultLogTo(func(string, string) {})()
	r := rand.New(rand.NewPCG(5, 1))
	kinds := c.kindsOfWork()
	c.bubble(func() {
		for n := 1; n <= runs && c.Failure() == ""; n++ {
			began, hook, what := time.Now(), time.Duration(-1), ""
			err := c.Impl.Run(func(ctx context.Context) error {
				c.Impl.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
				var ends []func()
				for range []int{1, 1, 1, 1, 2, 7}[r.IntN(6)] {
					kind := kinds[r.IntN(1+r.IntN(len(kinds)))] // the last take longer to end, and are rarer
					ends, what = append(ends, kind.begin(ctx)), what+" "+kind.name
				}
				var running atomic.Bool
				go func() { running.Store(true); endAfterCancel(ctx, ends, 1024<<r.IntN(4)) }()
				for !running.Load() { // on another processor, if there is one
					runtime.Gosched()
				}
				return nil
			}, time.Minute, 0)
			c.expect(err == nil && about(hook, 0), "in run %d, work that is in flight when main returns ends with the cancel (%s): the first hook begins %v later, want at once, and Run returns %v, want nil", n, what, hook, err)
		}
	})
}

// endAfterCancel ends work in this order, less than so many turns of a loop after the
// cancel.
func endAfterCancel(ctx context.Context, ends []func(), turns int) {
	for n := 0; ctx.Err() == nil; n++ {
		if n%4096 == 4095 { // there may be one processor
			runtime.Gosched()
		}
	}
	for _, end := range ends {
		for range rand.IntN(turns) {
		}
		end()
	}
}

// kindOfWork is a way to have work in flight: begin returns what ends it.
type kindOfWork struct {
	name  string
	begin func(ctx context.Context) (end func())
}

// kindsOfWork returns those that are offered.
func (c *Checker) kindsOfWork() []kindOfWork {
	var all []kindOfWork
	if c.offered[subject.NeedTrack] {
		all = append(all, kindOfWork{"unit", func(ctx context.Context) func() {
			done, _ := c.Impl.Track(ctx)
			return done
		}})
	}
	all = append(all, kindOfWork{"group", func(ctx context.Context) func() {
		group := c.Impl.DrainGroup(ctx)
		group.Add(1)
		return group.Done
	}})
	if c.offered[subject.NeedGo] {
		all = append(all, kindOfWork{"task", func(ctx context.Context) func() {
			over := make(chan struct{})
			c.Impl.Go(ctx, func(context.Context) error { <-over; return nil })
			return func() { close(over) }
		}})
	}
	if c.offered[subject.NeedHandler] {
		all = append(all, kindOfWork{"request", func(ctx context.Context) func() {
			begun, over := make(chan struct{}), make(chan struct{})
			counted := c.Impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(begun); <-over }))
			go counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			<-begun
			return func() { close(over) }
		}})
	}
	return all
}
